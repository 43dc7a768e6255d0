"""Words shared by every package of CustomiseYou; this package imports none of them."""
