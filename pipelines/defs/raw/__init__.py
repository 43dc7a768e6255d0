"""Operational tables copied as they are, without personal data."""
