"""Which days a run builds again."""

from datetime import UTC, date, datetime

import psycopg
import pytest

from marketplace.warehouse import Warehouse
from pipelines.defs.features.assets import FEATURE_TABLES
from pipelines.raw_copy import copy_to_raw
from pipelines.staleness import stale_days

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)


@pytest.fixture
def warehouse(database_url: str) -> Warehouse:
    """A shop with one order on 1 and one on 10 May."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at) values ('u', 'customer', 'a@b', 'A', now())"
        )
        for day in (1, 10):
            place_order(connection, f"o{day}", date(2026, 5, day))
    return Warehouse(database_url)


def place_order(connection: psycopg.Connection, order_id: str, day: date) -> None:  # type: ignore[type-arg]
    connection.execute(
        "insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at) "
        "values (%s, 'u', 'approved', 'BDT', 100, 100, %s)",
        [order_id, datetime(day.year, day.month, day.day, 12, tzinfo=UTC)],
    )


def build_features(warehouse: Warehouse, tables: tuple[str, ...]) -> None:
    """Note, as dbt does, that these feature tables were built until 11 May."""
    with warehouse.connect() as connection:
        connection.cursor().executemany(
            "insert into changes.readers (table_name, reader, definition, read_until) values ('int_time_bounds', %s, '', %s)",
            [(table, datetime(2026, 5, 11, tzinfo=UTC)) for table in tables],
        )


def days(warehouse: Warehouse) -> tuple[int, int]:
    found = stale_days(warehouse, now=NOW)
    return found.first.day, found.last.day


def test_first_build_covers_every_day_and_the_midnight_after_the_last(warehouse: Warehouse) -> None:
    assert days(warehouse) == (1, 11)


def test_late_order_makes_its_own_day_stale_again(warehouse: Warehouse) -> None:
    copy_to_raw(warehouse.database_url)
    build_features(warehouse, FEATURE_TABLES)
    with warehouse.connect() as connection:
        place_order(connection, "late", date(2026, 5, 4))
    assert days(warehouse) == (4, 11)
    copy_to_raw(warehouse.database_url)
    assert days(warehouse) == (4, 11), "copied to raw, but no feature knows it yet"


def test_table_that_failed_to_build_makes_everything_stale(warehouse: Warehouse) -> None:
    copy_to_raw(warehouse.database_url)
    build_features(warehouse, FEATURE_TABLES[:-1])
    assert days(warehouse) == (1, 11)


def test_quiet_days_since_the_last_build_are_built_too(warehouse: Warehouse) -> None:
    copy_to_raw(warehouse.database_url)
    build_features(warehouse, FEATURE_TABLES)
    with warehouse.connect() as connection:
        place_order(connection, "much_later", date(2026, 5, 18))
    assert days(warehouse) == (11, 19)


def test_day_that_an_order_was_moved_from_is_stale_too(warehouse: Warehouse) -> None:
    copy_to_raw(warehouse.database_url)
    build_features(warehouse, FEATURE_TABLES)
    with warehouse.connect() as connection:
        connection.execute(
            "insert into changes.readers (table_name, reader, definition, read_until) values ('orders', 'fct_orders', '', now())"
        )
        connection.execute("update shop.orders set ordered_at = '2026-05-09 12:00Z' where order_id = 'o1'")
    copy_to_raw(warehouse.database_url)
    assert days(warehouse) == (1, 11)


def test_shop_that_wakes_up_after_years_is_not_gone_through_day_by_day(warehouse: Warehouse) -> None:
    copy_to_raw(warehouse.database_url)
    build_features(warehouse, FEATURE_TABLES)
    with warehouse.connect() as connection:
        place_order(connection, "years_later", date(2034, 5, 4))
    found = stale_days(warehouse, now=datetime(2034, 5, 20, tzinfo=UTC))
    assert (found.first, found.last) == (date(2033, 3, 31), date(2034, 5, 5))
