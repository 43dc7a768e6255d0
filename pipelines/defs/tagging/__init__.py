"""Listings, to a tagger and the tags of the catalogue."""
