"""Payment attempts and late labels, to a fraud model."""
