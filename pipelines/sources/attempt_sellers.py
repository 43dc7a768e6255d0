"""The main seller of each attempt that is loaded: files name the order, and its lines are in the shop by then."""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import psycopg

# As `PricedOrder.main_seller_id` has it at checkout.
_MAIN_SELLERS = """
    select distinct on (order_id) order_id, seller_id from shop.order_items where order_id = any(%s)
    group by order_id, seller_id order by order_id, sum(total_minor) desc, seller_id collate "C"
"""


def with_sellers(connection: psycopg.Connection[Any], batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The batches of attempts with `seller_id`, null where the order or its lines are unknown; what names sellers stays."""
    for batch in batches:
        if "seller_id" in batch or "order_id" not in batch:
            yield batch
            continue
        order_ids = batch["order_id"].drop_nulls().cast(pl.String).unique().to_list()
        rows = connection.execute(_MAIN_SELLERS, [order_ids]).fetchall()
        sellers = pl.DataFrame(rows, schema={"order_id": pl.String, "seller_id": pl.String}, orient="row")
        yield batch.with_columns(pl.col("order_id").cast(pl.String)).join(
            sellers, on="order_id", how="left", maintain_order="left"
        )
