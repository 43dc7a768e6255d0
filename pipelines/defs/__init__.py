"""One folder per stage, in the order of the data's way."""
