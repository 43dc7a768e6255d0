"""Checkout's query over the live attempts counts what training counts over the whole history."""

from datetime import timedelta

import numpy as np
import pandas as pd
import psycopg
from psycopg.rows import dict_row

from models.fraud.velocity import VELOCITY_COLUMNS, velocity
from storefront_api.fraud.velocity import Identities
from storefront_api.fraud.velocity import velocity as live_velocity
from tests.models.fraud.factories import NOON

COLUMNS = (
    "payment_attempt_id",
    "customer_id",
    "device_id",
    "card_token",
    "shipping_address_hash",
    "amount_minor",
    "attempted_at",
)


def make_attempts(count: int) -> pd.DataFrame:
    """Few identities, instants on and beside the bounds of both windows, some at the same instant."""
    rng = np.random.default_rng(5)
    seconds = np.sort(rng.integers(0, 60, count) * 1800 + rng.choice([0, 0, 1, -1], count))

    def some(name: str, kinds: int) -> list[str | None]:
        return [None if number == kinds else f"{name}{number}" for number in rng.integers(0, kinds + 1, count)]

    return pd.DataFrame(
        {
            "payment_attempt_id": [f"attempt-{number}" for number in range(count)],
            "customer_id": [f"customer{number}" for number in rng.integers(0, 5, count)],
            "device_id": some("device", 4),
            "card_token": some("card", 4),
            "shipping_address_hash": some("address", 3),
            "amount_minor": rng.integers(0, 10**6, count).tolist(),
            "attempted_at": [NOON + timedelta(seconds=int(second)) for second in seconds],
        }
    )


async def test_live_query_counts_as_training_does(database_url: str) -> None:
    attempts = make_attempts(120)
    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        for customer in range(5):
            cursor.execute(
                "insert into shop.users (user_id, role, email, full_name, signed_up_at) values (%s, 'customer', %s, '', %s)",
                (f"customer{customer}", f"{customer}@demo.example", NOON),
            )
        for device in range(4):
            cursor.execute("insert into shop.devices (device_id, first_seen_at) values (%s, %s)", (f"device{device}", NOON))
        cursor.executemany(
            f"insert into shop.payment_attempts ({', '.join(COLUMNS)}, method, currency, outcome)"  # type: ignore[arg-type]
            " values (%s, %s, %s, %s, %s, %s, %s, 'card', 'BDT', 'authorised')",
            [tuple(row[name] for name in COLUMNS) for row in attempts.astype(object).to_dict("records")],
        )
    counted = velocity(attempts)
    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as live:
        for position, row in enumerate(attempts.to_dict("records")):
            identities = Identities(row["customer_id"], row["device_id"], row["card_token"], row["shipping_address_hash"])
            found = await live_velocity(live, identities, at=row["attempted_at"])
            assert found.model_dump() == counted.iloc[position][list(VELOCITY_COLUMNS)].to_dict()
