"""The UCI Online Retail set (a British gift-ware shop, 2010-2011) as a living shop.

What the file does not hold is stated, not invented: one seller, no categories, no stock (every product opens with
`OPENING_UNITS`), no delivery. An invoice without a customer is a guest of its own. Postage and carriage are the shipping of the
invoice's first line; fees, samples and corrections of stock are no sales and are put aside. An invoice that begins with C gives
units of the customer's latest purchase of that product back: a refund. The file's clock is London's.

A line is known by invoice, stock code and how many lines of that code came before it on the invoice; a plain repeat counts once.
"""

from collections.abc import Callable
from pathlib import Path

import polars as pl

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources.known import Known
from pipelines.sources.online_retail.refunds import refund_table
from pipelines.sources.online_retail.rows import COLUMNS, OBJECT, SHIPPING, no_sale, parse, put_aside, read_file
from pipelines.sources.online_retail.tables import CURRENCY, item_table, shop_tables
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import MarketplaceFacts, ShopTables

__all__ = ["COLUMNS", "OBJECT", "read_online_retail", "read_online_retail_rows"]


def read_online_retail(
    path: Path, quarantine: Quarantine, known: Known, *, progress: Callable[[str], None] = lambda _: None
) -> tuple[ShopTables, MarketplaceFacts]:
    """Shop tables and facts from the file, or from every `.csv` and `.csv.gz` file of a folder.

    Raises:
        MissingColumnsError: there is no file, or a column is missing.
        InvalidInputError: not one sale can be read.
    """
    paths = sorted(found for found in path.iterdir() if ".csv" in found.name) if path.is_dir() else [path]
    if not paths:
        raise MissingColumnsError(
            f"{path} holds no .csv or .csv.gz file; download the Online Retail set from UCI and name its folder"
        )
    frames = []
    for file in paths:
        progress(f"reading {file}")
        frames.append(read_file(file, quarantine))
    return read_online_retail_rows(pl.concat(frames), quarantine, known)


def read_online_retail_rows(rows: pl.DataFrame, quarantine: Quarantine, known: Known) -> tuple[ShopTables, MarketplaceFacts]:
    """Shop tables and facts from rows as text: `COLUMNS`, `LINE` and `file`."""
    values = put_aside(parse(rows), no_sale(), quarantine)
    is_shipping = pl.col("product_id").is_in(SHIPPING)
    sold = values.filter(~pl.col("is_cancellation") & ~is_shipping)
    if sold.is_empty() and known.is_empty:
        raise InvalidInputError("not one sale can be read; the quarantine says why")
    sold = sold.with_columns(customer_id=pl.coalesce("customer", pl.format("guest-{}", "InvoiceNo")))
    charges = put_aside(
        values.filter(~pl.col("is_cancellation") & is_shipping).join(
            sold.select("InvoiceNo").unique().with_columns(has_goods=True), on="InvoiceNo", how="left", maintain_order="left"
        ),
        pl.when(pl.col("has_goods").is_null()).then(pl.lit("charges postage on an invoice without goods")),
        quarantine,
    )
    items = item_table(sold, charges, known.lines())
    refunds = refund_table(values.filter("is_cancellation"), sold, known, currency=CURRENCY, quarantine=quarantine)
    quarantine.accept(OBJECT, [*sold["row_key"], *charges["row_key"], *refunds["refund_id"]])
    return shop_tables(sold, items, refunds, known)
