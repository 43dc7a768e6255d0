"""A million events, 20 % of them twice, shuffled, 5 % up to seven days late: every table equals that of the clean rows."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import Settings
from pipelines.raw_copy import copy_to_raw
from tests.warehouse.arrivals import Disorder, deliver
from tests.warehouse.building import dbt, failures, rows
from tests.warehouse.test_arrivals import tables

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]

EVENTS = int(os.environ.get("FAULTS_EVENTS", "1000000"))
CUSTOMERS, DAYS_PER_MILLION = 3200, 120
BATCHES = 8
DISORDER = Disorder(repeated=0.2, late=0.05, wrong=0.01, days_late=7, in_order_of_time=True)


@pytest.fixture(scope="module")
def shops(postgres: EmbeddedPostgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Two databases with the same simulated marketplace: one to build whole, one to take apart."""
    from marketplace.simulation import generate
    from pipelines.sources import ingest

    folder: Path = tmp_path_factory.mktemp("million")
    customers = max(50, CUSTOMERS * EVENTS // 1_000_000)
    generate(customers, DAYS_PER_MILLION, 3, datetime(2026, 11, 1, tzinfo=UTC), folder, lambda _: None)
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'create database clean_million template "{migrated_template}"'.encode())
        ingest("simulation", folder, Settings(database={"url": postgres.url("clean_million")}))  # type: ignore[arg-type]
        connection.execute(b"create database bad_million template clean_million")
    return postgres.url("clean_million"), postgres.url("bad_million")


def checksum(url: str, table: str) -> tuple[object, ...]:
    """Row count and content of a table, without the instant at which its rows were written."""
    content = "sum(hashtextextended((to_jsonb(t) - 'created_at')::text, 0)::numeric)"
    return rows(url, f"select count(*), {content} from {table} as t")[0]


def test_a_million_bad_events_end_in_the_tables_of_the_clean_ones(shops: tuple[str, str]) -> None:
    clean, bad = shops
    copy_to_raw(clean)
    result = dbt(clean, "run")
    assert result.success, failures(result)
    for batch in deliver(bad, batches=BATCHES, seed=9, disorder=DISORDER):
        began = time.monotonic()
        copied = sum(table.rows_copied for table in copy_to_raw(bad).values())
        result = dbt(bad, "run", *(("--exclude", "staging") if batch > 1 else ()))
        assert result.success, failures(result)
        print(f"\nbatch {batch}: {copied:,} rows, built in {time.monotonic() - began:.0f} s (load {os.getloadavg()[0]:.1f})")
    [(delivered,)] = rows(bad, "select count(*) from clean.plan_events")
    print(f"{delivered:,} deliveries of {rows(clean, 'select count(*) from marts.fct_events')[0][0]:,} events")
    compared = tables(clean)
    assert [table for table in compared if checksum(clean, table) != checksum(bad, table)] == []
    assert sum(checksum(clean, table)[0] > 0 for table in compared) > 35  # type: ignore[operator]
