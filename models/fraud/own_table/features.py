"""Features of each transaction from the past only: how fast, how unlike the own usual, and what became of others by then.

A label counts from the instant at which it was known, its transaction's plus the label delay; labels of a test file never.
`PLAIN` names the handful of columns that the Fraud Detection Handbook computes; the baselines read no others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from models.fraud.own_table.history import DAY, EVER, HOUR, History, Instants
from models.fraud.own_table.transactions import IDENTITIES, NO_TIME, Flags, Floats, Transactions
from models.fraud.velocity import Clock

# A transaction of so many times the own usual amount explains itself; a fraud of less points at the place where it was made.
_HIGH_RATIO = 2.5
_MICROSECONDS = timedelta(microseconds=1)
Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FeatureTable:
    """One column per name for the rows asked for; what is not known is NaN."""

    names: tuple[str, ...]
    matrix: Matrix

    def only(self, names: tuple[str, ...]) -> Matrix:
        """The columns of those names that are there, in their order."""
        return self.matrix[:, [self.names.index(name) for name in names if name in self.names]]


def build_features(data: Transactions, rows: npt.NDArray[np.intp], *, label_delay: timedelta) -> FeatureTable:
    """The features of `rows`; their past is that of all rows of `data`."""
    names: list[str] = []
    columns: list[npt.NDArray[np.float32]] = []
    for name, values in _columns(data, label_delay // _MICROSECONDS):
        names.append(name)
        columns.append(np.asarray(values[rows], dtype=np.float32))
    matrix = np.empty((len(columns), len(rows)), dtype=np.float32)
    # Each column is given back once it is copied, so that the table is never held twice.
    for at in reversed(range(len(columns))):
        matrix[at] = columns.pop()
    return FeatureTable(tuple(names), matrix.T)


def plain_names() -> tuple[str, ...]:
    """The columns of the handbook and what the table says of a row itself: what a simple model would be given."""
    windows = ("1d", "7d", "30d")
    customer = [f"customer_{what}_{window}" for what in ("count", "mean_amount") for window in windows]
    places = [
        f"{place}_{what}_{window}" for place in IDENTITIES[1:] for what in ("known_count", "fraud_rate") for window in windows
    ]
    return ("amount", "is_weekend", "is_night", *customer, *places, "account_age_hours")


def _columns(data: Transactions, delay: int) -> Iterator[tuple[str, Floats]]:
    yield "amount", data.amounts
    yield from _calendar(data)
    instants = Instants(data.instants)
    customers = History(data.codes["customer"], instants)
    usual = customers.mean(data.amounts, customers.window(EVER))
    ratio = data.amounts / np.where(usual > 0, usual, np.nan)
    yield from _own_usual(data, customers, ratio)
    known = np.nan_to_num(ratio, nan=1.0)
    for name, codes in data.codes.items():
        history = customers if name == "customer" else History(codes, instants)
        yield from _velocity(name, data, history)
        yield from _known_labels(name, data, history, known < _HIGH_RATIO, delay)
        if name != "customer":
            for label, length in (("1d", DAY), ("7d", 7 * DAY)):
                yield f"{name}_mean_ratio_{label}", history.mean(known, history.window(length))
            yield from _pairs(name, data, instants)
    yield from _shares(data)
    if data.signed_up is not None:
        age = (data.instants - data.signed_up) / HOUR
        yield "account_age_hours", np.where(data.signed_up == NO_TIME, np.nan, age)


def _calendar(data: Transactions) -> Iterator[tuple[str, Floats]]:
    hour = data.instants % DAY / HOUR
    yield "hour", hour
    # 1970 began on a Thursday.
    yield "is_weekend", ((data.days + 3) % 7 >= 5).astype(np.float64)
    yield "is_night", (hour < 7).astype(np.float64)


def _own_usual(data: Transactions, customers: History, ratio: Floats) -> Iterator[tuple[str, Floats]]:
    yield "amount_over_usual", ratio
    for label, length in (("7d", 7 * DAY), ("30d", 30 * DAY)):
        mean = customers.mean(data.amounts, customers.window(length))
        yield f"amount_over_mean_{label}", data.amounts / np.where(mean > 0, mean, np.nan)
    deviation = customers.deviation(data.amounts, customers.window(30 * DAY))
    mean = customers.mean(data.amounts, customers.window(30 * DAY))
    yield "amount_deviations_30d", (data.amounts - mean) / np.where(deviation > 0, deviation, np.nan)
    highest = customers.highest_ever(data.amounts)
    yield "amount_over_highest", data.amounts / np.where(highest > 0, highest, np.nan)
    is_high = (ratio > _HIGH_RATIO).astype(np.float64)
    for label, length in (("2d", 2 * DAY), ("14d", 14 * DAY)):
        yield f"customer_high_count_{label}", customers.sum(is_high, customers.window(length))


def _velocity(name: str, data: Transactions, history: History) -> Iterator[tuple[str, Floats]]:
    for label, length in (("1h", HOUR), ("6h", 6 * HOUR), ("1d", DAY), ("7d", 7 * DAY), ("30d", 30 * DAY)):
        window = history.window(length)
        yield f"{name}_count_{label}", history.count(window)
        if length >= DAY or name == "customer":
            yield f"{name}_mean_amount_{label}", history.mean(data.amounts, window)
    ever = history.window(EVER)
    yield f"{name}_count_ever", history.count(ever)
    yield f"{name}_seconds_since_last", history.seconds_since_last(np.ones(len(data), bool), ever)


def _known_labels(name: str, data: Transactions, history: History, is_usual: Flags, delay: int) -> Iterator[tuple[str, Floats]]:
    """What is known by now of earlier rows of the same identity; `quiet` frauds are those of a usual amount."""
    is_fraud = data.is_fraud & ~data.is_held_out
    fraud, known = is_fraud.astype(np.float64), (~data.is_held_out).astype(np.float64)
    is_quiet = is_fraud & is_usual
    for label, length in (("1d", DAY), ("7d", 7 * DAY), ("14d", 14 * DAY), ("30d", 30 * DAY)):
        window = history.window(length, delay=delay)
        frauds, count = history.sum(fraud, window), history.sum(known, window)
        yield f"{name}_known_count_{label}", count
        yield f"{name}_fraud_count_{label}", frauds
        yield f"{name}_fraud_rate_{label}", np.divide(frauds, count, out=np.where(np.isnan(count), np.nan, 0.0), where=count > 0)
        yield f"{name}_quiet_fraud_count_{label}", history.sum(is_quiet.astype(np.float64), window)
    ever = history.window(EVER, delay=delay)
    yield f"{name}_newest_known_is_fraud", history.newest(fraud, ever)
    # At a place taken over by fraudsters nothing honest comes between their frauds.
    is_honest = ~data.is_fraud & ~data.is_held_out
    yield f"{name}_quiet_frauds_in_a_row", history.sum_since_last(is_quiet.astype(np.float64), is_honest, ever)
    yield f"{name}_seconds_since_fraud", history.seconds_since_last(is_fraud, ever)
    yield f"{name}_seconds_since_quiet_fraud", history.seconds_since_last(is_quiet, ever)
    month = history.window(30 * DAY, delay=delay)
    yield f"{name}_seconds_since_first_quiet_fraud_30d", history.seconds_since_first(is_quiet, month)


def _pairs(name: str, data: Transactions, instants: Instants) -> Iterator[tuple[str, Floats]]:
    """How well customer and identity know each other."""
    customer, other = data.codes["customer"], data.codes[name]
    width = int(other.max(initial=0)) + 1
    pair = np.where((customer >= 0) & (other >= 0), customer * width + other, -1)
    # Codes without gaps keep the keys of a history small.
    codes = np.unique(pair, return_inverse=True)[1] - (1 if (pair < 0).any() else 0)
    history = History(codes.astype(np.int64), instants)
    yield f"customer_{name}_count_ever", history.count(history.window(EVER))


def _shares(data: Transactions) -> Iterator[tuple[str, Floats]]:
    """How many customers share a device or address, and how many of them a customer uses."""
    clock = Clock(data.instants)
    customer, quarter = data.codes["customer"], timedelta(days=90)
    for name in (name for name in ("device", "ip") if name in data.codes):
        last_day, last_quarter = clock.count_distinct(data.codes[name], customer, timedelta(days=1), quarter)
        yield f"{name}_customers_1d", last_day.astype(np.float64)
        yield f"{name}_customers_90d", last_quarter.astype(np.float64)
        (used,) = clock.count_distinct(customer, data.codes[name], quarter)
        yield f"customer_{name}s_90d", used.astype(np.float64)
