"""Drift of what models read and say, and the alerts that follow."""
