"""The speed of travel between a customer's attempts, by hand; checkout finds the same in its own tests."""

from datetime import timedelta

import numpy as np
import pytest

from marketplace.travel import LOOK_BACK, travel_kmh
from models.fraud.travel import travel_kmh as travel_of_all
from tests.models.fraud.factories import NOON, make_attempts

DHAKA, LONDON = {"ip_latitude": 23.8, "ip_longitude": 90.4}, {"ip_latitude": 51.5, "ip_longitude": -0.1}
HOUR = timedelta(hours=1)


def test_eight_thousand_kilometres_in_two_hours_are_four_thousand_an_hour() -> None:
    attempts = make_attempts(
        {**LONDON, "attempted_at": NOON + 2 * HOUR}, {**DHAKA, "attempted_at": NOON}, {**LONDON, "customer_id": "other"}
    )
    speeds = travel_of_all(attempts)
    assert speeds[0] == pytest.approx(8_007 / 2, rel=0.01)
    assert np.isnan(speeds[1:]).all()


def test_nothing_is_known_without_an_earlier_known_place() -> None:
    unknown = {"ip_latitude": None, "ip_longitude": None}
    attempts = make_attempts(
        {**DHAKA, "attempted_at": NOON - LOOK_BACK},
        {**LONDON, "attempted_at": NOON},
        {**DHAKA, "attempted_at": NOON},
        {**unknown, "attempted_at": NOON + HOUR},
        {**DHAKA, "attempted_at": NOON + 2 * HOUR},
    )
    speeds = travel_of_all(attempts)
    # Too long ago, at the same instant, no place; then two hours after the second attempt of that instant, which was here.
    assert np.isnan(speeds[:4]).all()
    assert speeds[4] == 0


def test_within_a_minute_nobody_is_beyond_measure() -> None:
    at_once, within_a_minute = (travel_kmh(0, 0, 0, 1, timedelta(seconds=seconds)) for seconds in (0, 60))
    assert at_once == within_a_minute == pytest.approx(111.195 * 60, abs=1)
    assert travel_kmh(0, None, 0, 1, timedelta(0)) is None


def test_later_attempts_change_nothing() -> None:
    rng = np.random.default_rng(0)
    attempts = make_attempts(
        *[{"ip_latitude": float(rng.uniform(0, 50)), "attempted_at": NOON + timedelta(minutes=7 * m)} for m in range(20)]
    )
    np.testing.assert_array_equal(travel_of_all(attempts)[:10], travel_of_all(attempts.iloc[:10]))
