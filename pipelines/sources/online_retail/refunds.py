"""Cancelled lines and the purchases that they give back."""

from collections import defaultdict
from typing import Any

import polars as pl

from pipelines.sources.known import Known
from pipelines.sources.online_retail.rows import put_aside
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.text_files import LINE


def refund_table(back: pl.DataFrame, sold: pl.DataFrame, known: Known, *, currency: str, quarantine: Quarantine) -> pl.DataFrame:
    """`refunds`: each cancelled line on the customer's latest earlier purchase that still has so many units to give back."""
    new = sold.select(order_item_id="row_key", order_id="InvoiceNo", customer_id="customer_id", product_id="product_id",
                      quantity="units", ordered_at="at")  # fmt: skip
    bought = pl.concat([new, _left_to_give_back(known, back).select(new.columns)]).unique("order_item_id", keep="first")
    wanted = back.select(customer_id="customer", product_id="product_id").unique()
    bought = bought.join(wanted, on=["customer_id", "product_id"], how="semi").sort(
        "ordered_at", "order_item_id", descending=True
    )
    purchases: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for one in bought.iter_rows(named=True):
        purchases[one["customer_id"], one["product_id"]].append(one)
    found: list[dict[str, Any]] = []
    matched: dict[str, bool] = {}
    for row in back.sort("at", LINE).iter_rows(named=True):  # in order of time: each takes units that the next cannot have
        units = -row["units"]
        purchase: dict[str, Any] | None = next(
            (
                one
                for one in purchases[row["customer"], row["product_id"]]
                if one["ordered_at"] <= row["at"] and one["quantity"] >= units
            ),
            None,
        )
        matched[row["row_key"]] = purchase is not None
        if purchase is not None:
            purchase["quantity"] -= units
            found.append(
                {"refund_id": row["row_key"], "order_id": purchase["order_id"], "order_item_id": purchase["order_item_id"],
                 "amount_minor": units * row["price_minor"], "refunded_at": row["at"]}
            )  # fmt: skip
    is_lost = ~pl.col("row_key").replace_strict(matched, default=True, return_dtype=pl.Boolean)
    reason = pl.when(is_lost).then(pl.lit("cancels more than the customer is known to have bought before"))
    put_aside(back, reason, quarantine)
    schema: dict[str, Any] = {"refund_id": pl.String, "order_id": pl.String, "order_item_id": pl.String, "amount_minor": pl.Int64,
              "refunded_at": pl.Datetime("us", "UTC")}  # fmt: skip
    return pl.DataFrame(found, schema=schema).with_columns(currency=pl.lit(currency), reason=pl.lit("cancelled invoice"))


def _left_to_give_back(known: Known, back: pl.DataFrame) -> pl.DataFrame:
    """The shop's lines with the units that other files have not given back."""
    others = known.refunds().filter(~pl.col("refund_id").is_in(back["row_key"].implode()))
    given = others.group_by("order_item_id").agg(given_minor=pl.col("amount_minor").sum())
    price = pl.col("unit_price_minor").clip(1)
    units = pl.col("quantity") - (pl.col("given_minor").fill_null(0) + price - 1) // price
    return known.lines().join(given, on="order_item_id", how="left").with_columns(quantity=units.cast(pl.Int64))
