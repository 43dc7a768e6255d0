"""Feature views, by entity; a view has the name of its table and its fields the names of the columns."""
