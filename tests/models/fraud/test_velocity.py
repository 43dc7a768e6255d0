"""Velocity: counted by hand, against a slow reading of the definition, and in time."""

import time
from datetime import datetime, timedelta
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

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
# How the words of a counter's name are to be read.
SPANS = {"1h": HOUR, "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
KEYS = {"customer": "customer_id", "device": "device_id", "card": "card_token", "address": "shipping_address_hash",
        "seller": "seller_id"}  # fmt: skip
MINUTE = timedelta(minutes=1)


def slow_velocity(attempts: pd.DataFrame) -> pd.DataFrame:
    """The definition of `Velocity`, word by word, one attempt after the other."""
    rows = attempts.to_dict("records")

    def begins(now: dict, shared: list[str], span: str) -> datetime:  # type: ignore[type-arg]
        """The first instant that is looked at."""
        begin = now["attempted_at"] - SPANS[span]
        is_in_hours = "seller" in shared and SPANS[span] >= DAY
        return begin.replace(minute=0, second=0, microsecond=0) if is_in_hours else begin + timedelta(microseconds=1)

    def counted(now: dict, name: str) -> int:  # type: ignore[type-arg]
        *words, span = name.replace("amount_minor", "amount").split("_")
        *shared, what = words
        if any(now[KEYS[who]] is None for who in shared):
            return 0
        earlier = [
            row
            for row in rows
            if all(row[KEYS[who]] == now[KEYS[who]] for who in shared)
            and begins(now, shared, span) <= row["attempted_at"]
            and row["attempted_at"] < now["attempted_at"] - (MINUTE if "seller" in shared else 0 * MINUTE)
        ]
        if what == "attempts":
            return len(earlier)
        if what == "amount":
            return sum(row["amount_minor"] for row in earlier)
        return len({row[KEYS[what.removesuffix("s")]] for row in earlier} - {None})

    return pd.DataFrame(
        [{name: counted(row, name) for name in Velocity.model_fields} for row in rows],
        columns=list(VELOCITY_COLUMNS),
        index=attempts.index,
    )


def test_every_identity_is_counted_over_every_window() -> None:
    owned = [who for who in KEYS if who != "seller"]
    wanted = {f"{who}_{what}_{span}" for who in owned for what in ("attempts", "amount_minor") for span in list(SPANS)[:5]}
    wanted |= {f"seller_{what}_{span}" for what in ("attempts", "amount_minor", "customers", "cards") for span in list(SPANS)[:5]}
    different = ("customer_devices", "customer_cards", "device_customers", "device_cards", "card_customers", "address_customers")
    assert wanted | {f"{what}_{span}" for what in different for span in list(SPANS)[:5]} <= set(VELOCITY_COLUMNS)


def test_second_card_on_same_device_raises_velocity() -> None:
    attempts = make_attempts(
        {"attempted_at": NOON, "customer_id": "ayesha", "card_token": "visa", "amount_minor": 500},
        {"attempted_at": NOON + timedelta(minutes=30), "customer_id": "ayesha", "card_token": "amex", "amount_minor": 700},
        {"attempted_at": NOON + timedelta(hours=2), "customer_id": "babul", "card_token": "visa", "amount_minor": 900},
    ).assign(seller_id=None)
    counts = velocity(attempts)
    assert counts.loc[0].sum() == 0
    # 30 minutes later: one earlier attempt, by the same customer, with another card, to the same address.
    assert {name: count for name, count in counts.loc[1].items() if count} == {
        **{f"{who}_attempts_{span}": 1 for who in ("customer", "device", "address") for span in list(SPANS)[:5]},
        **{f"{who}_amount_minor_{span}": 500 for who in ("customer", "device", "address") for span in list(SPANS)[:5]},
        **{f"{what}_{span}": 1 for what in ("customer_devices", "customer_cards", "device_customers", "device_cards",
                                            "address_customers") for span in list(SPANS)[:5]},
        **dict.fromkeys(("customer_attempts_90d", "customer_device_attempts_90d", "customer_address_attempts_90d",
                         "device_customers_90d", "address_customers_90d"), 1),
    }  # fmt: skip
    # Two hours later another customer: two earlier attempts on the device, one with this card, none within the hour.
    assert {name: count for name, count in counts.loc[2].items() if count} == {
        **{f"{who}_attempts_{span}": 2 for who in ("device", "address") for span in list(SPANS)[1:5]},
        **{f"{who}_amount_minor_{span}": 1200 for who in ("device", "address") for span in list(SPANS)[1:5]},
        **{f"card_{what}_{span}": n for what, n in (("attempts", 1), ("amount_minor", 500), ("customers", 1))
           for span in list(SPANS)[1:5]},
        **{f"device_{what}_{span}": n for what, n in (("customers", 1), ("cards", 2)) for span in list(SPANS)[1:5]},
        **{f"address_customers_{span}": 1 for span in list(SPANS)[1:5]},
        "device_customers_90d": 1, "address_customers_90d": 1,
    }  # fmt: skip


def test_attempt_at_the_far_end_or_the_same_instant_is_not_counted() -> None:
    attempts = make_attempts(
        {"attempted_at": NOON - HOUR},
        {"attempted_at": NOON - HOUR + timedelta(microseconds=1)},
        {"attempted_at": NOON},
        {"attempted_at": NOON},
    )
    assert velocity(attempts)["customer_attempts_1h"].tolist() == [0, 1, 1, 1]
    assert velocity(attempts)["customer_attempts_24h"].tolist() == [0, 1, 2, 2]


def test_seller_is_counted_until_a_minute_before() -> None:
    """Ayesha tries three cards at a potter's, Babul one; one attempt is at a weaver's."""
    seconds = (0, 30, 90, 91)
    attempts = make_attempts(
        *(
            {"attempted_at": NOON + timedelta(seconds=second), "customer_id": who, "card_token": card, "amount_minor": 10**place}
            for place, (second, who, card) in enumerate(
                zip(seconds, ("ayesha", "ayesha", "babul", "ayesha"), "xyxz", strict=True)
            )
        ),
        {"attempted_at": NOON + HOUR + MINUTE, "seller_id": "weaver"},
        {"attempted_at": NOON + HOUR},
        {"attempted_at": NOON + HOUR + timedelta(seconds=30)},
    )
    counts = velocity(attempts).filter(regex="seller_.*_1h")
    columns = ["seller_attempts_1h", "seller_amount_minor_1h", "seller_customers_1h", "seller_cards_1h"]
    assert counts[columns].to_numpy().tolist() == [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 1, 1, 1],  # the attempt of exactly a minute ago is too young
        [2, 11, 1, 2],
        [0, 0, 0, 0],
        [3, 1110, 2, 3],  # that of exactly an hour ago is too old
        [2, 1100, 2, 2],
    ]


def test_day_of_a_seller_begins_with_the_whole_hour() -> None:
    """Ayesha, who buys just before one, counts until one the next day; Babul, who buys at one, until two."""
    one, tick = NOON + HOUR, timedelta(microseconds=1)
    attempts = make_attempts(
        {"attempted_at": one - tick, "customer_id": "ayesha", "card_token": "visa", "amount_minor": 1},
        {"attempted_at": one, "customer_id": "babul", "card_token": None, "amount_minor": 20},
        {"attempted_at": one + DAY - tick, "customer_id": "chitra", "card_token": "amex", "amount_minor": 300},
        {"attempted_at": one + DAY, "customer_id": "babul", "card_token": "amex", "amount_minor": 4000},
        {"attempted_at": one + DAY + HOUR - tick, "customer_id": "dipu"},
        {"attempted_at": one + DAY + HOUR},
    )
    columns = ["seller_attempts_24h", "seller_amount_minor_24h", "seller_customers_24h", "seller_cards_24h"]
    assert velocity(attempts)[columns].to_numpy().tolist() == [
        [0, 0, 0, 0],
        [0, 0, 0, 0],  # the last minute is not counted
        [2, 21, 2, 1],
        [1, 20, 1, 0],  # noon's hour has ended a day ago
        [3, 4320, 2, 1],
        [2, 4300, 2, 1],
    ]
    assert velocity(attempts)["seller_attempts_7d"].tolist() == [0, 0, 2, 2, 4, 4]


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
# Steps on and beside the bounds of the windows.
minutes = st.sampled_from(
    [
        0,
        0.5,
        1,
        2,
        58.5,
        59,
        60,
        61,
        359,
        360,
        361,
        1439,
        1440,
        1441,
        1499,
        1499.5,
        1500,
        1501,
        10_079,
        10_080,
        10_139,
        10_140,
        43_200,
        43_201,
        43_259,
        43_260,
        129_600,
        129_601,
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "customer_id": few,
                "device_id": few | st.none(),
                "card_token": few | st.none(),
                "shipping_address_hash": few | st.none(),
                "seller_id": few | st.none(),
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
            "seller_id": rng.integers(0, 200, count).astype(str),
            "amount_minor": rng.integers(0, 10**6, count),
            "attempted_at": pd.Timestamp(NOON) + pd.to_timedelta(rng.integers(0, 30 * 86_400, count), unit="s"),
        }
    )
    # The best of three: another process may take the core for a while.
    marks = [time.process_time() for _ in range(3) if not velocity(attempts).empty] + [time.process_time()]
    assert min(later - earlier for earlier, later in pairwise(marks)) < 1.0
