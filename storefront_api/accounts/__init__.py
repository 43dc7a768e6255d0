"""Signing in and out, tokens, roles, and who is asking."""
