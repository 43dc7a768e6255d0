"""Recency, frequency and money, worked by hand; nothing on or after the day is looked at."""

import numpy as np
import pandas as pd
import pytest

from models.outlook.features import Activity, known_at
from models.outlook.windows import day_number, window_until
from tests.models.outlook.shoppers import FIRST_DAY, make_days, make_shoppers

START = day_number(FIRST_DAY)
ROWS = [("amina", 0, 100.0), ("amina", 10, 300.0), ("karim", 29, 200.0), ("noor", 40, 999.0)]


def activity(rows: list[tuple[str, int, float]] | None = None) -> Activity:
    return Activity.of(make_days("customer_id", rows or ROWS), "customer_id")


def test_features_are_those_worked_by_hand() -> None:
    known = known_at(activity(), START + 30, horizon=28)

    amina, karim = 0, 1
    assert known.rows.tolist() == [0, 1], "noor comes later"
    assert known.typical.tolist() == [200.0, 200.0], "the mean of 100, 300 and 200"
    expected = {
        "sale_day_count": [2, 1],
        "known_days": [30, 1],
        "active_span_days": [10, 0],
        "silent_days": [20, 1],
        "usual_gap_days": [10, 0],
        "silent_gaps": [2, 1],
        "amount_mean": [1.0, 1.0],
        "amount_total": [2.0, 1.0],
        "sale_day_count_7d": [0, 1],
        "sale_day_count_28d": [1, 1],
        "sale_day_count_56d": [2, 1],
        "amount_28d": [1.5, 1.0],
        "amount_last_horizon": [1.5, 1.0],
    }
    for name, values in expected.items():
        assert known.feature(name)[[amina, karim]].tolist() == values, name


def test_what_comes_later_changes_nothing() -> None:
    days = make_shoppers(customers=80).customer_days
    whole = Activity.of(days, "customer_id")
    past = Activity.of(days[days["sale_date"] < (FIRST_DAY + pd.Timedelta(days=60)).date()], "customer_id")
    one, other = (known_at(each, START + 60, horizon=28) for each in (whole, past))

    assert whole.entity_ids[one.rows].tolist() == past.entity_ids[other.rows].tolist()
    assert np.array_equal(one.table, other.table)


def test_order_of_rows_does_not_matter() -> None:
    days = make_shoppers(customers=60).customer_days
    shuffled = days.sample(frac=1, random_state=1)
    one, other = (known_at(Activity.of(frame, "customer_id"), START + 100, horizon=28) for frame in (days, shuffled))
    assert np.allclose(one.table, other.table)


@pytest.mark.parametrize(("day", "counted"), [(30, True), (57, True), (29, False), (58, False)])
def test_a_window_holds_its_first_day_and_not_its_end(day: int, counted: bool) -> None:
    window = window_until(activity([("amina", 5, 100.0), ("amina", day, 50.0)]), START + 58, 28)
    assert window.stayed_away.tolist() == [0.0 if counted else 1.0]


def test_amounts_of_two_currencies_are_learned_from_together() -> None:
    days = make_days("customer_id", [("amina", 0, 100.0), ("ana", 0, 9000.0)], currency=["BDT", "JPY"])
    known = known_at(Activity.of(days, "customer_id"), START + 10, horizon=28)
    assert known.feature("amount_total").tolist() == [1.0, 1.0]
    assert known.typical.tolist() == [100.0, 9000.0]
