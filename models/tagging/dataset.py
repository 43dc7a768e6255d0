"""The training set: listings that people wrote, with the category and attributes that they chose.

What a seller accepts, or puts in a suggestion's place, is on the listing itself and so among its values; what they refuse
stands nowhere on it, and comes beside.

No feature store is asked: a suggestion is wanted while the listing is being written, so its own words are all there is.
"""

from dataclasses import dataclass, field
from datetime import datetime

import pandas as pd

from marketplace.errors import EmptyTrainingSetError
from marketplace.warehouse import Warehouse
from models.further_values import further_values
from models.tagging.categories import CategoryTree
from models.tagging.text import normalised

REFUSED_COLUMNS = ("product_id", "attribute", "value")


def _none_refused() -> pd.DataFrame:
    return pd.DataFrame(columns=list(REFUSED_COLUMNS), dtype=object)


@dataclass(frozen=True)
class TrainingSet:
    """Products listed before `until`: `product_id, category_id, title, description, listed_at`, a column per attribute with its
    main value, and `further_values`; a catalogue that keeps one value of each has no such column.

    Attributes:
        refused: values that a listing's seller said it does not have, known before `until`: `product_id, attribute, value`.
    """

    products: pd.DataFrame
    tree: CategoryTree
    until: datetime
    refused: pd.DataFrame = field(default_factory=_none_refused)


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """Listings with a written title and a category.

    Raises:
        EmptyTrainingSetError: there are none, or all are of one category.
    """
    products = warehouse.read(
        "select product_id, category_id, title, description, colour, material, occasion, season, gender, further_values,"
        " listed_at from marts.dim_products where not title_is_generated and category_id is not null"
        " order by listed_at, product_id"
    )
    categories = warehouse.read("select category_id, parent_category_id, path from marts.dim_categories")
    refused = warehouse.read(
        "select product_id, attribute, suggested_value as value, answered_at from marts.fct_tag_answers"
        " where answer = 'refused' order by product_id, attribute, value"
    )
    return make_training_set(products, categories, until=until, refused=refused)


def make_training_set(
    products: pd.DataFrame, categories: pd.DataFrame, *, until: datetime, refused: pd.DataFrame | None = None
) -> TrainingSet:
    """The training set of frames as `load_training_set` reads them; listings without a title or a category are left out.

    Raises:
        EmptyTrainingSetError: nothing is left, or all of it is of one category.
    """
    is_whole = products["title"].map(lambda title: isinstance(title, str)).astype(bool) & products["category_id"].notna()
    products = products[is_whole & (products["listed_at"] < until)].reset_index(drop=True)
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
    return TrainingSet(products, tree, until, _refused(products, refused, until=until))


def refused_values(training_set: TrainingSet, attribute: str) -> list[frozenset[str]]:
    """Per listing, in the order of `products`, the values of the attribute that its seller refused."""
    said = training_set.refused[training_set.refused["attribute"] == attribute]
    by_product = said.groupby("product_id")["value"].agg(frozenset).to_dict()
    return [by_product.get(product_id, frozenset()) for product_id in training_set.products["product_id"]]


def own_values(products: pd.DataFrame, attribute: str) -> list[tuple[str, ...]]:
    """Per listing what its seller says of the attribute, the main value first; nothing where the catalogue has no such column."""
    if attribute not in products:
        return [()] * len(products)
    main = [(value,) if isinstance(value, str) and value else () for value in products[attribute]]
    return [own + further if own else own for own, further in zip(main, further_values(products, attribute), strict=True)]


def _refused(products: pd.DataFrame, answers: pd.DataFrame | None, *, until: datetime) -> pd.DataFrame:
    if answers is None:
        return _none_refused()
    is_known = answers["product_id"].isin(products["product_id"]) & (answers["answered_at"] < until)
    return answers.loc[is_known, list(REFUSED_COLUMNS)].reset_index(drop=True)


def title_groups(products: pd.DataFrame) -> list[str]:
    """Equal for listings whose titles differ in nothing but case, blanks and punctuation."""
    return [normalised(title) for title in products["title"]]
