"""The gift shop's file: sales, guests, postage, cancellations and what is no sale, on a page of rows worked by hand."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketplace.errors import InvalidInputError, MissingColumnsError
from marketplace.settings import Settings
from pipelines.sources import LoadReport, ingest
from tests.pipelines.sources.conftest import shop_checksums

HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ROWS = """536365,85123A,WHITE  HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123a,WHITE HANGING HEART,2,2010-12-01 08:26:00,2.50,17850.0,United Kingdom
536365,71053,WHITE LANTERN.,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,71053,WHITE LANTERN.,6,2010-12-01 08:26:00,3.39,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:26:00,15.00,17850.0,United Kingdom
536400,71053,,1,2011-07-01 10:00:00,4.995,,EIRE
C536500,71053,WHITE LANTERN.,-4,2011-07-02 10:00:00,3.39,17850.0,United Kingdom
C536501,71053,WHITE LANTERN.,-4,2011-07-03 10:00:00,3.39,17850.0,United Kingdom
C536502,D,Discount,-1,2011-07-03 10:00:00,27.50,17850.0,United Kingdom
536600,71053,damaged,-10,2011-07-04 10:00:00,0.0,,United Kingdom
536601,71053,,1,2011-07-04 10:00:00,0.0,,United Kingdom
A563185,B,Adjust bad debt,1,2011-08-12 14:50:00,-11062.06,,United Kingdom
536700,DOT,DOTCOM POSTAGE,1,2011-07-05 10:00:00,30.00,,United Kingdom
536800,71053,WHITE LANTERN,two,2011-07-05 10:00:00,3.39,17850.0,United Kingdom
"""
LAST = "536900,71053,WHITE LANTERN,1,2011-07-06 23:30:00,3.39,12345.0,Atlantis\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "online_retail.csv"
    path.write_text(HEADING + ROWS + LAST)
    return path


def load(path: Path, url: str) -> LoadReport:
    return ingest("online-retail", path, Settings(database={"url": url}))  # type: ignore[arg-type]


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_sales_become_orders_to_the_penny(file: Path, database_url: str) -> None:
    load(file, database_url)
    items = "select order_item_id, line_number, quantity, unit_price_minor, shipping_minor, total_minor from shop.order_items"
    assert fetch(database_url, f"{items} order by order_id, line_number") == [
        ("536365-85123A", 1, 6, 255, 1500, 3030),
        ("536365-85123A-2", 2, 2, 250, 0, 500),
        ("536365-71053", 3, 6, 339, 0, 2034),  # its plain repeat counts once
        ("536400-71053", 1, 1, 500, 0, 500),
        ("536900-71053", 1, 1, 339, 0, 339),
    ]
    orders = (
        "select order_id, customer_id, subtotal_minor, shipping_minor, total_minor, ordered_at::text from shop.orders order by 1"
    )
    assert fetch(database_url, orders) == [
        ("536365", "17850", 4064, 1500, 5564, "2010-12-01 08:26:00+00"),
        ("536400", "guest-536400", 500, 0, 500, "2011-07-01 09:00:00+00"),  # London's summer
        ("536900", "12345", 339, 0, 339, "2011-07-06 22:30:00+00"),
    ]
    facts = fetch(database_url, "select source, currency, time_zone, data_until::text from shop.marketplace")
    assert facts == [("online-retail", "GBP", "Europe/London", "2011-07-07 00:00:00+00")]
    assert fetch(database_url, "select user_id, country_code from shop.addresses order by 1") == [
        ("12345", "ZZ"), ("17850", "GB"), ("guest-536400", "IE")
    ]  # fmt: skip


def test_products_carry_the_words_used_most_and_the_newest_price(file: Path, database_url: str) -> None:
    load(file, database_url)
    assert fetch(database_url, "select product_id, title, price_minor, title_is_generated from shop.products order by 1") == [
        ("71053", "White Lantern", 339, False), ("85123A", "White Hanging Heart", 250, False)
    ]  # fmt: skip
    emails = [row[0] for row in fetch(database_url, "select email from shop.users where is_demo_account order by 1")]
    assert emails == [f"{name}@demo.example" for name in ("admin", "analyst", "customer2", "customer", "newcomer", "seller")]


def test_cancellation_gives_back_what_was_bought_and_no_more(file: Path, database_url: str) -> None:
    load(file, database_url)
    refunds = "select refund_id, order_id, order_item_id, amount_minor from shop.refunds"
    assert fetch(database_url, refunds) == [("C536500-71053", "536365", "536365-71053", 1356)]
    moved = "select transaction_id, kind, amount_minor from shop.transactions where kind = 'refund'"
    assert fetch(database_url, moved) == [("refund-C536500-71053", "refund", 1356)]


def test_what_is_no_sale_waits_with_its_reason(file: Path, database_url: str) -> None:
    load(file, database_url)
    rows = fetch(database_url, "select row_key, reason, (context ->> 'line')::int from quarantine.rows order by 3")
    assert [(key, line) for key, _, line in rows] == [
        ("C536501-71053", 9), ("C536502-D", 10), ("536600-71053", 11), ("536601-71053", 12), ("A563185-B", 13),
        ("536700-DOT", 14), ("536800-71053", 15),
    ]  # fmt: skip
    assert rows[0][1] == "cancels more than the customer is known to have bought before"
    assert rows[-1][1].startswith("Quantity is no whole number")


def test_same_file_twice_changes_nothing(file: Path, database_url: str) -> None:
    load(file, database_url)
    before = shop_checksums(database_url)
    again = load(file, database_url)
    assert (again.inserted, again.restated) == (0, 0)
    assert shop_checksums(database_url) == before


def test_late_rows_restate_their_line_and_its_order_only(file: Path, database_url: str) -> None:
    load(file, database_url)
    products = fetch(database_url, "select * from shop.products order by 1")
    late = file.with_name("late.csv")
    late.write_text(
        HEADING + "536365,71053,OTHER WORDS,5,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n"
        "536365,22222,BLUE MUG,1,2010-12-01 08:26:00,1.00,17850.0,United Kingdom\n"
        "C537000,85123A,WHITE HANGING HEART,-6,2011-08-01 10:00:00,2.55,17850.0,United Kingdom\n"
    )
    report = load(late, database_url)
    assert (report.tables["order_items"].inserted, report.tables["order_items"].restated) == (1, 1)
    assert fetch(database_url, "select order_item_id, line_number, quantity from shop.order_items where order_id = '536365' "
                 "order by 2") == [("536365-85123A", 1, 6), ("536365-85123A-2", 2, 2), ("536365-71053", 3, 5),
                                   ("536365-22222", 4, 1)]  # fmt: skip
    assert fetch(database_url, "select total_minor from shop.orders where order_id = '536365'") == [(5325,)]
    assert fetch(database_url, "select amount_minor from shop.transactions where transaction_id = 'charge-536365'") == [(5325,)]
    assert fetch(database_url, "select * from shop.products where product_id <> '22222' order by 1") == products
    assert fetch(database_url, "select order_item_id from shop.refunds where refund_id = 'C537000-85123A'") == [
        ("536365-85123A",)
    ]


def test_file_without_a_sale_or_a_column_is_refused(file: Path, database_url: str) -> None:
    file.write_text(HEADING)
    with pytest.raises(InvalidInputError, match="not one sale can be read"):
        load(file, database_url)
    file.write_text(HEADING.replace("CustomerID", "Customer"))
    with pytest.raises(MissingColumnsError, match=r"line 1: the columns CustomerID are missing; there are InvoiceNo"):
        load(file, database_url)
