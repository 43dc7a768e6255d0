"""What is sold: categories, products, their customisations and what a customised piece costs."""
