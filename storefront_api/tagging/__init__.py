"""Suggested tags for a listing, and the seller's answers."""
