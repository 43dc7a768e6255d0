"""Who may be learnt from and who is judged, on days counted by hand."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.fraud.own_table.splits import customer_fold, time_fold, weekly_folds
from models.fraud.own_table.transactions import Transactions, transactions

FIRST = datetime(2024, 1, 1, 10)


def one_a_day(days: int, frauds: dict[int, str], **more: pl.Series) -> Transactions:
    """Per day one transaction of each of three cards; `frauds` names the defrauded card of a day."""
    rows = [
        (FIRST + timedelta(days=day, minutes=at), card, 1.0, frauds.get(day) == card)
        for day in range(days)
        for at, card in enumerate("abc")
    ]
    held = pl.DataFrame(rows, schema=["time", "customer", "amount", "label"], orient="row")
    return transactions(held.with_columns(pl.col("time").cast(pl.Datetime("us"))).with_columns(**more))


def test_week_learns_what_was_known_and_leaves_out_compromised_cards() -> None:
    # Day 2: before the seven days, its card is new again. Day 12: known when the week begins (delay of 2 days, week from
    # day 20, seven days are 11 to 17). Day 19: known on day 22, its card is left out from then on.
    data = one_a_day(30, {2: "a", 12: "b", 19: "c"})
    (fold,) = weekly_folds(data, test_start=date(2024, 1, 21), weeks=1, train_days=16, label_delay_days=2)
    assert (data.days[fold.train].min() - data.days[0], data.days[fold.train].max() - data.days[0]) == (2, 17)
    judged = [(int(data.days[row] - data.days[0]), "abc"[data.codes["customer"][row]]) for row in fold.test]
    assert judged == [(20, "a"), (20, "c"), (21, "a"), (21, "c")] + [(day, "a") for day in range(22, 27)]
    assert fold.removed == 7 * 3 - 9


def test_weeks_follow_each_other() -> None:
    folds = weekly_folds(one_a_day(40, {8: "a"}), test_start=date(2024, 1, 21), weeks=2, train_days=20, label_delay_days=2)
    assert [fold.name for fold in folds] == ["2024-01-21", "2024-01-28"]


def test_time_split_waits_for_labels() -> None:
    data = one_a_day(10, {1: "a"})
    fold = time_fold(data, test_share=0.3, label_delay_days=2)
    assert data.days[fold.test].min() - data.days[0] == 7
    assert data.instants[fold.train].max() < data.instants[fold.test].min() - 2 * 86_400_000_000


def test_a_week_outside_the_table_says_where_the_table_lies() -> None:
    with pytest.raises(InvalidInputError, match="2024-01-01 to 2024-01-30"):
        weekly_folds(one_a_day(30, {2: "a"}), test_start=date(2025, 1, 1), weeks=1, train_days=7, label_delay_days=2)


def test_no_known_fraud_is_told_as_such() -> None:
    with pytest.raises(EmptyTrainingSetError, match="0 frauds"):
        time_fold(one_a_day(10, {9: "a"}), test_share=0.3, label_delay_days=0)


def test_customers_of_the_test_file_are_judged() -> None:
    data = one_a_day(3, {0: "a", 1: "b"}, is_held_out=pl.col("customer") == "b")
    fold = customer_fold(data)
    assert set(data.codes["customer"][fold.test]) == {1}
    assert len(fold.train) == 6
