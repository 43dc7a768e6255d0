"""Views, carts and purchases, to a recommender and the lists that stand in for it."""
