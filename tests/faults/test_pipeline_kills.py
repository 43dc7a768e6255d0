"""kill -9 of the pipeline after every asset, and of Postgres under writers: what was there stays there, once."""

import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from pipelines.raw_copy import copy_to_raw
from storefront_api.migrations import migrate
from tests.living import Living, ingest_simulation, started
from tests.online_offline import differences
from tests.pipelines.more_rows import more_of_everything
from tests.pipelines.warm_runs import WarmRuns, warm_runs
from tests.warehouse.building import dbt, failures, rows

pytestmark = [pytest.mark.faults, pytest.mark.timeout(14400)]

SIZE = ("--customers", "60", "--days", "21", "--seed", "11")
LAP = 30  # so many runs are killed one after the other before one may come to its end
PART, PARTS = (int(number) for number in os.environ.get("FAULTS_SLICE", "1/1").split("/"))  # 2/5: the second fifth of the kills
KILLS, WRITERS = 5, 4
ONE_LISTING = """
    insert into shop.users (user_id, role, email, full_name, signed_up_at) values ('u', 'seller', 'a@b', 'A', now());
    insert into shop.sellers (seller_id, user_id, shop_name, country_code, joined_at) values ('s', 'u', 'S', 'BD', now());
    insert into shop.products (product_id, seller_id, title, price_minor, currency, listed_at)
        values ('p', 's', 'P', 100, 'BDT', now());
"""

# What the shop has acknowledged, and where each of its rows must be found once.
ACKNOWLEDGED = {
    "shop.events": (("raw_shop.events", "marts.fct_events"), "event_id"),
    "shop.orders": (("raw_shop.orders", "marts.fct_orders"), "order_id"),
    "shop.order_items": (("raw_shop.order_items", "marts.fct_order_items"), "order_item_id"),
    "shop.payment_attempts": (("raw_shop.payment_attempts", "marts.fct_payment_attempts"), "payment_attempt_id"),
    "shop.reviews": (("raw_shop.reviews", "marts.fct_reviews"), "review_id"),
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Living]:
    """A small shop, and of its marketplace what a run needs."""
    with started("postgres", "mlflow", "dagster-storage", "shop-schema") as living:
        ingest_simulation(living, *SIZE)
        yield living


def test_a_run_killed_after_any_asset_is_made_good_by_the_next(shop: Living) -> None:
    with warm_runs(shop) as runs:
        assert runs.to_the_end().exit_status == 0
        boundaries = range(1 + runs.assets * (PART - 1) // PARTS, 1 + runs.assets * PART // PARTS)
        print(f"\nkilling after {boundaries[0]} to {boundaries[-1]} of {runs.assets} assets (load {os.getloadavg()[0]:.1f})")
        for first in boundaries[::LAP]:
            killed = [kill(shop, runs, assets) for assets in boundaries[first - boundaries[0] :][:LAP]]
            made_good(shop, runs)
            seconds, cpu = [sum(figures) / len(killed) for figures in zip(*killed, strict=True)]
            print(f"{len(killed)} from {first} on, {seconds:.1f} s a kill, {cpu:.1f} s of processor time: made good", flush=True)


def kill(shop: Living, runs: WarmRuns, assets: int) -> tuple[float, float]:
    """Kill a run that has news to work on, and much to make good if one was killed before it; its seconds, and of a processor.

    Every other time its dbt dies with it, as when a machine fails; else that is still at work when the next run comes, at once.
    """
    more_of_everything(shop, f"+{assets}")
    end = runs.killed_after(assets, with_dbt=assets % 2 == 0)
    assert end.exit_status == -signal.SIGKILL, f"not killed after {assets} assets: {end}"
    [latest, *earlier] = recorded_runs(shop)
    assert latest == ("STARTED", assets)
    assert {status for status, _ in earlier} <= {"SUCCESS", "FAILURE"}, "a killed run is still called started"
    return end.seconds, end.cpu_seconds


def recorded_runs(shop: Living) -> list[tuple[str, int]]:
    """The state of every run as Dagster shows it and how many assets it made, the latest first."""
    query = (
        "select status, (select count(distinct asset_key) from event_logs"
        " where event_logs.run_id = runs.run_id and dagster_event_type = 'ASSET_MATERIALIZATION') from runs order by id desc"
    )
    with psycopg.connect(shop.settings.database_url("dagster")) as dagster:
        return dagster.execute(query).fetchall()


def made_good(shop: Living, runs: WarmRuns) -> None:
    """One whole run after the killed ones: nothing is lost, doubled or left at work, and every table is as if none had died."""
    end = runs.to_the_end()
    assert end.exit_status == 0, end
    assert {status for status, _ in recorded_runs(shop)} == {"SUCCESS", "FAILURE"}
    at_work = "select 1 as row from pg_stat_activity where datname = current_database() and application_name = 'dbt'"
    assert shop.rows(at_work) == []
    for table, (copies, key) in ACKNOWLEDGED.items():
        [source] = shop.rows(f"select count(*) as n, count(distinct {key}) as keys from {table}")
        for copy in copies:
            assert shop.rows(f"select count(*) as n, count(distinct {key}) as keys from {copy}") == [source], copy
    assert differing_tables(shop) == []
    compared, wrong = differences(shop)
    assert wrong == [], "the online store differs from the feature tables"
    assert all(compared.values())


def differing_tables(shop: Living) -> list[str]:
    """Tables whose rows differ from those of a copy of the database in which everything is built whole from the same raw rows."""
    tables = [
        row["name"]
        for row in shop.rows(
            "select schemaname || '.' || tablename as name from pg_tables"
            " where schemaname in ('intermediate', 'marts', 'features') and tablename <> 'int_time_bounds' order by 1"
        )
    ]
    content = " union all ".join(
        f"select '{table}', count(*), sum(hashtextextended((to_jsonb(t) - 'created_at')::text, 0)::numeric) from {table} as t"
        for table in tables
    )
    ours = shop.settings.database_url()
    whole = ours.replace("/marketplace", "/whole")
    with psycopg.connect(shop.settings.database_url("dagster"), autocommit=True) as connection:
        connection.execute("drop database if exists whole with (force)")
        connection.execute("create database whole template marketplace strategy file_copy")
    result = dbt(whole, "run", "--full-refresh")
    assert result.success, failures(result)
    assert len(tables) > 40
    return sorted({str(row[0]) for row in set(rows(ours, content)) ^ set(rows(whole, content))})


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
