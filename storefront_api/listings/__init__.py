"""What sellers offer: their own listings, written, changed and photographed by them."""
