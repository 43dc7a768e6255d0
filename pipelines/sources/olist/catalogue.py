"""Sellers, categories and products, as far as the files know them."""

from datetime import datetime

import polars as pl

from pipelines.sources.olist.parsing import CURRENCY, LOCAL_TIME_ZONE
from pipelines.sources.olist.people import COUNTRY, zip_code
from pipelines.sources.quarantine import Quarantine

COMMISSION_BPS = 1000  # the data do not say; the shop's default
OPENING_UNITS = 100  # the data hold no stock; every product opens with this many


def seller_tables(
    sellers: pl.DataFrame, items: pl.DataFrame, orders: pl.DataFrame, places: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`shop.users` of the owners and `shop.sellers`; a shop joined with its first sale."""
    sales = items.join(orders.select("order_id", "ordered_at"), on="order_id")
    first_sale = sales.group_by("seller_id").agg(joined_at=pl.col("ordered_at").min())
    rows = (
        sellers.with_columns(zip=zip_code("seller_zip_code_prefix"))
        .join(places, on="zip", how="left", maintain_order="left")
        .join(first_sale, on="seller_id", how="left", maintain_order="left")
        .with_columns(pl.col("joined_at").fill_null(pl.lit(orders["ordered_at"].min())))
        .with_columns(owner=pl.format("seller-{}", "seller_id"), short=pl.col("seller_id").str.head(6))
        .with_columns(shop_name=pl.format("{} shop {}", pl.col("seller_city").fill_null("Olist").str.to_titlecase(), "short"))
    )
    owners = rows.unique("seller_id", keep="first", maintain_order=True).select(
        pl.col("owner").alias("user_id"),
        pl.lit("seller").alias("role"),
        pl.format("{}@sellers.example", "seller_id").alias("email"),
        pl.format("Owner of {}", "shop_name").alias("full_name"),
        pl.lit("pt").alias("locale"),
        pl.col("joined_at").alias("signed_up_at"),
    )
    shops = rows.select(
        "seller_id",
        pl.col("owner").alias("user_id"),
        "shop_name",
        pl.col("seller_city").alias("city"),
        pl.col("seller_state").alias("region"),
        pl.lit(COUNTRY).alias("country_code"),
        "latitude",
        "longitude",
        pl.lit(LOCAL_TIME_ZONE).alias("time_zone"),
        pl.lit(COMMISSION_BPS).alias("commission_bps"),
        "joined_at",
    )
    return owners, shops


def category_table(products: pl.DataFrame, translation: pl.DataFrame) -> pl.DataFrame:
    """`shop.categories` with the file's own name in `file_name`; one without translation keeps that name."""
    english = translation.unique("product_category_name", keep="first", maintain_order=True)
    names = pl.concat([products.select("product_category_name"), translation.select("product_category_name")])
    return (
        names.drop_nulls()
        .unique(maintain_order=True)
        .sort("product_category_name")
        .join(english, on="product_category_name", how="left", maintain_order="left")
        .with_columns(
            name=pl.coalesce("product_category_name_english", "product_category_name")
            .str.replace_all("_", " ")
            .str.to_titlecase()
        )
        .select(
            pl.format("cat-{}", pl.col("product_category_name").str.replace_all("_", "-")).alias("category_id"),
            "name",
            pl.col("name").alias("path"),
            pl.col("product_category_name").alias("file_name"),
        )
    )


def product_tables(
    products: pl.DataFrame,
    items: pl.DataFrame,
    orders: pl.DataFrame,
    categories: pl.DataFrame,
    quarantine: Quarantine,
    *,
    until: datetime,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """`shop.products`, `stock` and the opening `stock_moves`.

    The files hold no titles and no list prices: a title says category, weight and size and is flagged as generated; the price
    is that of the newest sale, the seller the one with most sales. A product never sold has neither and is put aside.
    """
    sales = items.join(orders.select("order_id", "ordered_at"), on="order_id").sort("ordered_at", "order_item_id")
    known = sales.group_by("product_id", maintain_order=True).agg(
        price_minor=pl.col("unit_price_minor").last(),
        seller_id=pl.col("seller_id").mode().sort().first(),
        listed_at=pl.col("ordered_at").first(),
    )
    rows = (
        products.join(known, on="product_id", how="left", maintain_order="left")
        .join(categories, left_on="product_category_name", right_on="file_name", how="left", maintain_order="left")
        .with_columns(weight_grams=pl.col("product_weight_g").cast(pl.Float64, strict=False).round().cast(pl.Int32, strict=False))
    )
    for row in rows.filter(pl.col("price_minor").is_null()).select(products.columns).iter_rows(named=True):
        quarantine.add("olist_products_dataset", str(row["product_id"]), "was never sold: neither price nor seller is known", row)
    rows = rows.filter(pl.col("price_minor").is_not_null())
    size = pl.format("{} × {} × {} cm", "product_length_cm", "product_height_cm", "product_width_cm")
    title = pl.concat_str(
        pl.col("name").fill_null("Uncategorised item"), pl.format("{} g", "weight_grams"), size, separator=", ", ignore_nulls=True
    )
    shop = rows.select(
        "product_id",
        "seller_id",
        "category_id",
        title.alias("title"),
        pl.lit(True).alias("title_is_generated"),
        pl.lit("The data hold no description of this product.").alias("description"),
        "price_minor",
        pl.lit(CURRENCY).alias("currency"),
        "weight_grams",
        "listed_at",
    )
    ids = shop.select("product_id").unique(maintain_order=True)
    stock = ids.with_columns(units_on_hand=pl.lit(OPENING_UNITS))
    moves = ids.select(
        pl.format("opening-{}", "product_id").alias("stock_move_id"),
        "product_id",
        pl.lit(OPENING_UNITS).alias("units_change"),
        pl.lit("opening").alias("reason"),
        pl.lit(until).alias("moved_at"),
    )
    return shop, stock, moves
