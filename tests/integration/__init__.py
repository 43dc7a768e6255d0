"""The parts together, on a marketplace that runs."""
