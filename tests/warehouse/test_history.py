"""Terms of listings and sellers that change keep their history, and what was ordered keeps the terms of its time."""

from collections.abc import Iterator

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from pipelines.raw_copy import copy_to_raw
from tests.warehouse.building import dbt, failures, rows

HISTORY = ("product_history", "seller_history", "dim_product_versions", "dim_seller_versions", "fct_order_item_terms")


@pytest.fixture
def shop(olist_shop: str, postgres: EmbeddedPostgres) -> Iterator[str]:
    """A built shop of the test's own."""
    original = olist_shop.rsplit("/", 1)[1]
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        # A template may have no other visitor, and pools that read this shop in other tests stay open.
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original])
        connection.execute(f'create database history template "{original}"'.encode())
        yield postgres.url("history")
        connection.execute(b"drop database history with (force)")


def build_history(url: str) -> None:
    copy_to_raw(url)
    result = dbt(url, "run", "--select", *HISTORY, "fct_order_items", "fct_orders", "dim_products")
    assert result.success, failures(result)


def test_changed_price_and_commission_are_new_versions_and_a_rerun_adds_none(shop: str) -> None:
    [(product_id, seller_id, price)] = rows(
        shop, "select product_id, seller_id, price_minor from shop.products order by 1 limit 1"
    )
    terms = "select order_item_id, listed_price_minor, commission_bps from marts.fct_order_item_terms order by 1"
    before = rows(shop, terms)
    with psycopg.connect(shop) as connection:
        connection.execute("update shop.products set price_minor = price_minor + 100 where product_id = %s", [product_id])
        connection.execute("update shop.sellers set commission_bps = 1234 where seller_id = %s", [seller_id])
        connection.execute("update shop.products set weight_grams = 77")  # no term of sale
    for _ in range(2):
        build_history(shop)
        versions = rows(
            shop,
            "select price_minor, is_current, valid_from < valid_to, lead(valid_from) over (order by valid_from) = valid_to"
            f" from marts.dim_product_versions where product_id = '{product_id}' order by valid_from",
        )
        assert versions == [(price, False, True, True), (price + 100, True, None, None)]
        found = rows(
            shop, f"select commission_bps, is_current from marts.dim_seller_versions where seller_id = '{seller_id}' order by 2"
        )
        assert found == [(1000, False), (1234, True)]
        assert rows(shop, terms) == before, "what was ordered before keeps its terms"
    counts = rows(shop, "select count(*) from marts.dim_product_versions"), rows(shop, "select count(*) + 1 from shop.products")
    assert counts[0] == counts[1], "nobody else has a second version"


def test_order_after_the_change_has_the_new_terms(shop: str) -> None:
    [(item_id, product_id)] = rows(shop, "select order_item_id, product_id from shop.order_items order by 1 limit 1")
    with psycopg.connect(shop) as connection:
        connection.execute("update shop.products set price_minor = 4321 where product_id = %s", [product_id])
        connection.execute(
            "insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at)"
            " select 'after', customer_id, 'approved', currency, 4321, 4321, clock_timestamp() + interval '1 second'"
            " from shop.orders limit 1"
        )
        connection.execute(
            "insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity,"
            " unit_price_minor, total_minor, currency) select 'after', 'after', 1, product_id, seller_id, 1, 4321, 4321, currency"
            " from shop.order_items where order_item_id = %s",
            [item_id],
        )
    build_history(shop)
    assert rows(shop, "select listed_price_minor from marts.fct_order_item_terms where order_item_id = 'after'") == [(4321,)]
    [(earlier,)] = rows(shop, f"select listed_price_minor from marts.fct_order_item_terms where order_item_id = '{item_id}'")
    assert earlier != 4321
