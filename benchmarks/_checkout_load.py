"""Fraud decisions as checkout makes them, arriving at their own pace whether or not earlier ones are done."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from marketplace.contracts.fraud import FraudScoreRequest
    from storefront_api.clients import FraudClient
    from storefront_api.database import Database

_WARM_UP_SECONDS = 3.0
# Of the attempts of the day before a quarter is at one seller's goods, as on each day of a month; so is every fourth that comes.
_DAY_BEFORE, _BUSY_EVERY, _SELLERS, _DAYS = 20_000, 4, 97, 31


@dataclass(frozen=True)
class Load:
    """Milliseconds from the moment an attempt was due until its decision was committed or given up, and what became of them."""

    milliseconds: np.ndarray
    outcomes: Counter[str]
    client_seconds: float


def people(database_url: str, requests: Sequence["FraudScoreRequest"]) -> None:
    """The customers and devices of the attempts, for the keys that lead to them, and attempts of others the day before.

    At the busy seller's they are those of a month; hours are added up, as the relay does.
    """
    import psycopg

    now, a_day = datetime.now(UTC), _DAY_BEFORE // _BUSY_EVERY
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        cursor.executemany(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at) values (%s, 'customer', %s, 'Somebody', %s)",
            [(one.customer_id, f"{one.customer_id}@example.org", one.signed_up_at or now) for one in requests],
        )
        cursor.executemany(
            "insert into shop.devices (device_id, first_seen_at) values (%s, %s)", [(one.device_id, now) for one in requests]
        )
        cursor.execute(
            "insert into shop.users (user_id, role, email, full_name, signed_up_at)"
            " select 'other' || n, 'customer', 'other' || n || '@example.org', 'Somebody', %s from generate_series(1, 1000) as n",
            [now - timedelta(days=30)],
        )
        cursor.executemany(
            "insert into shop.payment_attempts (payment_attempt_id, customer_id, seller_id, card_token, method, amount_minor,"
            " currency, outcome, attempted_at) values (%s, %s, %s, %s, 'card', 100000, 'BDT', 'authorised', %s)",
            [_day_before(number, now) for number in range(_DAY_BEFORE)],
        )
        cursor.execute(
            "insert into shop.payment_attempts (payment_attempt_id, customer_id, seller_id, card_token, method, amount_minor,"
            " currency, outcome, attempted_at) select 'month' || n, 'other' || n %% 1000 + 1, 'busy', 'card_other' || n %% 3000,"
            " 'card', 100000, 'BDT', 'authorised', %(day_before)s - n * interval '1 day' / %(a_day)s"
            " from generate_series(1, %(count)s) as n",
            {"day_before": now - timedelta(days=1), "a_day": a_day, "count": (_DAYS - 1) * a_day},
        )
    asyncio.run(_add_up(database_url))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("analyze")


async def _add_up(database_url: str) -> None:
    import psycopg
    from psycopg.rows import dict_row

    from storefront_api.fraud.seller_hours import add_up_hours

    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
        while await add_up_hours(connection):
            await connection.commit()


def _day_before(number: int, now: datetime) -> tuple[Any, ...]:
    at = now - timedelta(days=1) * (number + 1) / (_DAY_BEFORE + 1)
    return f"before{number}", f"other{number % 1000 + 1}", _seller_of(number), f"card_other{number % 3000}", at


def _seller_of(number: int) -> str:
    return "busy" if number % _BUSY_EVERY == 0 else f"seller{number % _SELLERS}"


def arrive(settings: Any, requests: Sequence["FraudScoreRequest"], rate: float, seconds: float, seed: int) -> Load:
    """Attempts at Poisson times, `rate` a second; those of the first three seconds warm up and are not counted.

    It takes its process for the storefront's, and starts as that does.
    """
    import uvloop

    from storefront_api.main import create_app

    assert create_app(settings)
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_arrive(settings, requests, rate, seconds, seed))


async def _arrive(settings: Any, requests: Sequence["FraudScoreRequest"], rate: float, seconds: float, seed: int) -> Load:
    from psycopg_pool import PoolTimeout

    from storefront_api.clients import Clients
    from storefront_api.database import Database

    rng = np.random.default_rng(seed)
    due = np.cumsum(rng.exponential(1 / rate, int(rate * (seconds + _WARM_UP_SECONDS))))
    database, clients = Database(settings.database_url(), pool_size=settings.database.pool_size), Clients(settings.services)
    await database.open()
    spent, outcomes = np.zeros(len(due)), Counter[str]()
    began, cpu = time.monotonic(), 0.0

    async def one(at: int) -> None:
        try:
            outcome = await _decided(database, clients.fraud, settings, requests[at % len(requests)], _seller_of(at))
        except PoolTimeout:
            outcome = "turned away without a connection"
        spent[at] = 1000 * (time.monotonic() - began - due[at])
        if due[at] >= _WARM_UP_SECONDS:
            outcomes[outcome] += 1

    try:
        async with asyncio.TaskGroup() as tasks:
            for at, moment in enumerate(due):
                if (early := began + moment - time.monotonic()) > 0:
                    await asyncio.sleep(early)
                if not cpu and moment >= _WARM_UP_SECONDS:
                    cpu = time.process_time()
                tasks.create_task(one(at))
    finally:
        await clients.close()
        await database.close()
    counted = due >= _WARM_UP_SECONDS
    return Load(spent[counted], outcomes, (time.process_time() - cpu) / int(counted.sum()))


async def _decided(database: "Database", client: "FraudClient", settings: Any, known: "FraudScoreRequest", seller_id: str) -> str:
    """One attempt from the lock on its identities to the decision on the disk, the steps of `orders.placing.place`."""
    from storefront_api.fraud import service as fraud
    from storefront_api.fraud.attempt import begin_attempt
    from storefront_api.fraud.velocity import Identities
    from storefront_api.orders import repository
    from storefront_api.security import new_id

    identities = Identities(known.customer_id, known.device_id, f"card_{known.customer_id}", None, seller_id)
    async with database.transaction() as connection:
        attempt = await begin_attempt(connection, identities, address="203.0.113.7")
        named = {"payment_attempt_id": new_id("pay"), "attempted_at": attempt.at, "velocity": attempt.past.velocity}
        request = known.model_copy(update=named)
        decision = await fraud.decide(client, request, attempt.rules, policy=fraud.HoldPolicy.of(settings.storefront))
        row = {
            "payment_attempt_id": request.payment_attempt_id,
            "customer_id": request.customer_id,
            "device_id": request.device_id,
            "card_token": identities.card_token,
            "seller_id": seller_id,
            "method": request.method,
            "amount_minor": request.amount_minor,
            "currency": request.currency,
            "outcome": "pending",
            "attempted_at": attempt.at,
        }
        async with connection.pipeline():
            await repository.insert(connection, "payment_attempts", [row])
            await fraud.store(connection, decision, event_id=request.payment_attempt_id, order_id=None, now=attempt.at)
    return "by rules alone" if decision.is_fallback else "without stored features" if decision.is_degraded else "by both"
