"""The relay adds up the hours of sellers beside everything else, and goes on after trouble."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from pipelines import seller_hours
from pipelines.seller_hours import add_up_sellers
from storefront_api.database import Database
from storefront_api.fraud import seller_hours as hours
from tests.factories import make_attempt, make_user


async def test_relay_adds_up_all_hours_though_one_step_fails(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter((False, True))

    async def add_up(connection: Any) -> Any:
        if next(steps, False):
            raise ValueError("no sums today")
        return await hours.add_up_hours(connection)

    monkeypatch.setattr(hours, "_AT_ONCE", timedelta(days=10))
    monkeypatch.setattr(seller_hours, "add_up_hours", add_up)
    monkeypatch.setattr(seller_hours, "_IDLE_SECONDS", 0.05)
    database = Database(database_url, pool_size=2)
    await database.open()
    try:
        with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as shop:
            row = shop.execute("select clock_timestamp() - interval '30 days' as at").fetchone()
            assert row is not None
            for number in range(3):
                at = row["at"] + timedelta(days=9 * number)
                make_attempt(shop, make_user(shop)["user_id"], seller_id="potter", attempted_at=at)
            work = asyncio.create_task(add_up_sellers(database))
            async with asyncio.timeout(20):
                while not _is_done(shop):
                    await asyncio.sleep(0.05)
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            added_up = shop.execute("select sum(attempt_count)::int as attempts, count(*)::int as hours from shop.seller_hours")
            assert added_up.fetchone() == {"attempts": 3, "hours": 3}
    finally:
        await database.close()


def _is_done(shop: psycopg.Connection[dict[str, Any]]) -> bool:
    """Whether all that has settled is added up."""
    query = "select added_up_until >= clock_timestamp() - interval '63 minutes' as is_done from shop.seller_hours_added_up"
    row = shop.execute(query).fetchone()
    return bool(row and row["is_done"])
