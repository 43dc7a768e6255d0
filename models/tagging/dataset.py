"""The training set: listings that people wrote, with the category and attributes that they chose.

No feature store is asked: a suggestion is wanted while the listing is being written, so its own words are all there is.
"""

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from marketplace.errors import EmptyTrainingSetError
from marketplace.warehouse import Warehouse
from models.tagging.categories import CategoryTree
from models.tagging.text import normalised


@dataclass(frozen=True)
class TrainingSet:
    """Products listed before `until`: `product_id, category_id, title, description, colour, material, occasion, listed_at`."""

    products: pd.DataFrame
    tree: CategoryTree
    until: datetime


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """Listings with a written title and a category.

    Raises:
        EmptyTrainingSetError: there are none, or all are of one category.
    """
    products = warehouse.read(
        "select product_id, category_id, title, description, colour, material, occasion, listed_at"
        " from marts.dim_products where not title_is_generated and category_id is not null order by listed_at, product_id"
    )
    categories = warehouse.read("select category_id, parent_category_id, path from marts.dim_categories")
    return make_training_set(products, categories, until=until)


def make_training_set(products: pd.DataFrame, categories: pd.DataFrame, *, until: datetime) -> TrainingSet:
    """The training set of frames as `load_training_set` reads them."""
    products = products[products["listed_at"] < until].reset_index(drop=True)
    if products["category_id"].nunique() < 2:
        raise EmptyTrainingSetError(
            f"{len(products)} listings with a title that a person wrote before {until:%Y-%m-%d}, in "
            f"{products['category_id'].nunique()} categories; tagging learns from titles in two or more. Olist's products come "
            "without titles: use the simulation, or load a catalogue with titles"
        )
    parents = categories["parent_category_id"].astype(object).where(categories["parent_category_id"].notna(), None)
    tree = CategoryTree(
        parents=dict(zip(categories["category_id"], parents, strict=True)),
        paths=dict(zip(categories["category_id"], categories["path"], strict=True)),
    )
    return TrainingSet(products, tree, until)


def title_groups(products: pd.DataFrame) -> list[str]:
    """Equal for listings whose titles differ in nothing but case, blanks and punctuation."""
    return [normalised(title) for title in products["title"]]
