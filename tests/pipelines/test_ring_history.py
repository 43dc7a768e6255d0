"""Rings follow what is new, late, corrected or gone, and end where counting everything again would, killed runs included."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from marketplace.warehouse import Warehouse
from pipelines import ring_history
from pipelines.ring_history import restate_rings

DAY_1 = datetime(2026, 5, 1, 12, tzinfo=UTC)
# What restate_rings reads of the tables that dbt builds and logs.
TABLES = """
    create schema if not exists marts;
    create schema if not exists intermediate;
    create table intermediate.int_time_bounds (last_midnight_at timestamptz);
    insert into intermediate.int_time_bounds values ('-infinity');
    create table marts.fct_payment_attempts (payment_attempt_id text, customer_id text, device_id text, card_token text,
        shipping_address_hash text, outcome text, attempted_at timestamptz);
    create table intermediate.int_fraud_label_changes (payment_attempt_id text, known_date date, change integer);
    create table changes.fct_payment_attempts (like marts.fct_payment_attempts, changed_at timestamptz not null);
    create table changes.int_fraud_label_changes (like intermediate.int_fraud_label_changes, changed_at timestamptz not null);
    insert into changes.logs (table_name) values ('fct_payment_attempts'), ('int_fraud_label_changes');
"""


class Shop:
    """Writes those tables as dbt does: rows before and after a change go into the log."""

    def __init__(self, database_url: str) -> None:
        self.warehouse = Warehouse(database_url)
        self.rows(TABLES, fetch=False)

    def rows(self, query: str, *values: Any, fetch: bool = True) -> list[tuple[Any, ...]]:
        with self.warehouse.connect() as connection:
            connection.execute("set time zone 'UTC'")
            cursor = connection.execute(query.encode(), values or None)
            return cursor.fetchall() if fetch else []

    def change(self, table: str, statement: str, *values: Any) -> None:
        log = f"changes.{table.split('.')[1]}"
        with self.warehouse.connect() as connection:
            connection.execute(f"create temporary table before as select * from {table}".encode())
            connection.execute(statement.encode(), values or None)
            for rows in (f"table before except all table {table}", f"table {table} except all table before"):
                connection.execute(f"insert into {log} select *, clock_timestamp() from ({rows}) as changed".encode())
            connection.execute("update changes.logs set changed_at = clock_timestamp() where table_name = %s", [log[8:]])

    def pay(self, attempt: str, customer: str, device: str, *, day: int, card: str | None = None) -> None:
        self.change(
            "marts.fct_payment_attempts",
            "insert into marts.fct_payment_attempts values (%s, %s, %s, %s, null, 'authorised', %s)",
            *(attempt, customer, device, card, DAY_1 + timedelta(days=day - 1)),
        )

    def label(self, attempt: str, *, day: int) -> None:
        self.change(
            "intermediate.int_fraud_label_changes",
            "insert into intermediate.int_fraud_label_changes values (%s, %s, 1)",
            *(attempt, (DAY_1 + timedelta(days=day)).date()),
        )

    def run(self, *, until: int) -> dict[str, int]:
        """Restate, with the last midnight the one that ends this day."""
        midnight = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=until)
        self.rows("update intermediate.int_time_bounds set last_midnight_at = %s", midnight, fetch=False)
        return restate_rings(self.warehouse)

    def rings(self) -> list[tuple[Any, ...]]:
        """Every row as (who, day of May whose midnight it is known from, customers, frauds)."""
        query = "select {0}, extract(doy from event_timestamp)::int - 120, {1}, {2} from features.{3} order by 1, 2"
        return self.rows(
            query.format("customer_id", "ring_customer_count_90d", "ring_fraud_count_90d", "customer_rings")
        ) + self.rows(query.format("device_id", "device_ring_customer_count_90d", "device_ring_fraud_count_90d", "device_rings"))

    def assert_is_whole(self) -> None:
        """What was counted step by step is what counting everything gives."""
        found = self.rings()
        self.rows("delete from changes.readers where reader = 'customer_rings'", fetch=False)
        self.rows("delete from features.customer_rings; delete from features.device_rings", fetch=False)
        restate_rings(self.warehouse)
        assert self.rings() == found


@pytest.fixture
def shop(database_url: str) -> Shop:
    """Two rings of two, seen until the third midnight."""
    shop = Shop(database_url)
    shop.pay("1", "a", "phone", day=1)
    for attempt, customer, device in (("2", "b", "phone"), ("3", "c", "tablet"), ("4", "d", "tablet")):
        shop.pay(attempt, customer, device, day=2)
    assert shop.run(until=3) == {"customer_rings": 5, "device_rings": 3}
    return shop


def test_first_run_counts_every_midnight_and_one_without_news_writes_nothing(shop: Shop) -> None:
    assert shop.rings() == [
        ("a", 2, 1, 0), ("a", 3, 2, 0), ("b", 3, 2, 0), ("c", 3, 2, 0), ("d", 3, 2, 0),
        ("phone", 2, 1, 0), ("phone", 3, 2, 0), ("tablet", 3, 2, 0),
    ]  # fmt: skip
    assert shop.run(until=3) == {"customer_rings": 0, "device_rings": 0}


def test_quiet_days_let_go_without_a_new_attempt(shop: Shop) -> None:
    assert shop.run(until=91) == {"customer_rings": 2, "device_rings": 1}
    assert shop.rings()[2:4] == [("a", 92, 0, 0), ("b", 3, 2, 0)]
    shop.assert_is_whole()


def test_history_is_the_same_however_many_midnights_are_counted_at_a_time(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.pay("5", "a", "tablet", day=60)
    shop.pay("6", "d", "phone", day=240)
    shop.label("4", day=45)
    shop.run(until=245)
    assert [row for row in shop.rings() if row[0] in ("a", "d")] == [
        ("a", 2, 1, 0), ("a", 3, 2, 0), ("a", 61, 4, 1), ("a", 92, 3, 1), ("a", 93, 1, 0), ("a", 151, 0, 0),
        ("d", 3, 2, 0), ("d", 46, 2, 1), ("d", 61, 4, 1), ("d", 92, 3, 1), ("d", 93, 0, 0), ("d", 241, 1, 0),
    ]  # fmt: skip
    for days in (41, 1000):
        monkeypatch.setattr(ring_history, "_CHUNK_DAYS", days)
        shop.assert_is_whole()


def test_late_attempt_that_merges_two_rings_and_late_label_restate_from_their_own_days(shop: Shop) -> None:
    shop.run(until=9)
    kept = shop.rows("select customer_id, event_timestamp, created_at from features.customer_rings order by 1, 2")
    shop.pay("5", "d", "phone", day=5)
    shop.run(until=9)
    assert [row for row in shop.rings() if row[1] > 3] == [(name, 6, 4, 0) for name in ("a", "b", "c", "d", "phone", "tablet")]
    shop.label("1", day=8)
    shop.run(until=9)
    assert [row for row in shop.rings() if row[1] > 6] == [(name, 9, 4, 1) for name in ("a", "b", "c", "d", "phone", "tablet")]
    assert set(kept) < set(shop.rows("select customer_id, event_timestamp, created_at from features.customer_rings"))
    shop.assert_is_whole()


def test_erased_customer_leaves_every_ring_and_every_midnight(shop: Shop) -> None:
    shop.pay("5", "d", "phone", day=5)
    shop.run(until=9)
    shop.change("marts.fct_payment_attempts", "delete from marts.fct_payment_attempts where customer_id = 'd'")
    shop.run(until=9)
    assert shop.rings() == [
        ("a", 2, 1, 0), ("a", 3, 2, 0), ("b", 3, 2, 0), ("c", 3, 1, 0),
        ("phone", 2, 1, 0), ("phone", 3, 2, 0), ("tablet", 3, 1, 0),
    ]  # fmt: skip
    shop.assert_is_whole()


def test_what_no_ring_hangs_on_changes_no_day(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.change("marts.fct_payment_attempts", "update marts.fct_payment_attempts set outcome = 'declined'")
    with monkeypatch.context() as patched:
        patched.setattr(Warehouse, "read", None)  # nothing is counted, so nothing is read
        assert shop.run(until=3) == {"customer_rings": 0, "device_rings": 0}
    shop.assert_is_whole()


def test_run_killed_while_it_writes_has_done_nothing_and_the_next_makes_it_good(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = shop.rings()
    shop.pay("5", "d", "phone", day=3)

    def die(connection: psycopg.Connection[Any], table: str, logged: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ring_history, "_note", die)
        with pytest.raises(KeyboardInterrupt):
            shop.run(until=4)
    assert shop.rings() == before
    assert shop.run(until=4) == {"customer_rings": 4, "device_rings": 2}
    shop.assert_is_whole()


def test_shop_without_attempts_has_no_rings(database_url: str) -> None:
    shop = Shop(database_url)
    assert restate_rings(shop.warehouse) == {"customer_rings": 0, "device_rings": 0}
    assert shop.run(until=3) == {"customer_rings": 0, "device_rings": 0}
    assert shop.rings() == []
