"""Figures of days: what the seller's and the platform's pages count by, and the rows behind it."""
