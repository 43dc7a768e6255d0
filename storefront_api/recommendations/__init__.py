"""Lists of products from the recommendation service, checked against the live shop."""
