"""Features of a handful of transactions, worked by hand; none looks past its own instant or at a label not yet known."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.fraud.own_table.features import build_features, plain_names
from models.fraud.own_table.transactions import transactions

DAY = timedelta(days=1)
START = datetime(2024, 3, 1, 12)
# time, customer, terminal, amount, fraud
ROWS = [
    (START, "ann", "t1", 10.0, True),
    (START, "bob", "t1", 40.0, False),
    (START + timedelta(minutes=30), "ann", "t1", 30.0, False),
    (START + 2 * DAY, "ann", "t1", 80.0, False),
    (START + 3 * DAY, "bob", "t2", 20.0, False),
]


def frame(rows: list[tuple] = ROWS) -> pl.DataFrame:
    held = pl.DataFrame(rows, schema=["time", "customer", "terminal", "amount", "label"], orient="row")
    return held.with_columns(pl.col("time").cast(pl.Datetime("us")))


def columns(rows: pl.DataFrame, label_delay: timedelta = DAY) -> dict[str, list[float]]:
    data = transactions(rows)
    table = build_features(data, np.arange(len(data)), label_delay=label_delay)
    return {name: table.matrix[:, at].tolist() for at, name in enumerate(table.names)}


def test_counts_and_means_leave_out_the_same_instant_and_the_row_itself() -> None:
    made = columns(frame())
    # ann 12:00, bob 12:00, ann 12:30, ann two days later, bob three days later
    assert made["customer_count_1h"] == [0, 0, 1, 0, 0]
    assert made["customer_count_7d"] == [0, 0, 1, 2, 1]
    assert made["terminal_count_7d"] == [0, 0, 2, 3, 0]
    assert made["customer_seconds_since_last"][2:] == [1800, 2 * 86_400 - 1800, 3 * 86_400]
    assert made["amount_over_usual"][2:] == [3.0, 4.0, 0.5]
    assert made["amount_over_highest"][2:] == pytest.approx([3.0, 80 / 30, 0.5])
    assert made["customer_terminal_count_ever"] == [0, 0, 1, 2, 0]
    assert np.isnan(made["customer_mean_amount_1d"][0])


def test_a_label_counts_from_the_instant_at_which_it_was_known() -> None:
    made = columns(frame())
    assert made["terminal_fraud_count_7d"] == [0, 0, 0, 1, 0]
    assert made["terminal_known_count_7d"] == [0, 0, 0, 3, 0]
    assert made["terminal_fraud_rate_7d"][3] == pytest.approx(1 / 3)
    assert made["terminal_quiet_fraud_count_7d"][3] == 1
    assert made["terminal_seconds_since_fraud"][3] == 2 * 86_400
    # With three days of delay nobody knows yet.
    assert columns(frame(), 3 * DAY)["terminal_fraud_count_7d"] == [0, 0, 0, 0, 0]


def test_frauds_in_a_row_end_at_the_newest_known_honest_one() -> None:
    rows = [(START + at * DAY, "ann", "t1", 10.0, is_fraud) for at, is_fraud in enumerate((True, False, True, True, True))]
    # With a day of delay each row knows all before it.
    assert columns(frame(rows))["terminal_quiet_frauds_in_a_row"] == [0, 1, 0, 1, 2]


def test_a_label_known_later_changes_nothing_before() -> None:
    told = columns(frame())
    other = columns(frame([(*row[:4], not row[4]) if row[0] >= START + 2 * DAY else row for row in ROWS]))
    for name, values in told.items():
        np.testing.assert_array_equal(other[name][:4], values[:4], err_msg=name)


def test_labels_of_a_test_file_are_never_known() -> None:
    held_out = frame().with_columns(is_held_out=pl.col("customer") == "ann")
    made = columns(held_out)
    assert made["terminal_fraud_count_7d"] == [0, 0, 0, 0, 0]
    assert made["terminal_known_count_7d"] == [0, 0, 0, 1, 0]
    assert made["terminal_count_7d"] == [0, 0, 2, 3, 0]


def test_row_order_changes_no_feature() -> None:
    shuffled = columns(frame().sample(fraction=1.0, shuffle=True, seed=3))
    for name, values in columns(frame()).items():
        np.testing.assert_array_equal(shuffled[name], values, err_msg=name)


def test_shared_devices_unknown_ones_and_the_age_of_an_account() -> None:
    rows = (
        frame()
        .rename({"terminal": "device"})
        .with_columns(
            device=pl.when(pl.col("customer") == "bob").then(pl.lit("d")).otherwise(pl.Series(["d", "d", "d", None, "d"])),
            signup_time=pl.Series([START - DAY, None, START - DAY, START - DAY, START], dtype=pl.Datetime("us")),
        )
    )
    made = columns(rows)
    # ann at 12:30 finds ann and bob on the device; bob three days later the same two.
    assert [made["device_customers_90d"][at] for at in (0, 2, 4)] == [0, 2, 2]
    assert np.isnan(made["device_count_7d"][3])
    assert np.isnan(made["account_age_hours"][1])
    assert made["account_age_hours"][4] == 72


def test_baselines_read_columns_that_exist() -> None:
    made = columns(frame())
    assert {name for name in plain_names() if name.startswith(("customer", "terminal", "amount", "is_"))} <= set(made)
