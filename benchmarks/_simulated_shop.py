"""The recommender's training set of a simulated shop, without a warehouse in between."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.recommendation import TrainingSet

_KINDS = {"product_view": "view", "cart_add": "cart"}
_TAGS = ("style", "season", "gender")


def simulated(customers: int, days: int, seed: int, until: datetime) -> "TrainingSet":
    """What `marts.fct_interactions` and the dimensions would hold of so many customers and days."""
    from marketplace import simulation

    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder:
        simulation.generate(customers, days, seed, until, Path(folder))
        return read(Path(folder), until)


def read(folder: Path, until: datetime) -> "TrainingSet":
    """The simulated files of `folder` as a training set."""
    import pandas as pd
    import polars as pl

    from marketplace.vocabulary import SALE_STATUSES
    from models.recommendation import TrainingSet
    from models.recommendation.dataset import CATEGORY_COLUMNS, PRODUCT_COLUMNS

    table = {
        name: pl.read_parquet(folder / f"{name}.parquet")
        for name in ("events", "orders", "order_items", "products", "categories")
    }
    seen = (
        table["events"]
        .filter(pl.col("event_type").is_in(list(_KINDS)) & pl.col("customer_id").is_not_null())
        .select(
            "customer_id",
            "product_id",
            pl.col("event_type").replace(_KINDS).alias("interaction_type"),
            pl.col("occurred_at").alias("interacted_at"),
        )
    )
    sales = table["orders"].filter(pl.col("status").is_in([str(status) for status in SALE_STATUSES]))
    bought = (
        table["order_items"]
        .join(sales, on="order_id")
        .select(
            "customer_id", "product_id", pl.lit("purchase").alias("interaction_type"), pl.col("ordered_at").alias("interacted_at")
        )
    )
    paths = table["categories"].select("category_id", pl.col("path").alias("category_path"))
    tags = [pl.col("attributes").str.json_path_match(f"$.{name}").alias(name) for name in _TAGS]
    return TrainingSet(
        interactions=pl.concat([seen, bought]).to_pandas(),
        products=table["products"]
        .join(paths, on="category_id", how="left")
        .with_columns(tags)
        .select(PRODUCT_COLUMNS)
        .to_pandas(),
        categories=table["categories"].select(CATEGORY_COLUMNS).to_pandas(),
        until=pd.Timestamp(until),
    )
