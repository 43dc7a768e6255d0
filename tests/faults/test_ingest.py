"""The importer and the event endpoint at full count: 10,000 fuzzed events and rows, and twenty kills at random moments."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import dict_row

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.simulation import generate
from storefront_api.main import create_app
from tests.conftest import copied_database
from tests.pipelines.sources.killing import is_quiet, kill_loads, load, rows_by_table
from tests.pipelines.sources.test_fuzz import load_fuzzed_rows
from tests.storefront_api.conftest import client_of, shop_settings
from tests.storefront_api.events.test_fuzz import send_broken_bodies, send_fuzzed_events

pytestmark = pytest.mark.faults

Shop = psycopg.Connection[dict[str, Any]]
KILLS = 20


@pytest.fixture
async def app(database_url: str) -> AsyncIterator[FastAPI]:
    app = create_app(shop_settings(database_url))
    async with app.router.lifespan_context(app):
        yield app


async def test_ten_thousand_fuzzed_events(app: FastAPI, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as shop:
        async with client_of(app) as api:
            await send_fuzzed_events(api, shop, 10_000, seed=1)


async def test_broken_bodies(app: FastAPI, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as shop:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop.test") as api:
            await send_broken_bodies(api, shop, rounds=50, seed=1)


def test_ten_thousand_fuzzed_rows(database_url: str, tmp_path: Path) -> None:
    load_fuzzed_rows(database_url, tmp_path / "fuzzed", 10_000, seed=1)


def test_twenty_kills_double_and_lose_nothing(
    postgres: EmbeddedPostgres, migrated_template: str, database_url: str, tmp_path: Path
) -> None:
    from datetime import UTC, datetime

    summary = generate(400, 60, 3, datetime(2026, 1, 1, tzinfo=UTC), tmp_path / "simulation")
    for clean in copied_database(postgres, migrated_template):
        seconds = load("simulation", summary.folder, clean)
        expected = rows_by_table(clean)
    killed = kill_loads("simulation", summary.folder, database_url, times=KILLS, seconds=seconds, rng=Random(1))
    load("simulation", summary.folder, database_url)
    print(f"\n{killed} of {KILLS} loads of {seconds:.1f} s killed before their end (load {os.getloadavg()[0]:.1f})")
    assert killed > KILLS / 2
    assert rows_by_table(database_url) == expected
    assert {name: rows for name, rows in summary.rows.items() if rows and not name.startswith("truth/")}.items() <= {
        **expected,
        "users": expected["users"] - 3,  # the log-ins of newcomer, analyst and administrator are not in the files
    }.items()
    assert is_quiet(database_url)
