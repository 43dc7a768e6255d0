"""Customers, their addresses, and where post codes lie."""

import hashlib

import polars as pl

from pipelines.sources.quarantine import Quarantine

COUNTRY = "BR"
# Brazil's extreme points with its islands; the file holds a few points on other continents.
_SOUTH, _NORTH, _WEST, _EAST = -33.76, 5.28, -73.99, -28.8


def places_by_zip(geolocation: pl.DataFrame, quarantine: Quarantine) -> pl.DataFrame:
    """Median `latitude` and `longitude` per `zip`; points outside Brazil are put aside."""
    points = geolocation.with_columns(
        latitude=pl.col("geolocation_lat").cast(pl.Float64, strict=False),
        longitude=pl.col("geolocation_lng").cast(pl.Float64, strict=False),
    )
    inside = pl.col("latitude").is_between(_SOUTH, _NORTH) & pl.col("longitude").is_between(_WEST, _EAST)
    known = inside.fill_null(False) & pl.col("geolocation_zip_code_prefix").is_not_null()
    for row in points.filter(~known).select(geolocation.columns).iter_rows(named=True):  # a handful
        quarantine.add("olist_geolocation_dataset", str(row["geolocation_zip_code_prefix"]), "is no point in Brazil", row)
    return (
        points.filter(known)
        .with_columns(zip=zip_code("geolocation_zip_code_prefix"))
        .group_by("zip", maintain_order=True)
        .agg(pl.col("latitude", "longitude").median())
    )


def zip_code(column: str) -> pl.Expr:
    """The post code prefix as five digits; some copies of the data lost the leading zero."""
    return pl.col(column).str.zfill(5)


def customer_tables(
    customers: pl.DataFrame, orders: pl.DataFrame, places: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """`shop.users` and `shop.addresses` of the people, and the address of each customer number in the file.

    A person is a `customer_unique_id`: the file's `customer_id` is new with every order.
    """
    first_order = orders.group_by("customer_id").agg(signed_up_at=pl.col("ordered_at").min())
    rows = (
        customers.rename({"customer_id": "file_customer_id", "customer_unique_id": "customer_id"})
        .with_columns(zip=zip_code("customer_zip_code_prefix"))
        .join(places, on="zip", how="left", maintain_order="left")
        .join(first_order, on="customer_id", how="left", maintain_order="left")
        .with_columns(pl.col("signed_up_at").fill_null(pl.lit(orders["ordered_at"].min())))
        .with_columns(door=pl.concat_str("zip", "customer_city", "customer_state", separator="|", ignore_nulls=True))
        .with_columns(short=pl.col("customer_id").str.head(8))
    )
    people = rows.unique("customer_id", keep="first", maintain_order=True)
    users = people.select(
        pl.col("customer_id").alias("user_id"),
        pl.lit("customer").alias("role"),
        pl.format("{}@customers.example", "customer_id").alias("email"),
        pl.format("Customer {}", "short").alias("full_name"),
        pl.lit("pt").alias("locale"),
        "signed_up_at",
    )
    doors = rows.unique(["customer_id", "door"], keep="first", maintain_order=True).with_columns(
        number=pl.int_range(pl.len()).over("customer_id")
    )
    doors = doors.with_columns(address_id=pl.format("{}-{}", "customer_id", "number"))
    hashes = [
        hashlib.sha256(f"{person}|{door}".encode()).hexdigest()[:32]
        for person, door in doors.select("customer_id", "door").iter_rows()
    ]
    addresses = doors.select(
        "address_id",
        pl.col("customer_id").alias("user_id"),
        pl.format("Customer {}", "short").alias("recipient_name"),
        pl.lit("Street not in the data").alias("line_1"),
        pl.col("customer_city").fill_null("unknown").alias("city"),
        pl.col("customer_state").alias("region"),
        pl.col("zip").alias("postcode"),
        pl.lit(COUNTRY).alias("country_code"),
        "latitude",
        "longitude",
        pl.Series("address_hash", hashes, dtype=pl.String),
        (pl.col("number") == 0).alias("is_default"),
    )
    address_of = rows.join(
        doors.select("customer_id", "door", "address_id"), on=["customer_id", "door"], how="left", nulls_equal=True
    )
    address_of = address_of.unique("file_customer_id", keep="first", maintain_order=True)
    return users, addresses, address_of.select("file_customer_id", pl.col("address_id").alias("shipping_address_id"))
