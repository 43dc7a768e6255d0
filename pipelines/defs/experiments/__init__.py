"""Learning from use: what experiments show, and what is explored next."""
