"""Rows that did not fit, for the people who correct them."""
