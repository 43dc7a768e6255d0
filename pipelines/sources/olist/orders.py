"""Orders, their lines, payments and reviews; every amount in centavos, every instant in UTC."""

import polars as pl

from pipelines.sources.olist.catalogue import COMMISSION_BPS
from pipelines.sources.olist.files import FILES
from pipelines.sources.olist.parsing import CURRENCY, keep_readable, minor_units, utc
from pipelines.sources.quarantine import Quarantine

STATUSES = {
    "created": "created",
    "approved": "approved",
    "invoiced": "processing",
    "processing": "processing",
    "shipped": "shipped",
    "delivered": "delivered",
    "unavailable": "unavailable",
    "canceled": "cancelled",
}


def order_table(orders: pl.DataFrame, customers: pl.DataFrame, quarantine: Quarantine) -> pl.DataFrame:
    """`shop.orders` without money, `customer_id` being the person and `file_customer_id` the file's number of the order."""
    parsed = {
        "status": ("order_status", pl.col("order_status").replace_strict(STATUSES, default=None, return_dtype=pl.String), True),
        "ordered_at": ("order_purchase_timestamp", utc("order_purchase_timestamp"), True),
        "approved_at": ("order_approved_at", utc("order_approved_at"), False),
        "shipped_at": ("order_delivered_carrier_date", utc("order_delivered_carrier_date"), False),
        "delivered_at": ("order_delivered_customer_date", utc("order_delivered_customer_date"), False),
        "estimated_delivery_at": ("order_estimated_delivery_date", utc("order_estimated_delivery_date"), False),
    }
    person = customers.unique("customer_id", keep="first", maintain_order=True).select("customer_id", "customer_unique_id")
    return (
        keep_readable(orders, FILES["orders"][0], ("order_id",), parsed, quarantine)
        .join(person, on="customer_id", how="left", maintain_order="left")
        .select(
            "order_id",
            pl.col("customer_unique_id").alias("customer_id"),
            pl.col("customer_id").alias("file_customer_id"),
            *parsed,
        )
    )


def item_table(items: pl.DataFrame, orders: pl.DataFrame, quarantine: Quarantine) -> pl.DataFrame:
    """`shop.order_items`: one unit per row, freight as its shipping; the order's own times."""
    parsed = {
        "line_number": ("order_item_id", pl.col("order_item_id").cast(pl.Int16, strict=False), True),
        "unit_price_minor": ("price", minor_units("price"), True),
        "shipping_minor": ("freight_value", minor_units("freight_value"), True),
        "ship_by_at": ("shipping_limit_date", utc("shipping_limit_date"), False),
    }
    times = orders.unique("order_id", keep="first").select("order_id", "shipped_at", "delivered_at")
    readable = keep_readable(items, FILES["order_items"][0], ("order_id", "order_item_id"), parsed, quarantine)
    return readable.join(times, on="order_id", how="left", maintain_order="left").select(
        pl.format("{}-{}", "order_id", "order_item_id").alias("order_item_id"),
        "order_id",
        "line_number",
        "product_id",
        "seller_id",
        pl.lit(1).alias("quantity"),
        "unit_price_minor",
        "shipping_minor",
        (pl.col("unit_price_minor") * COMMISSION_BPS // 10_000).alias("commission_minor"),
        (pl.col("unit_price_minor") + pl.col("shipping_minor")).alias("total_minor"),
        pl.lit(CURRENCY).alias("currency"),
        "ship_by_at",
        "shipped_at",
        "delivered_at",
    )


def payment_tables(
    payments: pl.DataFrame, orders: pl.DataFrame, address_of: pl.DataFrame, quarantine: Quarantine
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`shop.payment_attempts`, one per paid order, and `shop.transactions`, one per payment row.

    What was paid may differ from what the lines add up to (vouchers, interest): both are kept as they came.
    """
    parsed = {
        "amount_minor": ("payment_value", minor_units("payment_value"), True),
        "installments": ("payment_installments", pl.col("payment_installments").cast(pl.Int16, strict=False), True),
        "number": ("payment_sequential", pl.col("payment_sequential").cast(pl.Int32, strict=False), True),
    }
    heads = orders.unique("order_id", keep="first").join(address_of, on="file_customer_id", how="left")
    readable = (
        keep_readable(payments, FILES["order_payments"][0], ("order_id", "payment_sequential"), parsed, quarantine)
        .join(heads, on="order_id", how="left", maintain_order="left")
        .with_columns(payment_attempt_id=pl.when(pl.col("ordered_at").is_not_null()).then(pl.format("attempt-{}", "order_id")))
    )
    transactions = readable.select(
        pl.format("{}-{}", "order_id", "payment_sequential").alias("transaction_id"),
        "order_id",
        "payment_attempt_id",
        pl.lit("charge").alias("kind"),
        pl.col("payment_type").alias("method"),
        "installments",
        "amount_minor",
        pl.lit(CURRENCY).alias("currency"),
        pl.coalesce("approved_at", "ordered_at").fill_null(pl.lit(orders["ordered_at"].min())).alias("occurred_at"),
    )
    paid = readable.filter(pl.col("customer_id").is_not_null()).unique(
        ["order_id", "payment_sequential"], keep="first", maintain_order=True
    )
    attempts = (
        paid.sort("amount_minor", "number", descending=[True, False], maintain_order=True)
        .group_by("order_id", maintain_order=True)
        .agg(
            pl.col("payment_attempt_id", "customer_id", "shipping_address_id", "approved_at", "ordered_at").first(),
            method=pl.col("payment_type").first(),
            amount_minor=pl.col("amount_minor").sum(),
        )
        .sort("order_id")
    )
    return attempts.select(
        "payment_attempt_id",
        "order_id",
        "customer_id",
        "method",
        "amount_minor",
        pl.lit(CURRENCY).alias("currency"),
        "shipping_address_id",
        pl.col("shipping_address_id").alias("billing_address_id"),
        pl.when(pl.col("approved_at").is_not_null()).then(pl.lit("authorised")).otherwise(pl.lit("pending")).alias("outcome"),
        pl.col("ordered_at").alias("attempted_at"),
    ), transactions


def review_table(reviews: pl.DataFrame, orders: pl.DataFrame, items: pl.DataFrame, quarantine: Quarantine) -> pl.DataFrame:
    """`shop.reviews`, each on the first line of its order; one of an order without lines has no product and is put aside.

    A `review_id` that stands on several orders becomes one review per order.
    """
    parsed = {
        "rating": ("review_score", pl.col("review_score").cast(pl.Int16, strict=False), True),
        "reviewed_at": ("review_creation_date", utc("review_creation_date"), True),
        "answered_at": ("review_answer_timestamp", utc("review_answer_timestamp"), False),
    }
    stem = FILES["order_reviews"][0]
    first_lines = items.sort("order_id", "line_number").unique("order_id", keep="first", maintain_order=True)
    readable = (
        keep_readable(reviews, stem, ("review_id", "order_id"), parsed, quarantine)
        .join(first_lines.select("order_id", "product_id", "seller_id"), on="order_id", how="left", maintain_order="left")
        .join(
            orders.unique("order_id", keep="first").select("order_id", "customer_id"),
            on="order_id",
            how="left",
            maintain_order="left",
        )
    )
    for row in readable.filter(pl.col("product_id").is_null()).select(reviews.columns).iter_rows(named=True):
        quarantine.add(stem, f"{row['review_id']}/{row['order_id']}", "its order has no lines: the product is unknown", row)
    is_shared = pl.col("order_id").n_unique().over("review_id") > 1
    return readable.filter(pl.col("product_id").is_not_null()).select(
        pl.when(is_shared).then(pl.format("{}-{}", "review_id", "order_id")).otherwise(pl.col("review_id")).alias("review_id"),
        "order_id",
        "product_id",
        "seller_id",
        "customer_id",
        "rating",
        pl.col("review_comment_title").alias("title"),
        pl.col("review_comment_message").alias("body"),
        pl.lit("pt").alias("language"),
        "reviewed_at",
        "answered_at",
    )
