"""Velocity: counted by hand, against a slow reading of the definition, and in time."""

import time
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.contracts.fraud import Velocity
from marketplace.errors import MissingColumnsError
from models.fraud.velocity import VELOCITY_COLUMNS, velocity
from tests.models.fraud.factories import NOON, make_attempts

HOUR, DAY, QUARTER = timedelta(hours=1), timedelta(hours=24), timedelta(days=90)


def slow_velocity(attempts: pd.DataFrame) -> pd.DataFrame:
    """The definition of `Velocity`, word by word, one attempt after the other."""
    rows = attempts.to_dict("records")

    def counted(now: dict) -> dict[str, int]:  # type: ignore[type-arg]
        def shared(key: str, window: timedelta) -> list[dict]:  # type: ignore[type-arg]
            if now[key] is None:
                return []
            return [
                row
                for row in rows
                if row[key] == now[key] and now["attempted_at"] - window < row["attempted_at"] < now["attempted_at"]
            ]

        def distinct(key: str, other: str, window: timedelta = DAY) -> int:
            return len({row[other] for row in shared(key, window)} - {None})

        def by_this_customer(key: str) -> int:
            return sum(row["customer_id"] == now["customer_id"] for row in shared(key, QUARTER))

        return {
            "customer_attempts_1h": len(shared("customer_id", HOUR)),
            "customer_attempts_24h": len(shared("customer_id", DAY)),
            "customer_amount_minor_24h": sum(row["amount_minor"] for row in shared("customer_id", DAY)),
            "device_attempts_1h": len(shared("device_id", HOUR)),
            "device_attempts_24h": len(shared("device_id", DAY)),
            "device_customers_24h": distinct("device_id", "customer_id"),
            "device_cards_24h": distinct("device_id", "card_token"),
            "card_attempts_1h": len(shared("card_token", HOUR)),
            "card_attempts_24h": len(shared("card_token", DAY)),
            "card_customers_24h": distinct("card_token", "customer_id"),
            "address_customers_24h": distinct("shipping_address_hash", "customer_id"),
            "customer_attempts_90d": len(shared("customer_id", QUARTER)),
            "customer_device_attempts_90d": by_this_customer("device_id"),
            "customer_card_attempts_90d": by_this_customer("card_token"),
            "customer_address_attempts_90d": by_this_customer("shipping_address_hash"),
            "device_customers_90d": distinct("device_id", "customer_id", QUARTER),
            "address_customers_90d": distinct("shipping_address_hash", "customer_id", QUARTER),
        }

    return pd.DataFrame([counted(row) for row in rows], columns=list(VELOCITY_COLUMNS), index=attempts.index)


def test_second_card_on_same_device_raises_velocity() -> None:
    attempts = make_attempts(
        {"attempted_at": NOON, "customer_id": "ayesha", "card_token": "visa", "amount_minor": 500},
        {"attempted_at": NOON + timedelta(minutes=30), "customer_id": "ayesha", "card_token": "amex", "amount_minor": 700},
        {"attempted_at": NOON + timedelta(hours=2), "customer_id": "babul", "card_token": "visa", "amount_minor": 900},
    )
    counts = velocity(attempts)
    assert counts.loc[0].sum() == 0
    # 30 minutes later: one earlier attempt, by the same customer, with another card, to the same address.
    assert counts.loc[1].to_dict() == Velocity(
        customer_attempts_1h=1, customer_attempts_24h=1, customer_amount_minor_24h=500, device_attempts_1h=1,
        device_attempts_24h=1, device_customers_24h=1, device_cards_24h=1, address_customers_24h=1,
        customer_attempts_90d=1, customer_device_attempts_90d=1, customer_address_attempts_90d=1, device_customers_90d=1,
        address_customers_90d=1,
    ).model_dump()  # fmt: skip
    # Two hours later another customer: two earlier attempts on the device, one with this card, none within the hour.
    assert counts.loc[2].to_dict() == Velocity(
        device_attempts_24h=2, device_customers_24h=1, device_cards_24h=2, card_attempts_24h=1, card_customers_24h=1,
        address_customers_24h=1, device_customers_90d=1, address_customers_90d=1,
    ).model_dump()  # fmt: skip


def test_attempt_at_the_far_end_or_the_same_instant_is_not_counted() -> None:
    attempts = make_attempts(
        {"attempted_at": NOON - HOUR},
        {"attempted_at": NOON - HOUR + timedelta(microseconds=1)},
        {"attempted_at": NOON},
        {"attempted_at": NOON},
    )
    assert velocity(attempts)["customer_attempts_1h"].tolist() == [0, 1, 1, 1]
    assert velocity(attempts)["customer_attempts_24h"].tolist() == [0, 1, 2, 2]


def test_unknown_identity_counts_zero_and_shares_nothing() -> None:
    attempts = make_attempts(*[{"device_id": None, "card_token": None, "attempted_at": at} for at in (NOON, NOON + HOUR / 2)])
    counts = velocity(attempts)
    assert counts.filter(regex="device|card").to_numpy().sum() == 0
    assert counts["customer_attempts_1h"].tolist() == [0, 1]


def test_rows_in_any_order_keep_their_index() -> None:
    attempts = make_attempts(*[{"attempted_at": NOON + timedelta(minutes=m)} for m in range(5)])
    shuffled = attempts.sample(frac=1, random_state=3).set_axis([10, 20, 30, 40, 50])
    counts = velocity(shuffled)["customer_attempts_1h"]
    assert counts.index.tolist() == [10, 20, 30, 40, 50]
    assert counts.tolist() == [(at - NOON) // timedelta(minutes=1) for at in shuffled["attempted_at"]]


def test_missing_column_is_named() -> None:
    with pytest.raises(MissingColumnsError, match="card_token"):
        velocity(make_attempts({}).drop(columns="card_token"))


def test_no_attempts_give_no_rows() -> None:
    assert velocity(make_attempts({}).iloc[:0]).shape == (0, len(VELOCITY_COLUMNS))


few = st.sampled_from(["a", "b", "c"])
# Steps on and beside the bounds of both windows.
minutes = st.sampled_from([0, 1, 30, 59, 60, 61, 120, 1439, 1440, 1441, 2880, 129_599, 129_600, 129_601])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "customer_id": few,
                "device_id": few | st.none(),
                "card_token": few | st.none(),
                "shipping_address_hash": few | st.none(),
                "amount_minor": st.integers(0, 10**9),
                "attempted_at": minutes.map(lambda m: NOON + timedelta(minutes=m)),
            }
        ),
        min_size=1,
        max_size=25,
    )
)
def test_equals_the_definition_on_any_attempts(changes: list[dict]) -> None:  # type: ignore[type-arg]
    attempts = make_attempts(*changes)
    pd.testing.assert_frame_equal(velocity(attempts), slow_velocity(attempts), check_dtype=False)


def test_later_attempts_change_nothing() -> None:
    attempts = make_attempts(*[{"attempted_at": NOON + timedelta(minutes=7 * m)} for m in range(20)])
    for cut in (5, 10):
        pd.testing.assert_frame_equal(velocity(attempts).iloc[:cut], velocity(attempts.iloc[:cut]))


def test_hundred_thousand_attempts_take_under_a_second_even_on_one_device() -> None:
    rng = np.random.default_rng(0)
    count = 100_000
    attempts = pd.DataFrame(
        {
            "customer_id": rng.integers(0, 20_000, count).astype(str),
            "device_id": "one",
            "card_token": rng.integers(0, 30_000, count).astype(str),
            "shipping_address_hash": rng.integers(0, 20_000, count).astype(str),
            "amount_minor": rng.integers(0, 10**6, count),
            "attempted_at": pd.Timestamp(NOON) + pd.to_timedelta(rng.integers(0, 30 * 86_400, count), unit="s"),
        }
    )
    # The best of three: another process may take the core for a while.
    marks = [time.process_time() for _ in range(3) if not velocity(attempts).empty] + [time.process_time()]
    assert min(later - earlier for earlier, later in pairwise(marks)) < 1.0
