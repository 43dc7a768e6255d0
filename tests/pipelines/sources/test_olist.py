from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketplace.errors import InvalidInputError, MissingColumnsError
from pipelines.sources.olist import payments_total_minor, read_olist
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import LoadReport, load_into_shop
from tests.pipelines.sources.conftest import shop_checksums


def load(folder: Path, database_url: str) -> LoadReport:
    quarantine = Quarantine("olist")
    tables, facts = read_olist(folder, quarantine)
    return load_into_shop(database_url, tables, facts, quarantine=quarantine, demo_password="secret")


@pytest.fixture
def shop(olist_folder: Path, database_url: str) -> psycopg.Connection[Any]:
    """A connection to a shop filled from the tiny folder."""
    load(olist_folder, database_url)
    connection = psycopg.connect(database_url)
    connection.execute("set time zone 'UTC'")
    return connection


def test_two_orders_of_one_person_are_one_customer(shop: psycopg.Connection[Any]) -> None:
    query = "select customer_id, count(*) from shop.orders group by 1 order by 1"
    assert shop.execute(query).fetchall() == [("ana", 2), ("bia", 1)]
    assert shop.execute("select count(*) from shop.addresses where user_id = 'ana'").fetchone() == (1,)


def test_status_words_are_ours(shop: psycopg.Connection[Any]) -> None:
    rows = shop.execute("select order_id, status from shop.orders order by 1").fetchall()
    assert rows == [("o-1", "delivered"), ("o-2", "cancelled"), ("o-3", "processing")]


def test_local_times_become_utc(shop: psycopg.Connection[Any]) -> None:
    at = dict(shop.execute("select order_id, ordered_at from shop.orders").fetchall())
    assert at["o-1"] == datetime(2018, 1, 10, 12, 0, tzinfo=UTC)  # summer, UTC-2
    assert at["o-2"] == datetime(2018, 7, 11, 2, 30, tzinfo=UTC)  # winter, UTC-3
    assert at["o-3"] == datetime(2017, 10, 15, 3, 30, tzinfo=UTC)  # 00:30 did not exist that night: read as 01:30
    until = shop.execute("select data_until, time_zone, currency, is_simulated from shop.marketplace").fetchone()
    assert until == (datetime(2018, 7, 12, tzinfo=UTC), "America/Sao_Paulo", "BRL", False)


def test_money_is_exact_in_centavos(shop: psycopg.Connection[Any]) -> None:
    lines = shop.execute(
        "select order_item_id, unit_price_minor, shipping_minor, commission_minor, total_minor from shop.order_items order by 1"
    ).fetchall()
    assert lines == [("o-1-1", 1090, 205, 109, 1295), ("o-1-2", 10000, 700, 1000, 10700), ("o-3-2", 1200, 100, 120, 1300)]
    orders = shop.execute("select order_id, subtotal_minor, shipping_minor, total_minor from shop.orders order by 1").fetchall()
    assert orders == [("o-1", 11090, 905, 11995), ("o-2", 0, 0, 0), ("o-3", 1200, 100, 1300)]
    paid = shop.execute("select transaction_id, method, installments, amount_minor from shop.transactions order by 1").fetchall()
    assert paid == [
        ("o-1-1", "credit_card", 3, 10010),
        ("o-1-2", "voucher", 1, 1985),
        ("o-2-1", "boleto", 1, 7),
        ("o-3-1", "credit_card", 1, 1300),
    ]
    attempts = shop.execute("select order_id, method, amount_minor, outcome from shop.payment_attempts order by 1").fetchall()
    assert attempts == [
        ("o-1", "credit_card", 11995, "authorised"), ("o-2", "boleto", 7, "pending"), ("o-3", "credit_card", 1300, "authorised")
    ]  # fmt: skip


def test_places_are_medians_of_points_in_brazil(shop: psycopg.Connection[Any]) -> None:
    row = shop.execute("select postcode, latitude, longitude, country_code from shop.addresses where user_id = 'ana'").fetchone()
    assert row == ("01001", pytest.approx(-23.6), pytest.approx(-46.7), "BR")
    assert shop.execute("select latitude from shop.sellers where seller_id = 's-2'").fetchone() == (None,)


def test_products_have_generated_titles_and_the_stated_stock(shop: psycopg.Connection[Any]) -> None:
    rows = shop.execute(
        "select product_id, title, title_is_generated, category_id, price_minor, units_on_hand from shop.products "
        "join shop.stock using (product_id) order by 1"
    ).fetchall()
    assert rows == [
        ("p-1", "Health Beauty, 250 g, 20 × 10 × 15 cm", True, "cat-beleza-saude", 1090, 100),
        ("p-2", "Uncategorised item, 30 × 5 × 5 cm", True, None, 10000, 100),
    ]
    names = shop.execute("select name from shop.categories order by 1").fetchall()
    assert names == [("Health Beauty",), ("Pc Gamer",)]  # the second has no translation
    assert shop.execute("select sum(units_change) from shop.stock_moves").fetchone() == (200,)


def test_review_shared_by_two_orders_becomes_two(shop: psycopg.Connection[Any]) -> None:
    rows = shop.execute("select review_id, product_id, rating, body from shop.reviews order by 1").fetchall()
    assert rows == [("r-1-o-1", "p-1", 5, "Muito bom,\nrecomendo"), ("r-1-o-3", "p-1", 4, None)]


def test_rows_that_do_not_fit_are_in_quarantine_with_their_reason(shop: psycopg.Connection[Any]) -> None:
    rows = shop.execute("select object, row_key, reason from quarantine.rows order by 1, 2").fetchall()
    assert rows == [
        ("olist_geolocation_dataset", "01001", "is no point in Brazil"),
        ("olist_order_items_dataset", "o-3/1", "price cannot be read: -3.00"),
        ("olist_order_payments_dataset", "o-3/2", "payment_value cannot be read: abc"),
        ("olist_order_reviews_dataset", "r-2/o-2", "its order has no lines: the product is unknown"),
        ("olist_orders_dataset", "o-4", "order_status cannot be read: lost"),
        ("olist_products_dataset", "p-3", "was never sold: neither price nor seller is known"),
        ("order_items", "o-8-1", "order_id is not in shop.orders"),
        ("orders", "o-5", "customer_id is missing"),
    ]


def test_demo_shoppers_and_seller_are_people_of_the_data(shop: psycopg.Connection[Any]) -> None:
    rows = shop.execute("select email, user_id from shop.users where is_demo_account order by 1").fetchall()
    assert dict(rows) == {
        "admin@demo.example": "demo-admin", "analyst@demo.example": "demo-analyst", "customer@demo.example": "bia",
        "customer2@demo.example": "ana", "newcomer@demo.example": "demo-newcomer", "seller@demo.example": "seller-s-1",
    }  # fmt: skip


def test_same_folder_twice_changes_nothing(olist_folder: Path, database_url: str) -> None:
    load(olist_folder, database_url)
    before = shop_checksums(database_url)
    assert load(olist_folder, database_url).inserted == 0
    assert shop_checksums(database_url) == before


def test_missing_file_is_named(olist_folder: Path) -> None:
    (olist_folder / "olist_sellers_dataset.csv").unlink()
    with pytest.raises(MissingColumnsError, match=r"has no olist_sellers_dataset\.csv .*; it has olist_customers_dataset\.csv"):
        read_olist(olist_folder, Quarantine("olist"))


def test_missing_column_is_named_with_what_came(olist_folder: Path) -> None:
    (olist_folder / "olist_sellers_dataset.csv").write_text("seller,seller_city\ns-1,x\n")
    with pytest.raises(
        MissingColumnsError, match=r"olist_sellers_dataset\.csv lacks seller_id, .*; its columns are seller, seller_city"
    ):
        read_olist(olist_folder, Quarantine("olist"))


def test_row_with_too_few_cells_is_put_aside(olist_folder: Path) -> None:
    with (olist_folder / "olist_orders_dataset.csv").open("a") as file:
        file.write("o-6,c-1\n")
    quarantine = Quarantine("olist")
    read_olist(olist_folder, quarantine)
    assert quarantine.reasons["olist_orders_dataset", "has 2 cells where the heading has 8"] == 1


def test_payments_are_summed_without_floats(tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    heading = "order_id,payment_sequential,payment_type,payment_installments,payment_value\n"
    file.write_text(heading + "".join(f"o-{number},1,boleto,1,0.1\n" for number in range(3)))
    assert payments_total_minor(file) == 30
    file.write_text(heading + "o-1,1,boleto,1,1.005\n")
    with pytest.raises(InvalidInputError, match=r"1\.005"):
        payments_total_minor(file)
