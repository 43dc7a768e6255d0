"""Reviews with words, to the tone of each and what a seller's customers speak of."""
