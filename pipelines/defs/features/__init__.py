"""From feature tables to the online store."""
