"""People at a real browser: a shopper, a fraud analyst, a seller and an operator, each to the end."""
