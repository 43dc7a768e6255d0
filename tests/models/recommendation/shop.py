"""A small made-up shop: five categories, customers who love one of them, products that come into fashion."""

from typing import Any

import numpy as np
import pandas as pd

from models.recommendation import TrainingSet

CATEGORIES = ("Ceramics", "Jewellery", "Leather", "Prints", "Textiles")
START = pd.Timestamp("2025-01-01", tz="UTC")


def make_product(number: int, **overrides: Any) -> dict[str, Any]:
    """One valid row of `marts.dim_products`, as far as the recommender reads it."""
    category = CATEGORIES[number % len(CATEGORIES)]
    return {
        "product_id": f"p{number:03d}",
        "seller_id": f"s{number % 7}",
        "category_id": f"c-{category.lower()}",
        "category_path": category,
        "title": f"{category} piece {number}",
        "description": f"handmade {category.lower()}",
        "colour": ("blue", "red", "green")[number % 3],
        "material": None,
        "occasion": None,
        "style": None,
        "season": None,
        "gender": None,
        "price_minor": 1000 + 10 * number,
        "is_active": True,
        "listed_at": START - pd.Timedelta(days=30),
    } | overrides


def make_interaction(customer: str, product: str, days: float, kind: str = "view") -> dict[str, Any]:
    """One interaction, `days` after the shop opened."""
    return {
        "customer_id": customer,
        "product_id": product,
        "interaction_type": kind,
        "interacted_at": START + pd.Timedelta(days=days),
    }


def make_categories() -> pd.DataFrame:
    """A root with the five categories below it."""
    rows = [("c-all", None, "Everything")] + [(f"c-{name.lower()}", "c-all", name) for name in CATEGORIES]
    return pd.DataFrame(rows, columns=["category_id", "parent_category_id", "name"])


def make_shop(*, customers: int = 150, products: int = 80, days: int = 70, seed: int = 3) -> TrainingSet:
    """Sessions of views, some carts and purchases, each within one category.

    Seven in ten are in the customer's own category (customer number mod 5), the others anywhere.
    """
    rng = np.random.default_rng(seed)
    fame = rng.pareto(1.5, products) + 0.2
    category = np.arange(products) % len(CATEGORIES)
    rows = []
    for customer in range(customers):
        for when in rng.uniform(0, days, rng.poisson(9) + 1):
            visited = customer % len(CATEGORIES) if rng.random() < 0.7 else rng.integers(len(CATEGORIES))
            wanted = fame * (category == visited)
            wanted /= wanted.sum()
            for step, product in enumerate(rng.choice(products, size=rng.integers(1, 5), p=wanted)):
                at = when + step / 1440
                rows.append(make_interaction(f"u{customer:03d}", f"p{product:03d}", at))
                if rng.random() < 0.25:
                    rows.append(make_interaction(f"u{customer:03d}", f"p{product:03d}", at + 1 / 2880, "cart"))
                    if rng.random() < 0.4:
                        rows.append(make_interaction(f"u{customer:03d}", f"p{product:03d}", at + 1 / 1440, "purchase"))
    return TrainingSet(
        interactions=pd.DataFrame(rows),
        products=pd.DataFrame([make_product(number) for number in range(products)]),
        categories=make_categories(),
        until=START + pd.Timedelta(days=days + 1),
    )
