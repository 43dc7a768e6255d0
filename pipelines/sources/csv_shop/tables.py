"""A shop's own rows as shop tables. What the files leave out is stated here, once, and never invented as fact."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from marketplace.houses import address_hash
from marketplace.vocabulary import FURTHER, JSON_ATTRIBUTES, SALE_STATUSES, SEVERAL_VALUED
from pipelines.sources.csv_shop.parsing import texts

DEFAULT_COMMISSION_BPS = 1000
_PAID = [*SALE_STATUSES, "held_for_review"]

Files = dict[str, pl.DataFrame]


def people(files: Files, *, until: datetime) -> dict[str, pl.DataFrame]:
    """`users` of sellers and customers, `addresses`, `sellers`; who has no date joined with the first order in these files."""
    sellers, customers = files["sellers"], files["customers"]
    owner_id = pl.format("owner-{}", "seller_id")
    joined = sellers.with_columns(joined_at=pl.coalesce("joined_at", _first_order(files, "seller_id", sellers), pl.lit(until)))
    owners = joined.select(
        owner_id.alias("user_id"),
        pl.lit("seller").alias("role"),
        pl.coalesce("email", pl.format("{}@sellers.example", "seller_id")).alias("email"),
        pl.coalesce("owner_name", pl.format("Owner of {}", "shop_name")).alias("full_name"),
        pl.col("joined_at").alias("signed_up_at"),
    )
    since = pl.coalesce("signed_up_at", _first_order(files, "customer_id", customers), pl.lit(until))
    name = pl.coalesce("full_name", pl.format("Customer {}", "customer_id"))
    buyers = customers.select(
        pl.col("customer_id").alias("user_id"),
        pl.lit("customer").alias("role"),
        pl.coalesce("email", pl.format("{}@customers.example", "customer_id")).alias("email"),
        name.alias("full_name"),
        since.alias("signed_up_at"),
    )
    addresses = customers.select(
        address_of("customer_id").alias("address_id"),
        pl.col("customer_id").alias("user_id"),
        name.alias("recipient_name"),
        pl.col("line_1").fill_null("Street not in the data"),
        pl.col("city").fill_null("unknown"),
        "region", "postcode", "country_code", "latitude", "longitude",
        _houses(customers).alias("address_hash"),
        pl.lit(True).alias("is_default"),
    )  # fmt: skip
    shops = joined.select(
        "seller_id", owner_id.alias("user_id"), "shop_name", "city", "region", "country_code", "latitude", "longitude",
        "time_zone",
        pl.col("commission_percent").fill_null(DEFAULT_COMMISSION_BPS).alias("commission_bps"), "joined_at",
    )  # fmt: skip
    return {"users": pl.concat([owners, buyers]), "addresses": addresses, "sellers": shops}


def _houses(customers: pl.DataFrame) -> pl.Series:
    """The hash that checkout gives the same address; where no street is given, everybody has a house of their own."""
    own = customers.select(pl.coalesce("line_1", pl.format("of {}", "customer_id")), pl.col("city").fill_null("unknown"))
    return pl.Series([address_hash(*house) for house in own.iter_rows()], dtype=pl.String)


def catalogue(files: Files, *, currency: str, until: datetime) -> dict[str, pl.DataFrame]:
    """`categories` with every step of every path, `products`, `stock` and its opening `stock_moves`."""
    products = files["products"]
    steps = pl.col("category").str.split(">").list.eval(pl.element().str.strip_chars())
    rows = products.with_columns(path=steps.list.eval(pl.element().filter(pl.element() != "")).list.join(" > "))
    rows = rows.with_columns(path=pl.when(pl.col("path") != "").then(pl.col("path")))
    paths = {" > ".join(words[: place + 1]) for path in rows["path"].drop_nulls().unique()
             for words in [path.split(" > ")] for place in range(len(words))}  # fmt: skip
    categories = pl.DataFrame(
        [
            {
                "category_id": category_id(path),
                "parent_category_id": category_id(path.rpartition(" > ")[0]) if " > " in path else None,
                "name": path.rpartition(" > ")[2],
                "path": path,
            }
            for path in sorted(paths, key=lambda path: (path.count(" > "), path))
        ],
        schema=dict.fromkeys(("category_id", "parent_category_id", "name", "path"), pl.String),
    )
    shop = rows.select(
        "product_id", "seller_id",
        pl.col("path").replace_strict({path: category_id(path) for path in paths}, default=None, return_dtype=pl.String)
        .alias("category_id"),
        "title", pl.col("description").fill_null(""), pl.col("price").alias("price_minor"), pl.lit(currency).alias("currency"),
        *(texts(pl.col(name)).list.first().alias(name) for name in SEVERAL_VALUED),
        _attributes().alias("attributes"), "weight_grams",
        pl.col("is_active").fill_null(True),
        pl.coalesce("listed_at", _first_order(files, "product_id", products), pl.lit(until)).alias("listed_at"),
    )  # fmt: skip
    stock = rows.select("product_id", pl.col("units_on_hand").fill_null(0))
    moves = stock.filter(pl.col("units_on_hand") > 0).select(
        pl.format("opening-{}", "product_id").alias("stock_move_id"),
        "product_id",
        pl.col("units_on_hand").alias("units_change"),
        pl.lit("opening").alias("reason"),
        pl.lit(until).alias("moved_at"),
    )
    return {"categories": categories, "products": shop, "stock": stock, "stock_moves": moves}


def sales(files: Files, *, currency: str, sellers: pl.DataFrame, times: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`orders`, `order_items`, `payment_attempts`, `transactions` and `refunds`.

    Args:
        sellers: `product_id`, `seller_id`, `commission_bps` of every product that may be named.
        times: `order_id` with `shipped_at`, `delivered_at`, of every order that may be named.
    """
    lines = (
        files["order_items"]
        .with_columns(pl.col("discount", "shipping", "tax").fill_null(0))
        .join(sellers, on="product_id", how="left", maintain_order="left")
        .join(times, on="order_id", how="left", maintain_order="left")
        .with_columns(goods=pl.col("unit_price") * pl.col("quantity").cast(pl.Int64) - pl.col("discount"))
    )
    items = lines.select(
        pl.format("{}-{}", "order_id", "line_number").alias("order_item_id"),
        "order_id", "line_number", "product_id", "seller_id", "quantity",
        pl.col("unit_price").alias("unit_price_minor"),
        pl.col("discount").alias("discount_minor"),
        pl.col("shipping").alias("shipping_minor"),
        pl.col("tax").alias("tax_minor"),
        (pl.col("goods") * pl.col("commission_bps").cast(pl.Int64) // 10_000).alias("commission_minor"),
        (pl.col("goods") + pl.col("shipping") + pl.col("tax")).alias("total_minor"),
        pl.lit(currency).alias("currency"), "shipped_at", "delivered_at",
    )  # fmt: skip
    heads = files["orders"].join(order_sums(items), on="order_id", how="left", maintain_order="left")
    heads = heads.with_columns(pl.col(SUMS).fill_null(0), address=address_of("customer_id"))
    orders = heads.select(
        "order_id", "customer_id", "status", pl.lit(currency).alias("currency"), *SUMS,
        pl.col("address").alias("shipping_address_id"), pl.col("address").alias("billing_address_id"),
        "ordered_at", "approved_at", "shipped_at", "delivered_at", "estimated_delivery_at", "cancelled_at",
    )  # fmt: skip
    attempts, charges = payments(heads.with_columns(method=pl.col("payment_method").fill_null("unknown")), currency=currency)
    found = {"orders": orders, "order_items": items, "payment_attempts": attempts, "transactions": charges}
    if "refunds" in files:
        refunds = files["refunds"].select(
            "refund_id", "order_id", pl.col("amount").alias("amount_minor"), pl.lit(currency).alias("currency"),
            pl.col("reason").fill_null("not said"), "refunded_at",
        )  # fmt: skip
        found |= {"refunds": refunds, "transactions": pl.concat([charges, refund_transactions(refunds)], how="diagonal")}
    return found


SUMS = ["subtotal_minor", "discount_minor", "shipping_minor", "tax_minor", "total_minor"]


def order_sums(items: pl.DataFrame) -> pl.DataFrame:
    """`SUMS` per order, of its lines."""
    return items.group_by("order_id").agg(
        (pl.col("unit_price_minor") * pl.col("quantity")).sum().alias("subtotal_minor"),
        pl.col("discount_minor", "shipping_minor", "tax_minor", "total_minor").sum(),
    )


def payments(heads: pl.DataFrame, *, currency: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One attempt per order, and one charge per order that was paid: the files tell of no others."""
    is_paid = pl.col("status").is_in(_PAID)
    rows = heads.filter(is_paid | (pl.col("status") == "created"))
    attempts = rows.select(
        attempt_of("order_id").alias("payment_attempt_id"),
        "order_id", "customer_id", "method", pl.col("total_minor").alias("amount_minor"), pl.lit(currency).alias("currency"),
        pl.col("address").alias("shipping_address_id"), pl.col("address").alias("billing_address_id"),
        pl.when(is_paid).then(pl.lit("authorised")).otherwise(pl.lit("pending")).alias("outcome"),
        pl.col("ordered_at").alias("attempted_at"),
    )  # fmt: skip
    charges = rows.filter(is_paid).select(
        pl.format("charge-{}", "order_id").alias("transaction_id"),
        "order_id", attempt_of("order_id").alias("payment_attempt_id"), pl.lit("charge").alias("kind"), "method",
        pl.col("total_minor").alias("amount_minor"), pl.lit(currency).alias("currency"),
        pl.coalesce("approved_at", "ordered_at").alias("occurred_at"),
    )  # fmt: skip
    return attempts, charges


def refund_transactions(refunds: pl.DataFrame) -> pl.DataFrame:
    """The movement of money of each refund."""
    return refunds.select(
        pl.format("refund-{}", "refund_id").alias("transaction_id"),
        "order_id", pl.lit("refund").alias("kind"), pl.lit("unknown").alias("method"), "amount_minor", "currency",
        pl.col("refunded_at").alias("occurred_at"),
    )  # fmt: skip


def opinions(files: Files, *, sellers: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """`reviews`, with the seller of their product."""
    if "reviews" not in files:
        return {}
    rows = files["reviews"].join(sellers, on="product_id", how="left", maintain_order="left")
    columns = ["review_id", "order_id", "product_id", "seller_id", "customer_id", "rating", "title", "body", "reviewed_at"]
    return {"reviews": rows.select(columns)}


def visits(files: Files) -> dict[str, pl.DataFrame]:
    """`sessions`, each from its first event to its last, and `events`."""
    if "events" not in files:
        return {}
    events = files["events"]
    sessions = events.group_by("session_id", maintain_order=True).agg(
        pl.col("customer_id").drop_nulls().first(),
        started_at=pl.col("occurred_at").min(),
        last_seen_at=pl.col("occurred_at").max(),
    )
    columns = ["event_id", "event_type", "session_id", "customer_id", "product_id", "quantity", "search_query", "occurred_at"]
    return {"sessions": sessions, "events": events.select(columns)}


def category_id(path: str) -> str:
    """The id of a category by its path: the same words give the same category in every file."""
    return f"cat-{hashlib.sha256(path.lower().encode()).hexdigest()[:16]}"


def address_of(column: str) -> pl.Expr:
    """The id of the one address of a customer."""
    return pl.format("address-{}", column)


def attempt_of(column: str) -> pl.Expr:
    """The id of the one payment attempt of an order."""
    return pl.format("attempt-{}", column)


def _attributes() -> pl.Expr:
    """What a product says beside its columns: season, gender, and values after the first of its columns."""
    beside = {name: texts(pl.col(name)).list.slice(1) for name in SEVERAL_VALUED}
    further = _json_of({name: pl.when(values.list.len() > 0).then(values) for name, values in beside.items()})
    said = _json_of({name: pl.col(name) for name in JSON_ATTRIBUTES})
    both = pl.concat_str(said.str.strip_suffix("}"), pl.when(said != "{}").then(pl.lit(",")).otherwise(pl.lit("")))
    return pl.when(further == "{}").then(said).otherwise(both + pl.lit(f'"{FURTHER}":') + further + pl.lit("}"))


def _json_of(fields: Mapping[str, pl.Expr]) -> pl.Expr:
    """One JSON object of these, without those that are empty."""
    encoded = [
        pl.when(value.is_not_null()).then(
            pl.struct(value.alias(name)).struct.json_encode().str.strip_prefix("{").str.strip_suffix("}")
        )
        for name, value in fields.items()
    ]
    return pl.lit("{") + pl.concat_str(encoded, separator=",", ignore_nulls=True) + pl.lit("}")


def _first_order(files: Files, column: str, frame: pl.DataFrame) -> pl.Series:
    """When each row of `frame` first appears in an order of these files; null if it does not."""
    orders = files["orders"].select("order_id", "customer_id", "ordered_at")
    lines = files["order_items"].select("order_id", "product_id").join(orders, on="order_id")
    seller_of: Any = files["products"].select("product_id", "seller_id")
    rows = orders if column == "customer_id" else lines.join(seller_of, on="product_id")
    first = rows.group_by(column).agg(first=pl.col("ordered_at").min())
    return frame.select(column).join(first, on=column, how="left", maintain_order="left")["first"]
