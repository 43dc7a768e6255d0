"""The public Olist sample through raw and dbt: what the marts say, beside sums made from the files alone."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from marketplace.errors import InvalidInputError
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import load_settings
from pipelines.raw_copy import copy_to_raw
from pipelines.sources.olist import payments_total_minor, read_olist
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import MarketplaceFacts, load_into_shop
from tests.conftest import copied_database
from tests.warehouse.building import dbt, failures, rows

DATA = load_settings().data
pytestmark = pytest.mark.skipif(DATA is None, reason="MARKETPLACE_DATA is not set: the public Olist files are not here")
FOLDER = (DATA or Path()) / "olist"

# The file's word for a status, and the shop's.
STATUSES = {"invoiced": "processing", "canceled": "cancelled"}
NO_SALE = ["created", "canceled", "unavailable"]


@pytest.fixture(scope="module")
def url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """The sample in the shop, copied to raw and built by dbt up to the marts, with every data test of theirs passing."""
    for address in copied_database(postgres, migrated_template):
        quarantine = Quarantine("olist")
        tables, facts = read_olist(FOLDER / "sample", quarantine)
        load_into_shop(address, tables, facts, quarantine=quarantine, demo_password="secret")
        copy_to_raw(address)
        result = dbt(address, "build", "--exclude-resource-type", "unit_test", "--exclude", "tag:features")
        assert result.success, failures(result)
        yield address


def file(stem: str) -> pl.DataFrame:
    """A file of the sample, every cell as text."""
    return pl.read_csv(FOLDER / "sample" / f"{stem}.csv.gz", infer_schema=False)


def minor(column: str) -> pl.Expr:
    """Money as hundredths; a rounded float of two decimals is exact far beyond these amounts."""
    return (pl.col(column).cast(pl.Float64) * 100).round().cast(pl.Int64)


def by_key(frame: pl.DataFrame) -> dict[Any, Any]:
    """The frame's last column by what stands before it."""
    return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in frame.iter_rows()}


def mart(url: str, query: str) -> dict[Any, Any]:
    """The query's last column by what stands before it."""
    return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in rows(url, query)}


def aside(url: str, stem: str) -> set[str]:
    """Keys of a file's rows that lie in quarantine."""
    return {row[0] for row in rows(url, f"select row_key from quarantine.rows where object = '{stem}'")}


def test_every_order_is_in_the_mart_or_in_quarantine(url: str) -> None:
    orders = file("olist_orders_dataset")
    expected = by_key(orders.select("order_id", pl.col("order_status").replace(STATUSES)))
    found = mart(url, "select order_id, status from marts.fct_orders")
    missing = expected.keys() - found.keys()
    assert missing == aside(url, "olist_orders_dataset") & expected.keys()
    assert found == {order: status for order, status in expected.items() if order not in missing}
    counts = by_key(orders.select(pl.col("order_status").replace(STATUSES)).group_by("order_status").len())
    assert mart(url, "select status, count(*) from marts.fct_orders group by 1") == counts
    assert len(found) == sum(counts.values()) == 8135


def test_goods_and_freight_agree_per_order(url: str) -> None:
    lines = file("olist_order_items_dataset").with_columns(price=minor("price"), freight=minor("freight_value"))
    per_order = lines.group_by("order_id").agg(pl.len(), pl.col("price").sum(), pl.col("freight").sum())
    expected = {row[0]: row[1:] for row in per_order.iter_rows()}
    query = "select order_id, {} from marts.{} group by 1"
    items = "count(*), sum(unit_price_minor * quantity)::bigint, sum(shipping_minor)::bigint"
    assert {row[0]: row[1:] for row in rows(url, query.format(items, "fct_order_items"))} == expected
    heads = "select order_id, item_count, subtotal_minor, shipping_minor from marts.fct_orders where item_count > 0"
    assert {row[0]: row[1:] for row in rows(url, heads)} == expected
    assert rows(url, "select count(*) from marts.fct_orders where total_minor <> subtotal_minor + shipping_minor") == [(0,)]


def test_payments_agree_row_by_row_and_in_full(url: str) -> None:
    payments = file("olist_order_payments_dataset")
    key = pl.format("{}-{}", "order_id", "payment_sequential").alias("key")
    expected = by_key(payments.select(key, "order_id", "payment_type", "payment_installments", minor("payment_value")))
    query = "select transaction_id, order_id, method, installments::text, amount_minor from marts.fct_transactions"
    assert mart(url, query) == expected
    assert {row[0] for row in rows(url, "select distinct currency from marts.fct_transactions")} == {"BRL"}
    assert payments_total_minor(FOLDER / "full" / "olist_order_payments_dataset.csv.gz") == 1_600_887_212


def test_reviews_are_in_the_mart_or_belong_to_orders_without_lines(url: str) -> None:
    reviews = file("olist_order_reviews_dataset")
    has_lines = pl.col("order_id").is_in(file("olist_order_items_dataset")["order_id"].unique().to_list())
    kept = reviews.filter(has_lines).select("review_id", "order_id", pl.col("review_score").cast(pl.Int64))
    found = mart(url, "select split_part(review_id, '-', 1), order_id, rating::bigint from marts.fct_reviews")
    assert found == by_key(kept)
    put_aside = reviews.filter(~has_lines).select(pl.format("{}/{}", "review_id", "order_id")).to_series()
    assert set(put_aside) == aside(url, "olist_order_reviews_dataset")
    assert (len(found), len(put_aside)) == (7447, 778)


def test_sellers_revenue_is_that_of_the_files(url: str) -> None:
    sales = file("olist_orders_dataset").filter(~pl.col("order_status").is_in(NO_SALE))
    sold = (
        file("olist_order_items_dataset")
        .join(sales.select("order_id", "order_purchase_timestamp"), on="order_id")
        .with_columns(
            revenue=minor("price") + minor("freight_value"),
            day=pl.col("order_purchase_timestamp").str.slice(0, 10).str.to_date(),
        )
    )
    query = "select seller_id, {} sum(revenue_minor)::bigint from marts.fct_seller_days where revenue_minor <> 0 group by {}"
    assert mart(url, query.format("", "1")) == by_key(sold.group_by("seller_id").agg(pl.col("revenue").sum()))
    # The file's clock is the seller's own, so its days are those of the overview.
    by_day = by_key(sold.group_by("seller_id", "day").agg(pl.col("revenue").sum()))
    assert mart(url, query.format("sale_date,", "1, 2")) == by_day
    last = rows(url, "select max(sale_date) from marts.fct_seller_days")[0][0]
    assert last >= dt.date(2018, 8, 31)


def test_another_source_is_refused_and_leaves_nothing(url: str) -> None:
    other = MarketplaceFacts("simulation", "EUR", "UTC", is_simulated=True, data_until=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    categories = pl.DataFrame({"category_id": ["new"], "name": ["New"], "path": ["New"]})
    with pytest.raises(InvalidInputError, match="filled from olist"):
        load_into_shop(url, {"categories": categories}, other, demo_password="secret")
    with psycopg.connect(url) as connection:
        found = connection.execute("select source, currency from shop.marketplace").fetchall()
        assert found == [("olist", "BRL")]
        assert connection.execute("select count(*) from shop.categories where category_id = 'new'").fetchone() == (0,)
