"""How the platform itself does: freshness of data, parts, models, and rows that did not fit."""
