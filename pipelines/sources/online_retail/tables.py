"""Sales and refunds as shop tables."""

import hashlib
from datetime import UTC, datetime, timedelta

import polars as pl

from marketplace.vocabulary import Source
from pipelines.sources.csv_shop.tables import (
    DEFAULT_COMMISSION_BPS,
    SUMS,
    address_of,
    order_sums,
    payments,
    refund_transactions,
)
from pipelines.sources.known import Known
from pipelines.sources.online_retail.rows import TIME_ZONE
from pipelines.sources.shop_tables import MarketplaceFacts, ShopTables
from pipelines.sources.text_files import LINE

CURRENCY, SELLER, OPENING_UNITS = "GBP", "online-retail", 100
# Worked out from what a file holds: a later file that holds less does not move them.
_FIRST_WORD = {
    "users": frozenset({"signed_up_at"}),
    "sellers": frozenset({"joined_at"}),
    "products": frozenset({"title", "price_minor", "listed_at"}),
    "stock_moves": frozenset({"moved_at"}),
    "addresses": frozenset({"country_code", "address_hash"}),
    "orders": frozenset({*SUMS, "ordered_at", "approved_at"}),
    "order_items": frozenset({"line_number", "shipping_minor"}),
    "payment_attempts": frozenset({"amount_minor", "attempted_at"}),
    "transactions": frozenset({"amount_minor", "occurred_at", "order_id"}),
    "refunds": frozenset({"order_id", "order_item_id"}),
}


def item_table(sold: pl.DataFrame, charges: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """`order_items`; a line that the shop knows keeps its number, a new one follows the last."""
    last = lines.group_by("order_id").agg(last=pl.col("line_number").max())
    shipping = charges.group_by("InvoiceNo").agg(shipping_minor=(pl.col("price_minor") * pl.col("units")).sum())
    numbered = (
        sold.join(lines.select("order_item_id", old="line_number"), left_on="row_key", right_on="order_item_id", how="left",
                  maintain_order="left")
        .join(last, left_on="InvoiceNo", right_on="order_id", how="left", maintain_order="left")
        .with_columns(is_new=pl.col("old").is_null())
        .with_columns(new=pl.col("is_new").cast(pl.Int32).cum_sum().over("InvoiceNo") + pl.col("last").fill_null(0))
        .with_columns(line_number=pl.coalesce("old", "new"))
        .join(shipping, on="InvoiceNo", how="left", maintain_order="left")
        .with_columns(
            shipping_minor=pl.when(pl.col("line_number") == pl.col("line_number").min().over("InvoiceNo"))
            .then(pl.col("shipping_minor"))
            .fill_null(0)
        )
    )  # fmt: skip
    goods = pl.col("price_minor") * pl.col("units")
    return numbered.select(
        pl.col("row_key").alias("order_item_id"), pl.col("InvoiceNo").alias("order_id"), "line_number", "product_id",
        pl.lit(SELLER).alias("seller_id"), pl.col("units").alias("quantity"), pl.col("price_minor").alias("unit_price_minor"),
        pl.lit(0, pl.Int64).alias("discount_minor"), "shipping_minor", pl.lit(0, pl.Int64).alias("tax_minor"),
        (goods * DEFAULT_COMMISSION_BPS // 10_000).alias("commission_minor"),
        (goods + pl.col("shipping_minor")).alias("total_minor"), pl.lit(CURRENCY).alias("currency"),
    )  # fmt: skip


def shop_tables(
    sold: pl.DataFrame, items: pl.DataFrame, refunds: pl.DataFrame, known: Known
) -> tuple[ShopTables, MarketplaceFacts]:
    """All tables, and the facts, of sales whose lines are `items`."""
    last = max((at for at in (sold["at"].max(), refunds["refunded_at"].max()) if isinstance(at, datetime)), default=None)
    if last is None:
        last = (known.data_until or datetime(2011, 1, 1, tzinfo=UTC)) - timedelta(days=1)
    until = last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    first = sold["at"].min() or until
    people = sold.sort("at").group_by("customer_id", maintain_order=True).agg(
        pl.col("at", "country_code").first(), is_guest=pl.col("customer").is_null().all()
    )  # fmt: skip
    name = pl.when("is_guest").then(pl.lit("Guest")).otherwise(pl.format("Customer {}", "customer_id"))
    users = people.select(
        pl.col("customer_id").alias("user_id"), pl.lit("customer").alias("role"),
        pl.format("{}@customers.example", "customer_id").alias("email"), name.alias("full_name"),
        (~pl.col("is_guest")).alias("wants_personalisation"), pl.col("at").alias("signed_up_at"),
    )  # fmt: skip
    owner = pl.DataFrame(
        {
            "user_id": [f"owner-{SELLER}"],
            "role": ["seller"],
            "email": [f"{SELLER}@sellers.example"],
            "full_name": ["Owner of the gift shop"],
            "wants_personalisation": [True],
            "signed_up_at": [first],
        }
    )
    hashes = [hashlib.sha256(f"{one}|{country}".encode()).hexdigest()[:32] for one, country in
              people.select("customer_id", "country_code").iter_rows()]  # fmt: skip
    addresses = people.select(
        address_of("customer_id").alias("address_id"), pl.col("customer_id").alias("user_id"), name.alias("recipient_name"),
        pl.lit("Street not in the data").alias("line_1"), pl.lit("unknown").alias("city"), "country_code",
        pl.Series("address_hash", hashes, dtype=pl.String), pl.lit(True).alias("is_default"),
    )  # fmt: skip
    seller = pl.DataFrame({"seller_id": [SELLER], "user_id": [f"owner-{SELLER}"], "shop_name": ["Online Retail gifts"],
                           "country_code": ["GB"], "time_zone": [TIME_ZONE], "commission_bps": [DEFAULT_COMMISSION_BPS],
                           "joined_at": [first]})  # fmt: skip
    words = pl.col("Description").str.replace_all(r"\s+", " ").str.strip_chars(" .,").str.to_titlecase()
    products = (
        sold.with_columns(title=words)
        .sort("at", LINE)
        .group_by("product_id", maintain_order=True)
        .agg(
            title=pl.col("title").drop_nulls().mode().sort().first(),
            price_minor=pl.col("price_minor").last(),
            listed_at=pl.col("at").first(),
        )
        .with_columns(
            title_is_generated=pl.col("title").is_null(),
            title=pl.coalesce("title", pl.format("Item {}", "product_id")),
            seller_id=pl.lit(SELLER),
            currency=pl.lit(CURRENCY),
        )
    )
    stock = products.select("product_id", pl.lit(OPENING_UNITS).alias("units_on_hand"))
    moves = stock.select(
        pl.format("opening-{}", "product_id").alias("stock_move_id"), "product_id",
        pl.col("units_on_hand").alias("units_change"), pl.lit("opening").alias("reason"), pl.lit(until).alias("moved_at"),
    )  # fmt: skip
    heads = (
        sold.group_by("InvoiceNo", maintain_order=True)
        .agg(pl.col("customer_id").first(), ordered_at=pl.col("at").min())
        .rename({"InvoiceNo": "order_id"})
        .join(order_sums(items), on="order_id", how="left", maintain_order="left")
        .with_columns(status=pl.lit("approved"), approved_at=pl.col("ordered_at"), address=address_of("customer_id"),
                      method=pl.lit("unknown"))
    )  # fmt: skip
    orders = heads.select(
        "order_id", "customer_id", "status", pl.lit(CURRENCY).alias("currency"), *SUMS,
        pl.col("address").alias("shipping_address_id"), pl.col("address").alias("billing_address_id"),
        "ordered_at", "approved_at",
    )  # fmt: skip
    attempts, charges = payments(heads, currency=CURRENCY)
    found = {
        "users": pl.concat([owner, users]) if len(sold) else owner, "addresses": addresses, "sellers": seller,
        "products": products, "stock": stock, "stock_moves": moves, "orders": orders, "order_items": items,
        "payment_attempts": attempts, "transactions": pl.concat([charges, refund_transactions(refunds)], how="diagonal"),
        "refunds": refunds,
    }  # fmt: skip
    facts = MarketplaceFacts(
        Source.ONLINE_RETAIL, CURRENCY, TIME_ZONE, is_simulated=False, data_until=until, first_word=_FIRST_WORD,
        totals_are_sums=True,
    )  # fmt: skip
    return {name: frame for name, frame in found.items() if len(frame)}, facts
