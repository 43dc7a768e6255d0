"""The shop's own fraud rules: versions, back-tests and publications; lists; rules snoozed for somebody."""
