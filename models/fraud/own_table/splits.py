"""Which transactions a model may learn from and by which it is judged: three protocols, all with labels as they were known."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt

from marketplace.errors import EmptyTrainingSetError, InvalidInputError
from models.fraud.own_table.history import DAY
from models.fraud.own_table.transactions import Transactions

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Fold:
    """Positions of rows, oldest first; `name` says which window it is."""

    name: str
    train: Rows
    test: Rows
    removed: int = 0


def weekly_folds(data: Transactions, *, test_start: date, weeks: int, train_days: int, label_delay_days: int) -> list[Fold]:
    """Test weeks one after the other, each after the `train_days` whose labels were known when it began.

    Cards known to be compromised are left out of the test, as the handbook does: those with a fraud of the seven days before
    the label delay, and day by day those whose fraud becomes known during the test week. Seven days, whatever is trained on:
    a card that was defrauded longer ago has been replaced.

    Source: Reproducible Machine Learning for Credit Card Fraud Detection (2022), section 5.3 (`get_train_test_set`).
    """
    first = int(datetime(test_start.year, test_start.month, test_start.day, tzinfo=UTC).timestamp()) * 1_000_000 // DAY
    days, customers = data.days, data.codes["customer"]
    folds = []
    for week in range(weeks):
        start = first + 7 * week
        train = np.flatnonzero((days >= start - label_delay_days - train_days) & (days < start - label_delay_days))
        known_from = start - label_delay_days - min(train_days, 7)
        is_kept = np.zeros(len(data), dtype=bool)
        for day in range(start, start + 7):
            is_known = data.is_fraud & (days >= known_from) & (days < day - label_delay_days)
            is_kept |= (days == day) & ~np.isin(customers, np.unique(customers[is_known]))
        test = np.flatnonzero(is_kept)
        name = f"{date(1970, 1, 1) + timedelta(days=start)}"
        removed = int(((days >= start) & (days < start + 7)).sum()) - len(test)
        folds.append(_checked(data, Fold(name, train, test, removed), f"the week from {name}"))
    return folds


def customer_fold(data: Transactions) -> Fold:
    """Learns from the rows of the first file, is judged by those of the test file; both may lie in the same days."""
    return _checked(data, Fold("test file", np.flatnonzero(~data.is_held_out), np.flatnonzero(data.is_held_out)), "the test file")


def time_fold(data: Transactions, *, test_share: float, label_delay_days: int) -> Fold:
    """Is judged by the last `test_share` of the rows, learns from those whose label was known when the first of them came."""
    if not 0 < test_share < 1:
        raise InvalidInputError(f"the test share is {test_share}; give a share between 0 and 1, such as 0.3")
    start = data.instants[min(int(np.ceil(len(data) * (1 - test_share))), len(data) - 1)]
    # Rows of one instant fall on one side.
    train = np.flatnonzero(data.instants < start - label_delay_days * DAY)
    return _checked(data, Fold("test", train, np.flatnonzero(data.instants >= start)), "the test share")


def _checked(data: Transactions, fold: Fold, where: str) -> Fold:
    span = f"the table runs from {_day(data.instants[0])} to {_day(data.instants[-1])}"
    if not len(fold.test):
        raise InvalidInputError(f"no transaction falls into {where}; {span}")
    frauds = int(data.is_fraud[fold.train].sum())
    if not 0 < frauds < len(fold.train):
        raise EmptyTrainingSetError(
            f"{len(fold.train)} transactions with {frauds} frauds can be learnt from before {where}; {span}. Models need both "
            "outcomes: begin the test later, train on more days, or shorten the label delay"
        )
    return fold


def _day(instant: np.int64) -> date:
    return date(1970, 1, 1) + timedelta(days=int(instant // DAY))
