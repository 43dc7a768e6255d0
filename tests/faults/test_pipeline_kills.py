"""kill -9 of the pipeline after every asset, and of Postgres under writers: what was there stays there, once."""

import os
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from pipelines.raw_copy import copy_to_raw
from storefront_api.migrations import migrate
from tests.living import Living
from tests.pipelines.killed_runs import run_killed_after
from tests.warehouse.building import dbt, failures, rows

pytestmark = [pytest.mark.faults, pytest.mark.timeout(14400)]

STEP = int(os.environ.get("FAULTS_EVERY", "1"))  # kill after every asset, or after every nth
KILLS, WRITERS = 5, 4
ONE_LISTING = """
    insert into shop.users (user_id, role, email, full_name, signed_up_at) values ('u', 'seller', 'a@b', 'A', now());
    insert into shop.sellers (seller_id, user_id, shop_name, country_code, joined_at) values ('s', 'u', 'S', 'BD', now());
    insert into shop.products (product_id, seller_id, title, price_minor, currency, listed_at)
        values ('p', 's', 'P', 100, 'BDT', now());
"""


def buy_again(living: Living, number: int) -> None:
    """Let something happen, so that a run has something to do."""
    with psycopg.connect(living.settings.database_url()) as connection:
        connection.execute(
            "insert into shop.events (event_id, event_type, session_id, customer_id, device_id, product_id, occurred_at)"
            " select event_id || '+' || %(n)s::text, event_type, session_id, customer_id, device_id, product_id, occurred_at"
            " from shop.events where event_id not like '%%+%%' order by occurred_at desc limit 200",
            {"n": number},
        )


def test_a_run_killed_after_any_asset_is_made_good_by_the_next(living: Living) -> None:
    boundary = 1
    while True:
        buy_again(living, boundary)
        done, ended = run_killed_after(living, boundary)
        print(f"\nkilled after {done} assets" if not ended else f"\nran to the end: {done} assets", flush=True)
        if ended:
            break
        boundary += STEP
    assert (
        living.rows("select 1 as row from pg_stat_activity where datname = current_database() and application_name = 'dbt'") == []
    )
    with psycopg.connect(living.settings.database_url("dagster")) as dagster:
        left = dagster.execute("select count(*) from runs where status in ('STARTED', 'STARTING')").fetchone()
    assert left == (0,)
    assert incremental_equals_whole(living) == []


def incremental_equals_whole(living: Living) -> list[str]:
    """Tables whose rows differ once everything has been built whole from the same raw rows."""
    query = (
        "select schemaname || '.' || tablename as name from pg_tables where schemaname in ('intermediate', 'marts', 'features')"
        " and tablename <> 'int_time_bounds'"
    )
    content = "select count(*) as n, sum(hashtextextended((to_jsonb(t) - 'created_at')::text, 0)::numeric) as h from {} as t"
    names = [row["name"] for row in living.rows(query)]
    before = {name: living.rows(content.format(name)) for name in names}
    result = dbt(living.settings.database_url(), "run", "--full-refresh")
    assert result.success, failures(result)
    return [name for name in names if living.rows(content.format(name)) != before[name]]


class Writer(threading.Thread):
    """Places orders, each with its line in one transaction, and remembers those that were acknowledged."""

    def __init__(self, url: str, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url, self.prefix, self.stop = url, name, stop
        self.acknowledged: list[str] = []

    def run(self) -> None:
        number = 0
        while not self.stop.is_set():
            try:
                with psycopg.connect(self.url, connect_timeout=2) as connection:
                    while not self.stop.is_set():
                        number += 1
                        self._order(connection, f"{self.prefix}-{number}")
            except psycopg.OperationalError:
                time.sleep(0.05)  # it was killed: what was under way was not acknowledged, and has another number next time

    def _order(self, connection: psycopg.Connection, order_id: str) -> None:  # type: ignore[type-arg]
        connection.execute(
            "insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, ordered_at)"
            " values (%s, 'u', 'approved', 'BDT', 100, 100, now())",
            [order_id],
        )
        connection.execute(
            "insert into shop.order_items (order_item_id, order_id, line_number, product_id, seller_id, quantity,"
            " unit_price_minor, total_minor, currency) values (%s, %s, 1, 'p', 's', 1, 100, 100, 'BDT')",
            [f"{order_id}/1", order_id],
        )
        connection.commit()
        self.acknowledged.append(order_id)


def test_nothing_acknowledged_is_lost_or_doubled_when_postgres_is_killed() -> None:
    folder = Path("/tmp") / f"cy-killed-{os.getpid()}"
    server = EmbeddedPostgres(folder, preferred_port=55933).start()
    try:
        url = server.url()
        migrate(url.replace("postgresql://", "postgresql+psycopg://", 1))
        with psycopg.connect(url) as connection:
            connection.execute(ONE_LISTING)
        stop = threading.Event()
        writers = [Writer(url, f"w{number}", stop) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(KILLS):
            time.sleep(2)
            copy_to_raw(url)
            assert server.process is not None
            server.process.kill()
            server.process.wait()
            server.start()
            copy_to_raw(url)
        time.sleep(1)
        stop.set()
        for writer in writers:
            writer.join(timeout=30)
        copy_to_raw(url)
        result = dbt(url, "run")
        assert result.success, failures(result)
        acknowledged = [order_id for writer in writers for order_id in writer.acknowledged]
        print(f"\n{len(acknowledged):,} orders acknowledged over {KILLS} kills")
        assert len(acknowledged) > 100
        for table in ("shop.orders", "raw_shop.orders", "marts.fct_orders"):
            stored = Counter(order_id for (order_id,) in rows(url, f"select order_id from {table}"))
            assert not set(acknowledged) - set(stored), f"lost from {table}"
            assert max(stored.values()) == 1, f"doubled in {table}"
        halves = "select count(*) from shop.orders where order_id not in (select order_id from shop.order_items)"
        assert rows(url, halves) == [(0,)], "an order came without its line"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
