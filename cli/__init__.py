"""The `marketplace` command: one module per verb; heavy imports wait until a verb needs them."""
