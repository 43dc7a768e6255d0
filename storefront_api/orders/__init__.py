"""Placing, reading, cancelling and refunding orders."""
