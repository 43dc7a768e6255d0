"""The fraud analyst's queue and cases; each decision settles an order and becomes a label for training."""
