"""The public Online Retail file: every row of its first weeks is in the shop or in quarantine, and money agrees to the penny."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import Settings, load_settings
from pipelines.sources import ingest
from tests.conftest import copied_database
from tests.pipelines.sources.conftest import shop_checksums

DATA = load_settings().data
pytestmark = pytest.mark.skipif(DATA is None, reason="MARKETPLACE_DATA is not set: the public Online Retail file is not here")
FILE = (DATA or Path()) / "online_retail" / "online_retail_2010-12-01_2011-10-31.csv.gz"
ROWS = 40_000  # the first four weeks of 431,673 rows: quick, and with every oddity of the file


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as text:
        reader = csv.DictReader(text)
        return [row for row, _ in zip(reader, range(ROWS), strict=False)]


@pytest.fixture(scope="module")
def url(
    postgres: EmbeddedPostgres, migrated_template: str, rows: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A shop filled from the first rows, twice."""
    part = tmp_path_factory.mktemp("retail") / "part.csv"
    with part.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    for address in copied_database(postgres, migrated_template):
        settings = Settings(database={"url": address})  # type: ignore[arg-type]
        assert ingest("online-retail", part, settings).inserted > 40_000
        before = shop_checksums(address)
        again = ingest("online-retail", part, settings)
        assert (again.inserted, again.restated) == (0, 0)
        assert shop_checksums(address) == before
        yield address


def fetch(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


def test_every_row_is_a_line_a_charge_a_refund_a_repeat_or_in_quarantine(url: str, rows: list[dict[str, str]]) -> None:
    distinct = {tuple(row.values()) for row in rows}
    [(lines,)] = fetch(url, "select count(*) from shop.order_items")
    [(refunds,)] = fetch(url, "select count(*) from shop.refunds")
    [(aside,)] = fetch(url, "select count(*) from quarantine.rows")
    kept_back = {row[0] for row in fetch(url, "select row_key from quarantine.rows where reason like 'charges postage%'")}
    postage = [
        row for row in distinct if row[1] in ("POST", "DOT", "C2") and float(row[5]) > 0 and row[0].isdigit() and int(row[3]) > 0
    ]
    assert lines + refunds + aside + len(postage) - len(kept_back) == len(distinct)


def test_revenue_agrees_to_the_penny(url: str, rows: list[dict[str, str]]) -> None:
    expected: Counter[str] = Counter()
    for row in {tuple(row.items()) for row in rows}:
        cells = dict(row)
        price = int((Decimal(cells["UnitPrice"]) * 100).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
        is_sale = cells["InvoiceNo"].isdigit() and int(cells["Quantity"]) > 0 and price > 0
        if is_sale and cells["StockCode"][:5].isdigit():
            expected[cells["InvoiceNo"]] += int(cells["Quantity"]) * price
    query = ("select order_id, sum(quantity * unit_price_minor)::bigint from shop.order_items "
             "where product_id ~ '^[0-9]{5}' group by 1")  # fmt: skip
    assert dict(fetch(url, query)) == dict(expected)


def test_refunds_never_exceed_their_line(url: str) -> None:
    query = ("select count(*) from (select order_item_id, sum(r.amount_minor) as back from shop.refunds r group by 1) b "
             "join shop.order_items i using (order_item_id) where back > 2 * i.quantity * i.unit_price_minor")  # fmt: skip
    assert fetch(url, query) == [(0,)]
    assert fetch(url, "select count(*) > 100 from shop.refunds") == [(True,)]
