"""What a seller sees of their own shop: figures of a period beside the one before, products, performance and forecast."""
