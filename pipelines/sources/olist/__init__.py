"""The Olist data set (Brazilian marketplace, 2016-2018) as a living shop.

What the files do not hold is stated, not invented as fact: titles are generated and flagged, every seller pays the default
commission, every product opens with `OPENING_UNITS` in stock, and there are no devices, visits or clicks. Times in the files
are São Paulo's own; the shop keeps UTC.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from marketplace.errors import InvalidInputError
from marketplace.vocabulary import Source
from pipelines.sources.olist.catalogue import category_table, product_tables, seller_tables
from pipelines.sources.olist.files import read_files, replace_rows
from pipelines.sources.olist.orders import item_table, order_table, payment_tables, review_table
from pipelines.sources.olist.parsing import CURRENCY, LOCAL_TIME_ZONE, payments_total_minor
from pipelines.sources.olist.people import customer_tables, places_by_zip
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import MarketplaceFacts, ShopTables

__all__ = ["payments_total_minor", "read_olist"]


def read_olist(
    folder: Path,
    quarantine: Quarantine,
    *,
    corrected: Sequence[tuple[str, dict[str, str | None], dict[str, str | None]]] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[ShopTables, MarketplaceFacts]:
    """Shop tables and facts from a folder with the nine original files, `.csv` or `.csv.gz`.

    Rows that cannot be read are told to `quarantine` under their file's name.

    Args:
        corrected: file's name, row as it stands there, row to be read in its place.
    Raises:
        MissingColumnsError: a file or a column is missing.
        InvalidInputError: no order can be read.
    """
    progress(f"reading {folder}")
    files = replace_rows(read_files(folder, quarantine), corrected)
    places = places_by_zip(files["geolocation"], quarantine)
    orders = order_table(files["orders"], files["customers"], quarantine)
    if orders.is_empty():
        raise InvalidInputError(f"not one order in {folder} can be read; the quarantine says why")
    items = item_table(files["order_items"], orders, quarantine)
    users, addresses, address_of = customer_tables(files["customers"], orders, places)
    owners, sellers = seller_tables(files["sellers"], items, orders, places)
    categories = category_table(files["products"], files["translation"])
    products, stock, moves = product_tables(files["products"], items, orders, categories, quarantine, until=_until(orders))
    attempts, transactions = payment_tables(files["order_payments"], orders, address_of, quarantine)
    reviews = review_table(files["order_reviews"], orders, items, quarantine)
    totals = items.group_by("order_id").agg(
        pl.col("unit_price_minor").sum().alias("subtotal_minor"), pl.col("shipping_minor").sum(), pl.col("total_minor").sum()
    )
    heads = (
        orders.join(totals, on="order_id", how="left", maintain_order="left")
        .join(address_of, on="file_customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("subtotal_minor", "shipping_minor", "total_minor").fill_null(0), currency=pl.lit(CURRENCY))
        .with_columns(billing_address_id=pl.col("shipping_address_id"))
        .drop("file_customer_id")
    )
    facts = MarketplaceFacts(Source.OLIST, CURRENCY, LOCAL_TIME_ZONE, is_simulated=False, data_until=_until(orders))
    tables = {
        "categories": categories.drop("file_name"), "users": pl.concat([owners, users], how="diagonal"), "addresses": addresses,
        "sellers": sellers, "products": products, "stock": stock, "orders": heads, "order_items": items,
        "payment_attempts": attempts, "transactions": transactions, "stock_moves": moves, "reviews": reviews,
    }  # fmt: skip
    return tables, facts


def _until(orders: pl.DataFrame) -> datetime:
    """The UTC midnight after the last thing that the orders tell."""
    steps = ("ordered_at", "approved_at", "shipped_at", "delivered_at")
    last = max(value for step in steps if isinstance(value := orders[step].max(), datetime))
    return last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
