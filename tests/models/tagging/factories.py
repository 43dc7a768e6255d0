"""A small catalogue in English and Bengali: four leaf categories under two tops."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pandas as pd

from models.tagging import TrainingSet, make_training_set

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

CATEGORIES = pd.DataFrame(
    [
        ("home", None, "Home"),
        ("mugs", "home", "Home > Mugs"),
        ("vases", "home", "Home > Vases"),
        ("clothing", None, "Clothing"),
        ("sarees", "clothing", "Clothing > Sarees"),
        ("shawls", "clothing", "Clothing > Shawls"),
    ],
    columns=["category_id", "parent_category_id", "path"],
)
NOUNS = {
    "mugs": ("mug", "coffee cup", "চায়ের মগ"),
    "vases": ("vase", "flower pot", "ফুলদানি"),
    "sarees": ("jamdani saree", "handloom sari", "জামদানি শাড়ি"),
    "shawls": ("shawl", "stole", "নরম শাল"),
}
MATERIALS = {"mugs": "ceramic", "vases": "terracotta", "sarees": "cotton", "shawls": "wool"}
COLOURS = {"red": "crimson", "navy": "indigo", "white": "সাদা"}


def make_products() -> pd.DataFrame:
    """Each noun in each colour with and without an occasion, one a day; every fifth seller leaves the colour open."""
    rows = []
    for number, (ending, (category, nouns), (colour, word)) in enumerate(
        product(("", " for Eid", " birthday gift", " made by hand"), NOUNS.items(), COLOURS.items())
    ):
        noun = nouns[(number // len(COLOURS)) % len(nouns)]
        occasion = {" for Eid": "eid", " birthday gift": "birthday"}.get(ending)
        rows.append(
            {
                "product_id": f"p{number}",
                "category_id": category,
                "title": f"{word} {noun}{ending}",
                "description": "Packed in recycled paper." if number % 2 else "",
                "colour": None if number % 5 == 0 else colour,
                "material": MATERIALS[category],
                "occasion": occasion,
                "listed_at": NOON - timedelta(days=100 - number),
            }
        )
    return pd.DataFrame(rows)


def make_set(products: pd.DataFrame | None = None) -> TrainingSet:
    """The catalogue as a training set."""
    return make_training_set(make_products() if products is None else products, CATEGORIES, until=NOON)
