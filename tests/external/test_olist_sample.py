"""The public Olist sample: every row of every file is in the shop or in quarantine, and money agrees to the centavo."""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketplace.settings import load_settings
from pipelines.sources.olist import payments_total_minor, read_olist
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import load_into_shop
from tests.conftest import copied_database
from tests.pipelines.sources.conftest import shop_checksums

DATA = load_settings().data
pytestmark = pytest.mark.skipif(DATA is None, reason="MARKETPLACE_DATA is not set: the public Olist files are not here")
FOLDER = (DATA or Path()) / "olist"


@pytest.fixture(scope="module")
def shop_url(postgres: Any, migrated_template: str) -> Iterator[str]:
    """A shop filled from the sample, twice."""
    for url in copied_database(postgres, migrated_template):
        first = _load(url)
        before = shop_checksums(url)
        assert first > 70_000
        assert _load(url) == 0
        assert shop_checksums(url) == before
        yield url


def _load(url: str) -> int:
    quarantine = Quarantine("olist")
    tables, facts = read_olist(FOLDER / "sample", quarantine)
    return load_into_shop(url, tables, facts, quarantine=quarantine, demo_password="secret").inserted


def rows_of(stem: str) -> list[dict[str, str]]:
    with gzip.open(FOLDER / "sample" / f"{stem}.csv.gz", "rt", encoding="utf-8-sig", newline="") as text:
        return list(csv.DictReader(text))


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def keys(url: str, query: str) -> set[Any]:
    return {row[0] if len(row) == 1 else row for row in fetch(url, query)}


def quarantined(url: str, stem: str) -> set[str]:
    return keys(url, f"select row_key from quarantine.rows where object = '{stem}'")


def test_every_row_is_in_the_shop_or_in_quarantine(shop_url: str) -> None:
    orders = keys(shop_url, "select order_id from shop.orders")
    for row in rows_of("olist_orders_dataset"):
        assert row["order_id"] in orders
    lines = keys(shop_url, "select order_item_id from shop.order_items")
    assert {f"{row['order_id']}-{row['order_item_id']}" for row in rows_of("olist_order_items_dataset")} == lines
    payments = keys(shop_url, "select transaction_id from shop.transactions")
    assert {f"{row['order_id']}-{row['payment_sequential']}" for row in rows_of("olist_order_payments_dataset")} == payments
    assert {row["product_id"] for row in rows_of("olist_products_dataset")} == keys(
        shop_url, "select product_id from shop.products"
    )
    assert {row["seller_id"] for row in rows_of("olist_sellers_dataset")} == keys(shop_url, "select seller_id from shop.sellers")
    people = keys(shop_url, "select user_id from shop.users where role = 'customer'")
    # Beside the file's people stands the demo's newcomer, who has no past.
    assert {row["customer_unique_id"] for row in rows_of("olist_customers_dataset")} == people - {"demo-newcomer"}
    reviews = rows_of("olist_order_reviews_dataset")
    kept = fetch(shop_url, "select split_part(review_id, '-', 1), order_id from shop.reviews")
    aside = quarantined(shop_url, "olist_order_reviews_dataset")
    assert len(kept) + len(aside) == len(reviews) == 8225
    assert {(row["review_id"], row["order_id"]) for row in reviews} == set(kept) | {tuple(key.split("/")) for key in aside}
    assert len(quarantined(shop_url, "olist_geolocation_dataset")) >= 1


def test_money_agrees_per_order_to_the_centavo(shop_url: str) -> None:
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of("olist_order_payments_dataset"):
        paid[row["order_id"]] += Decimal(row["payment_value"]) * 100
    assert dict(fetch(shop_url, "select order_id, sum(amount_minor) from shop.transactions group by 1")) == paid
    bought: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of("olist_order_items_dataset"):
        bought[row["order_id"]] += (Decimal(row["price"]) + Decimal(row["freight_value"])) * 100
    totals = {order: total for order, total in fetch(shop_url, "select order_id, total_minor from shop.orders") if total}
    assert totals == bought


def test_post_codes_keep_their_zero_and_lie_in_brazil(shop_url: str) -> None:
    assert fetch(shop_url, "select count(*) from shop.addresses where length(postcode) <> 5") == [(0,)]
    assert fetch(shop_url, "select count(*) > 100 from shop.addresses where postcode like '0%'") == [(True,)]
    outside = "select count(*) from shop.addresses where latitude not between -34 and 6 or longitude not between -74 and -28"
    assert fetch(shop_url, outside) == [(0,)]


def test_statuses_have_the_published_counts(shop_url: str) -> None:
    assert dict(fetch(shop_url, "select status, count(*) from shop.orders group by 1")) == {
        "delivered": 5172, "shipped": 1107, "cancelled": 625, "unavailable": 609, "processing": 615, "created": 5, "approved": 2,
    }  # fmt: skip


def test_full_payments_sum_to_the_published_total() -> None:
    assert payments_total_minor(FOLDER / "full" / "olist_order_payments_dataset.csv.gz") == 1_600_887_212
