"""Interactions and products as of an instant; nothing that happened later is in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import pandas as pd

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from marketplace.warehouse import Warehouse
from models.recommendation.config import RecommendationConfig

INTERACTION_COLUMNS = ("customer_id", "product_id", "interaction_type", "interacted_at")
PRODUCT_COLUMNS = (
    "product_id",
    "seller_id",
    "category_id",
    "category_path",
    "title",
    "description",
    "colour",
    "material",
    "occasion",
    "style",
    "season",
    "gender",
    "price_minor",
    "is_active",
    "listed_at",
)
CATEGORY_COLUMNS = ("category_id", "parent_category_id", "name")
VIEW_COLUMNS = ("session_id", "product_id", "viewed_at")
# The newest views teach what is looked at after what; more would only take memory.
_MOST_VIEWS = 10_000_000


def no_views() -> pd.DataFrame:
    """The views of a shop that records no visits."""
    return pd.DataFrame({name: pd.Series(dtype=str) for name in VIEW_COLUMNS}).astype({"viewed_at": "datetime64[us, UTC]"})


@dataclass(frozen=True)
class TrainingSet:
    """What was known before `until`.

    Attributes:
        interactions: one row per view, cart or purchase of a known customer.
        products: one row per product listed by then; where listings say several values of an attribute, also `further_values`.
        categories: the tree of categories; names and parents.
        views: one row per product view of any visit, that of a stranger too; empty in a shop that records none.
    """

    interactions: pd.DataFrame
    products: pd.DataFrame
    categories: pd.DataFrame
    until: pd.Timestamp
    views: pd.DataFrame = field(default_factory=no_views)

    def __post_init__(self) -> None:
        for frame, wanted, name in (
            (self.interactions, INTERACTION_COLUMNS, "interactions"),
            (self.products, PRODUCT_COLUMNS, "products"),
            (self.categories, CATEGORY_COLUMNS, "categories"),
            (self.views, VIEW_COLUMNS, "views"),
        ):
            if missing := sorted(set(wanted) - set(frame.columns)):
                raise MissingColumnsError(f"{name} lack {', '.join(missing)}; they hold {', '.join(map(str, frame.columns))}")

    @property
    def as_of(self) -> pd.Timestamp:
        """The last interaction's instant: ages are counted from it, so a shop at rest keeps its order."""
        return pd.Timestamp(self.interactions["interacted_at"].max())

    def before(self, cut: pd.Timestamp) -> TrainingSet:
        """What was known before `cut`.

        Whether a product was on offer then is not recorded, so all those listed by then count as offered.
        """
        products = self.products[self.products["listed_at"].isna() | (self.products["listed_at"] < cut)]
        return replace(
            self,
            interactions=self.interactions[self.interactions["interacted_at"] < cut],
            products=products.assign(is_active=True),
            until=cut,
            views=self.views[self.views["viewed_at"] < cut],
        )

    def with_listings_of(self, later: TrainingSet) -> TrainingSet:
        """What was known, beside all listings of `later`: of the new ones nothing was known but what they say of themselves."""
        return replace(self, products=later.products.assign(is_active=True))

    def check_enough(self, config: RecommendationConfig) -> None:
        """Nothing, when there is enough to learn from.

        Raises:
            EmptyTrainingSetError: too few interactions, customers or products.
        """
        counts = (
            ("interactions", len(self.interactions), config.min_interactions),
            ("customers", self.interactions["customer_id"].nunique(), config.min_customers),
            ("products", len(self.products), config.min_products),
        )
        for name, count, wanted in counts:
            if count < wanted:
                raise EmptyTrainingSetError(
                    f"recommendation needs {wanted} {name} before {self.until:%Y-%m-%d %H:%M}, {count} came; "
                    "ingest more history or move the cutoff"
                )


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """Interactions, products, categories and views known before `until`, read from the marts."""
    instant = pd.Timestamp(until).isoformat()
    return TrainingSet(
        interactions=warehouse.read(
            f"select {', '.join(INTERACTION_COLUMNS)} from marts.fct_interactions where interacted_at < '{instant}'"
        ),
        products=warehouse.read(
            f"select {', '.join(PRODUCT_COLUMNS)}, further_values from marts.dim_products"
            f" where listed_at is null or listed_at < '{instant}'"
        ),
        categories=warehouse.read(f"select {', '.join(CATEGORY_COLUMNS)} from marts.dim_categories"),
        until=pd.Timestamp(until),
        views=warehouse.read(
            "select session_id, product_id, occurred_at as viewed_at from marts.fct_events "
            f"where event_type = 'product_view' and seller_id is not null and occurred_at < '{instant}' "
            f"order by occurred_at desc, event_id limit {_MOST_VIEWS}"
        ),
    )
