"""Daily sales, to each seller's forecast."""
