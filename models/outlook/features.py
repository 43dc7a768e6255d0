"""Recency, frequency and money as of a day: one function for training and for predictions, past only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WINDOWS = (7, 14, 28, 56, 90, 180)
MONEY_WINDOWS = (28, 56, 90, 180)
FEATURES = (
    "sale_day_count",
    "known_days",
    "active_span_days",
    "silent_days",
    "usual_gap_days",
    "silent_gaps",
    "amount_mean",
    "amount_total",
    *(f"sale_day_count_{days}d" for days in WINDOWS),
    *(f"amount_{days}d" for days in MONEY_WINDOWS),
    "amount_last_horizon",
)


@dataclass(frozen=True)
class Activity:
    """Days of sale of customers or sellers as arrays, in any order.

    Attributes:
        entity_ids: each once, sorted; `entity` are places in it.
        day: days since 1970. amount: minor units of `currency`, whose names are `currencies`.
    """

    entity_ids: NDArray[np.str_]
    currencies: NDArray[np.str_]
    entity: NDArray[np.intp]
    day: NDArray[np.int64]
    amount: Floats
    currency: NDArray[np.intp]

    @classmethod
    def of(cls, frame: pd.DataFrame, entity: str) -> Activity:
        """The activity in a frame with `entity`, `sale_date`, `amount_minor` and `currency`."""
        ids, codes = np.unique(frame[entity].to_numpy(dtype=str), return_inverse=True)
        currencies, currency = np.unique(frame["currency"].to_numpy(dtype=str), return_inverse=True)
        days = pd.to_datetime(frame["sale_date"]).to_numpy().astype("datetime64[D]").astype(np.int64)
        return cls(ids, currencies, codes, days, frame["amount_minor"].to_numpy(dtype=np.float64), currency)

    def between(self, first: int, end: int) -> tuple[Floats, Floats]:
        """Per entity the days with a sale and the amount from day `first` until before day `end`."""
        chosen = (self.day >= first) & (self.day < end)
        size = len(self.entity_ids)
        counts = np.bincount(self.entity[chosen], minlength=size).astype(np.float64)
        amounts = np.bincount(self.entity[chosen], weights=self.amount[chosen], minlength=size)
        return counts, amounts.astype(np.float64)


@dataclass(frozen=True)
class Known:
    """What is known of everybody who had a sale before day `cut`; rows of all arrays belong together.

    Attributes:
        rows: places in the activity's `entity_ids`.
        table: rows × `FEATURES`; amounts are in `typical`, the mean amount of a day of sale in the entity's currency.
        typical: minor units, from before `cut`, so that currencies can be learned from together.
    """

    rows: NDArray[np.intp]
    table: Floats
    typical: Floats
    currency: NDArray[np.intp]
    last_day: NDArray[np.int64]

    def feature(self, name: str) -> Floats:
        """One column of the table."""
        return self.table[:, FEATURES.index(name)]

    def inputs(self) -> Floats:
        """What the regressions read: everything counts by its order of magnitude."""
        return np.log1p(self.table)


def known_at(activity: Activity, cut: int, *, horizon: int) -> Known:
    """Everybody's past as of the beginning of day `cut`; nothing on or after it is looked at."""
    size = len(activity.entity_ids)
    past = activity.day < cut
    entity, day = activity.entity[past], activity.day[past]
    sums = np.bincount(activity.currency[past], weights=activity.amount[past], minlength=len(activity.currencies))
    typical = sums / np.maximum(np.bincount(activity.currency[past], minlength=len(activity.currencies)), 1)
    relative = activity.amount[past] / np.maximum(typical, 1)[activity.currency[past]]

    first, last = np.full(size, cut), np.full(size, -1)
    np.minimum.at(first, entity, day)
    np.maximum.at(last, entity, day)
    currency = np.zeros(size, dtype=np.intp)
    order = np.argsort(day, kind="stable")
    currency[entity[order]] = activity.currency[past][order]

    def count(since: int) -> Floats:
        return np.bincount(entity[day >= since], minlength=size).astype(np.float64)

    def amount(since: int) -> Floats:
        return np.bincount(entity[day >= since], weights=relative[day >= since], minlength=size).astype(np.float64)

    total_days, total = count(0), amount(0)
    span, silent = (last - first).astype(np.float64), (cut - last).astype(np.float64)
    gap = span / np.maximum(total_days - 1, 1)
    columns = (
        total_days,
        (cut - first).astype(np.float64),
        span,
        silent,
        gap,
        silent / np.maximum(gap, 1),
        total / np.maximum(total_days, 1),
        total,
        *(count(cut - days) for days in WINDOWS),
        *(amount(cut - days) for days in MONEY_WINDOWS),
        amount(cut - horizon),
    )
    rows = np.flatnonzero(total_days)
    table = np.maximum(np.column_stack(columns)[rows], 0)
    return Known(rows, table, typical[currency[rows]], currency[rows], last[rows])
