"""A seller's long windows: the same counts wherever the sums end, whoever writes meanwhile, and however the job dies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from marketplace.velocity_counters import LONGEST_ATTEMPT, SELLER_LAG
from models.fraud.velocity import velocity
from storefront_api.fraud import seller_hours
from storefront_api.fraud.seller_hours import SETTLED_AFTER, add_up_hours, settled_after
from storefront_api.fraud.seller_velocity import COUNTERS_OF_SELLER, seller_windows
from storefront_api.fraud.velocity import Identities, lock_identities, past_of
from tests.factories import make_attempt, make_user

Shop = psycopg.Connection[dict[str, Any]]
HOUR, DAY, TICK = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
SELLERS = ("potter", "weaver")


@asynccontextmanager
async def connected(database_url: str) -> AsyncIterator[AsyncConnection[DictRow]]:
    """A connection that lives where hours do not begin with those of UTC."""
    zone = "-c timezone=Asia/Kolkata"
    async with await AsyncConnection.connect(database_url, row_factory=dict_row, options=zone) as connection:
        yield connection


async def add_up(database_url: str, *, steps: int = 1_000) -> None:
    """As many steps as there are, or so many."""
    async with connected(database_url) as connection:
        for _ in range(steps):
            async with connection.transaction():
                if await add_up_hours(connection) is None:
                    return


@pytest.fixture
def hour(shop: Shop) -> datetime:
    """The last whole hour that may be added up."""
    after = settled_after(shop.info.server_version)
    row = shop.execute("select date_trunc('hour', clock_timestamp() - %s, 'UTC') as hour", (after,)).fetchone()
    assert row is not None
    found: datetime = row["hour"].astimezone(UTC)
    return found


@pytest.fixture
def history(shop: Shop, hour: datetime) -> pd.DataFrame:
    """500 attempts of 38 days by few accounts and cards, most of them on or beside the bounds of hours and windows."""
    rng = np.random.default_rng(5)
    customers = [make_user(shop)["user_id"] for _ in range(40)]
    days = [0, 0, 0, 1, 1, 2, 6, 7, 8, 13, 29, 30, 31, 37]
    for _ in range(500):
        at = hour - DAY * int(rng.choice(days)) - HOUR * int(rng.integers(4)) + TICK * int(rng.integers(-1, 2))
        make_attempt(
            shop,
            str(rng.choice(customers)),
            seller_id=[None, *SELLERS][rng.integers(3)],
            card_token=[None, *(f"card{number}" for number in range(30))][rng.integers(31)],
            amount_minor=int(rng.integers(1, 5_000)),
            attempted_at=at + (timedelta(minutes=int(rng.integers(60))) if rng.integers(2) else 0 * HOUR),
        )
    return attempts_of(shop)


def attempts_of(shop: Shop) -> pd.DataFrame:
    """All that the shop has."""
    return pd.DataFrame(shop.execute("select * from shop.payment_attempts").fetchall())


async def live_counts(database_url: str, asked: list[tuple[str, datetime]]) -> list[dict[str, int]]:
    """The counters of attempts at sellers, by checkout's query."""
    async with connected(database_url) as connection:
        pasts = [await past_of(connection, Identities("nobody", None, None, None, seller), at=at) for seller, at in asked]
    return [{counter.name: getattr(past.velocity, counter.name) for counter in COUNTERS_OF_SELLER} for past in pasts]


def replayed_counts(history: pd.DataFrame, asked: list[tuple[str, datetime]]) -> list[dict[str, int]]:
    """The same by training's code, each as if it came after the history, alone."""
    found = []
    for seller, at in asked:
        row = {"customer_id": "nobody", "seller_id": seller, "amount_minor": 1, "attempted_at": at}
        counted = velocity(pd.concat([history, pd.DataFrame([row])], ignore_index=True), COUNTERS_OF_SELLER)
        found.append(counted.iloc[-1].to_dict())
    return found


def moments(hour: datetime) -> list[tuple[str, datetime]]:
    """Attempts on the bounds of hours and of the lag, about now and days ago."""
    after = [SELLER_LAG, SELLER_LAG + TICK, HOUR - TICK, HOUR, HOUR + SELLER_LAG + TICK, timedelta(minutes=90)]
    long_ago = [-DAY, -DAY - TICK, -7 * DAY + HOUR, -HOUR + SELLER_LAG]
    return [(seller, hour + later) for seller in SELLERS for later in (*after, *long_ago)]


async def test_counts_are_those_of_training_wherever_the_sums_end(
    shop: Shop, database_url: str, history: pd.DataFrame, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any sums, far behind, within a day, and up to date; for attempts of now, and of before the sums end."""
    asked = moments(hour)
    expected = replayed_counts(history, asked)
    assert any(counts["seller_customers_30d"] > counts["seller_customers_7d"] > 1 for counts in expected)
    monkeypatch.setattr(seller_hours, "_AT_ONCE", timedelta(hours=37))
    for steps in (0, 1, 10, 9, 1_000):
        await add_up(database_url, steps=steps)
        assert await live_counts(database_url, asked) == expected
    state = shop.execute("select added_up_until from shop.seller_hours_added_up").fetchone()
    assert state is not None
    assert state["added_up_until"] == hour
    assert_sums_are_right(shop)


def assert_sums_are_right(shop: Shop) -> None:
    """Every hour beside a recount of the attempts by hand, and nothing beside them."""
    state = shop.execute("select added_up_from, added_up_until from shop.seller_hours_added_up").fetchone()
    assert state is not None
    hours: dict[tuple[str, datetime], list[dict[str, Any]]] = {}
    for row in shop.execute("select * from shop.payment_attempts where seller_id is not null order by attempted_at").fetchall():
        if state["added_up_from"] <= row["attempted_at"] < state["added_up_until"]:
            hour = row["attempted_at"].astimezone(UTC).replace(minute=0, second=0, microsecond=0)
            hours.setdefault((row["seller_id"], hour), []).append(row)
    met: dict[str, set[tuple[str, str]]] = {"customer_id": set(), "card_token": set()}
    expected = {}
    for (seller, hour), rows in reversed(hours.items()):
        last = {name: {(seller, row[name]) for row in rows if row[name]} - met[name] for name in met}
        met = {name: met[name] | last[name] for name in met}
        sums = [len(rows), sum(row["amount_minor"] for row in rows)]
        expected[seller, hour] = [*sums, len(last["customer_id"]), len(last["card_token"])]
    found = shop.execute("select * from shop.seller_hours").fetchall()
    assert {(row["seller_id"], row["hour"]): list(row.values())[2:] for row in found} == expected
    values = shop.execute("select seller_id, value, kind from shop.seller_last_hours").fetchall()
    assert {(row["seller_id"], row["value"]) for row in values} == met["customer_id"] | met["card_token"]


async def test_job_that_dies_or_runs_twice_loses_and_doubles_nothing(
    shop: Shop, database_url: str, history: pd.DataFrame, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = moments(hour)[:4]
    expected = replayed_counts(history, asked)
    monkeypatch.setattr(seller_hours, "_AT_ONCE", timedelta(days=8))
    until = []
    for _ in range(4):
        async with connected(database_url) as dying, connected(database_url) as other:
            assert await add_up_hours(dying) is not None
            assert await add_up_hours(other) is None  # one at a time
            await other.rollback()
            # Before it has said so, what it added up is seen by nobody.
            assert await live_counts(database_url, asked) == expected
            shop.execute("select pg_terminate_backend(%s)", (dying.info.backend_pid,))
            with pytest.raises(psycopg.OperationalError):
                await dying.execute("select 1")
            async with other.transaction():
                until.append(await add_up_hours(other))
        assert await live_counts(database_url, asked) == expected
    assert until[-1] == hour
    assert_sums_are_right(shop)


async def test_hours_of_before_the_longest_window_are_forgotten(
    shop: Shop, database_url: str, history: pd.DataFrame, hour: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seller_hours, "SETTLED_AFTER", SETTLED_AFTER + 6 * DAY)
    await add_up(database_url)
    six_days_ago = shop.execute("select min(hour) as first_hour from shop.seller_hours").fetchone()
    monkeypatch.setattr(seller_hours, "SETTLED_AFTER", SETTLED_AFTER)
    await add_up(database_url)
    kept = shop.execute(
        "select added_up_from, (select min(hour) from shop.seller_hours) as first_hour,"
        " (select min(last_hour) from shop.seller_last_hours) as first_met from shop.seller_hours_added_up"
    ).fetchone()
    assert kept is not None
    assert six_days_ago is not None
    assert six_days_ago["first_hour"] < hour - 36 * DAY
    assert hour - 31 * DAY <= kept["added_up_from"] <= min(kept["first_hour"], kept["first_met"], hour - 30 * DAY)
    assert_sums_are_right(shop)
    assert await live_counts(database_url, moments(hour)) == replayed_counts(history, moments(hour))


async def test_job_that_was_away_for_longer_than_the_windows_begins_anew(
    shop: Shop, database_url: str, history: pd.DataFrame, hour: datetime
) -> None:
    for table, columns in (("seller_hours", "hour, attempt_count, amount_minor, last_customer_count, last_card_count"),
                           ("seller_last_hours", "last_hour, kind, value")):  # fmt: skip
        values = "1, 1, 1, 1" if table == "seller_hours" else "'customer', 'somebody'"
        shop.execute(f"insert into shop.{table} (seller_id, {columns}) values ('potter', %s, {values})", (hour - 50 * DAY,))
    shop.execute(
        "update shop.seller_hours_added_up set added_up_from = %s, added_up_until = %s", (hour - 70 * DAY, hour - 45 * DAY)
    )
    await add_up(database_url)
    assert_sums_are_right(shop)
    assert await live_counts(database_url, moments(hour)) == replayed_counts(history, moments(hour))


async def test_many_writers_beside_the_job_count_what_training_finds(
    shop: Shop, database_url: str, history: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32 at one seller, all under way at once, while the job adds up the month before, step by step."""
    monkeypatch.setattr(seller_hours, "_AT_ONCE", timedelta(hours=20))
    customers = [make_user(shop)["user_id"] for _ in range(32)]
    all_under_way = asyncio.Barrier(32)

    async def attempt(number: int) -> tuple[str, dict[str, int]]:
        await asyncio.sleep(0.02 * number)
        async with connected(database_url) as connection:
            identities = Identities(customers[number], None, f"card{number}", None, "potter")
            at = await lock_identities(connection, identities)
            seen = (await past_of(connection, identities, at=at)).velocity
            await connection.execute(
                "insert into shop.payment_attempts (payment_attempt_id, customer_id, card_token, seller_id, method,"
                " amount_minor, currency, outcome, attempted_at)"
                " values (%(id)s, %(id)s, %(card)s, 'potter', 'card', 1, 'BDT', 'pending', %(at)s)",
                {"id": identities.customer_id, "card": identities.card_token, "at": at},
            )
            await asyncio.wait_for(all_under_way.wait(), timeout=20)
            return customers[number], seen.model_dump()

    *live, _ = await asyncio.gather(*map(attempt, range(32)), add_up(database_url))
    rows = attempts_of(shop)
    replayed = velocity(rows).set_index(rows["payment_attempt_id"])
    assert {attempt_id: replayed.loc[attempt_id].to_dict() for attempt_id, _ in live} == dict(live)
    assert all(counts["seller_attempts_30d"] > 50 for _, counts in live)
    assert_sums_are_right(shop)


def test_windows_do_not_know_summer_time() -> None:
    at = datetime(2026, 10, 26, 12, 30, tzinfo=ZoneInfo("Europe/Berlin"))  # whose clocks were put back the day before
    windows = seller_windows(at)
    assert windows == seller_windows(at.astimezone(UTC))
    assert windows["begin_7d"] == datetime(2026, 10, 19, 11, tzinfo=UTC)


def test_nobody_who_attempts_writes_or_reads_behind_the_sums() -> None:
    assert settled_after(170_000) >= SELLER_LAG + LONGEST_ATTEMPT
    assert settled_after(160_010) >= settled_after(170_000) + HOUR  # an attempt may last for longer there
