"""The decision about a payment attempt inside checkout."""
