"""The live counters are those that training computes, also when many attempts come at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from psycopg.rows import dict_row

from marketplace.contracts.fraud import Velocity
from marketplace.velocity_counters import LONGEST_ATTEMPT, SELLER_LAG
from models.fraud.travel import travel_kmh as offline_travel_kmh
from models.fraud.velocity import VELOCITY_COLUMNS
from models.fraud.velocity import velocity as offline_velocity
from storefront_api.fraud.velocity import Identities, lock_identities, past_of
from tests.factories import NOON, insert, make_attempt, make_user

Shop = psycopg.Connection[dict[str, Any]]


async def test_live_counts_equal_those_of_training(shop: Shop, database_url: str) -> None:
    """400 attempts by few people, devices, cards and houses, many at equal instants and on the edges of every window."""
    rng = np.random.default_rng(7)
    customers = [make_user(shop)["user_id"] for _ in range(6)]
    devices = [None, *(f"d{number}" for number in range(4))]
    for device in devices[1:]:
        insert(shop, "shop.devices", {"device_id": device, "first_seen_at": NOON})
    attempts = [
        make_attempt(
            shop,
            str(rng.choice(customers)),
            device_id=devices[rng.integers(len(devices))],
            card_token=[None, "x", "y", "z"][rng.integers(4)],
            shipping_address_hash=[None, "h1", "h2", "h3"][rng.integers(4)],
            seller_id=[None, "s1", "s2"][rng.integers(3)],
            amount_minor=int(rng.integers(1, 5_000)),
            ip_latitude=[None, 23.7, 51.5][rng.integers(3)],
            ip_longitude=[None, 90.4, -0.1][rng.integers(3)],
            # The last two days, and the same two days one week, one month and three months before.
            attempted_at=NOON
            + timedelta(days=int(rng.choice([0, 60, 83, 90, 90])), minutes=int(rng.integers(0, 80)) * 30)
            + int(rng.integers(2)) * timedelta(minutes=1),
        )
        for number in range(400)
    ]
    history = pd.DataFrame(attempts)
    speeds = offline_travel_kmh(history)
    assert 0 < np.isnan(speeds).sum() < len(speeds)
    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
        for attempt, counts, speed in zip(attempts, offline_velocity(history).to_dict("records"), speeds, strict=True):
            identities = Identities(
                attempt["customer_id"],
                attempt["device_id"],
                attempt["card_token"],
                attempt["shipping_address_hash"],
                attempt["seller_id"],
            )
            live = await past_of(connection, identities, at=attempt["attempted_at"])
            assert live.velocity.model_dump() == counts
            here = attempt["ip_latitude"], attempt["ip_longitude"]
            assert live.travel_kmh(*here, at=attempt["attempted_at"]) == (None if np.isnan(speed) else speed)
    assert tuple(Velocity.model_fields) == VELOCITY_COLUMNS


async def test_each_of_many_simultaneous_attempts_sees_all_before_it(shop: Shop, database_url: str) -> None:
    """32 writers on one card: whoever is the n-th counts n - 1, none is lost."""
    customers = [make_user(shop)["user_id"] for _ in range(32)]

    async def attempt(customer_id: str) -> int:
        async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
            identities = Identities(customer_id, None, "one-card", None)
            at = await lock_identities(connection, identities)
            seen = (await past_of(connection, identities, at=at)).velocity
            await connection.execute(
                "insert into shop.payment_attempts (payment_attempt_id, customer_id, card_token, method, amount_minor, currency, "
                "outcome, attempted_at) values (%(id)s, %(id)s, 'one-card', 'card', 1, 'BDT', 'pending', %(at)s)",
                {"id": customer_id, "at": at},
            )
            return seen.card_attempts_24h

    assert sorted(await asyncio.gather(*map(attempt, customers))) == list(range(32))


async def test_attempts_at_one_seller_neither_wait_nor_change_the_count(shop: Shop, database_url: str) -> None:
    """32 writers at one busy seller, all under way at once: each counts what training will find, none waits for another."""
    customers = [make_user(shop)["user_id"] for _ in range(33)]
    before = datetime.now(UTC) - timedelta(minutes=70)
    for number in range(140):  # one every half a minute until now
        at = before + timedelta(seconds=30 * number)
        make_attempt(shop, customers[number % 5], seller_id="busy", card_token=f"card{number % 7}", attempted_at=at)
    all_under_way = asyncio.Barrier(32)

    async def attempt(customer_id: str) -> tuple[str, dict[str, int]]:
        async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
            identities = Identities(customer_id, None, None, None, "busy")
            at = await lock_identities(connection, identities)
            seen = (await past_of(connection, identities, at=at)).velocity
            await connection.execute(
                "insert into shop.payment_attempts (payment_attempt_id, customer_id, seller_id, method, amount_minor, currency, "
                "outcome, attempted_at) values (%(id)s, %(id)s, 'busy', 'card', 1, 'BDT', 'pending', %(at)s)",
                {"id": customer_id, "at": at},
            )
            await asyncio.wait_for(all_under_way.wait(), timeout=20)
            return customer_id, seen.model_dump()

    live = dict(await asyncio.gather(*map(attempt, customers[:32])))
    history = pd.DataFrame(shop.execute("select * from shop.payment_attempts").fetchall())
    replayed = offline_velocity(history).set_index(history["payment_attempt_id"])
    assert {attempt_id: replayed.loc[attempt_id].to_dict() for attempt_id in live} == live
    assert all(counts["seller_attempts_1h"] > 100 and counts["seller_cards_1h"] == 7 for counts in live.values())


async def test_attempt_that_lasts_too_long_is_undone(shop: Shop, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who counts a seller's attempts a minute later would have missed it."""
    monkeypatch.setattr("storefront_api.fraud.velocity.LONGEST_ATTEMPT", timedelta(seconds=1))
    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
        await lock_identities(connection, Identities(make_user(shop)["user_id"], None, None, None, "busy"))
        with pytest.raises(psycopg.errors.TransactionTimeout):
            await connection.execute("select pg_sleep(5)")


def test_no_attempt_may_outlast_what_is_not_counted() -> None:
    assert LONGEST_ATTEMPT < SELLER_LAG
