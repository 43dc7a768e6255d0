"""What came before each row, per identity: counts, sums and firsts over windows of the past, each by two binary searches.

`models.fraud.velocity.Clock` counts attempts up to now; here a window may also end some days ago, since labels become
known late, and sums are of any number.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.fraud.own_table.transactions import Floats, Integers

HOUR = 3_600_000_000
DAY = 24 * HOUR
EVER = 1 << 62


class Instants:
    """The distinct instants of all rows, and for every row the place in them at which its windows begin or end."""

    def __init__(self, instants: Integers) -> None:
        self.values = instants
        self.distinct, rank = np.unique(instants, return_inverse=True)
        self.rank = rank.astype(np.int64)
        self._bounds: dict[int, Integers] = {}

    def first_after(self, age: int) -> Integers:
        """Rank of the first instant that is younger than `age` at each row."""
        if age >= EVER:
            return np.zeros(len(self.values), dtype=np.int64)
        if age not in self._bounds:
            self._bounds[age] = np.searchsorted(self.distinct, self.values - age, side="right").astype(np.int64)
        return self._bounds[age]


@dataclass(frozen=True)
class Window:
    """For every row (in the order of the history) the places `low` to `high` of its past; `high` is exclusive."""

    low: npt.NDArray[np.int32]
    high: npt.NDArray[np.int32]


class History:
    """The rows of one kind of identity, sorted by identity and time.

    Answers come in the order of the rows as given; a row without the identity gets NaN.
    """

    def __init__(self, codes: Integers, instants: Instants) -> None:
        order = np.argsort(codes, kind="stable")  # rows come oldest first and stay so within a code
        self.order = order[np.searchsorted(codes[order], 0) :]
        self.codes = codes[self.order]
        self.instants = instants
        self._size = len(codes)
        self._width = np.int64(len(instants.distinct) + 1)
        self._keys = self.codes * self._width + instants.rank[self.order]
        self._windows: dict[tuple[int, int], Window] = {}

    def window(self, length: int, *, delay: int = 0) -> Window:
        """Rows of the same identity that are younger than `delay + length` and at least `delay` old.

        Without a delay rows at the same instant are left out: while scoring they are not known yet.
        """
        if (length, delay) not in self._windows:
            oldest = self.instants.first_after(delay + length if length < EVER else EVER)
            newest = self.instants.first_after(delay) if delay else self.instants.rank
            self._windows[length, delay] = Window(self._find(oldest), self._find(newest))
        return self._windows[length, delay]

    def count(self, window: Window) -> Floats:
        """Rows in the window."""
        return self._back(window.high - window.low)

    def sum(self, values: Floats, window: Window) -> Floats:
        """Sum of `values` (one per row as given) over the window."""
        return self._back(self._sum(values, window))

    def mean(self, values: Floats, window: Window) -> Floats:
        """Mean of `values` over the window, NaN where it is empty."""
        count = window.high - window.low
        return self._back(np.divide(self._sum(values, window), count, out=np.full(len(count), np.nan), where=count > 0))

    def deviation(self, values: Floats, window: Window) -> Floats:
        """Standard deviation of `values` over the window, NaN below three rows."""
        count = np.maximum(window.high - window.low, 1)
        # Around the mean of all, so that the difference of squares does not lose its digits.
        around = values - values.mean() if len(values) else values
        mean = self._sum(around, window) / count
        variance = self._sum(around**2, window) / count - mean**2
        return self._back(np.where(window.high - window.low >= 3, np.sqrt(np.maximum(variance, 0.0)), np.nan))

    def newest(self, values: Floats, window: Window) -> Floats:
        """The value of the last row in the window, NaN where it is empty."""
        held = values[self.order]
        is_any = window.high > window.low
        return self._back(np.where(is_any, held[np.maximum(window.high - 1, 0)], np.nan))

    def sum_since_last(self, values: Floats, is_marked: npt.NDArray[np.bool_], window: Window) -> Floats:
        """Sum of `values` over the rows of the window that follow its newest marked one, over all of it if none is."""
        marked = np.append(-1, np.flatnonzero(is_marked[self.order]))
        after = marked[np.searchsorted(marked, window.high) - 1] + 1
        low = np.clip(after, window.low, window.high).astype(np.int32)
        return self._back(self._sum(values, Window(low, window.high)))

    def highest_ever(self, values: Floats) -> Floats:
        """The highest of the non-negative `values` at earlier instants, NaN where there is none."""
        held = values[self.order]
        # Each identity is lifted above the one before, so one running maximum serves all.
        lift = self.codes * (2.0 * float(held.max(initial=0.0)) + 1.0)
        running = np.maximum.accumulate(held + lift) - lift
        window = self.window(EVER)
        return self._back(np.where(window.high > window.low, running[np.maximum(window.high - 1, 0)], np.nan))

    def seconds_since_first(self, is_marked: npt.NDArray[np.bool_], window: Window) -> Floats:
        """Seconds since the oldest marked row in the window, NaN where none is marked."""
        marked = np.append(np.flatnonzero(is_marked[self.order]), len(self.order))
        return self._since(marked[np.searchsorted(marked, window.low)], window)

    def seconds_since_last(self, is_marked: npt.NDArray[np.bool_], window: Window) -> Floats:
        """Seconds since the newest marked row in the window, NaN where none is marked."""
        marked = np.append(-1, np.flatnonzero(is_marked[self.order]))
        return self._since(marked[np.searchsorted(marked, window.high) - 1], window)

    def _since(self, place: Integers, window: Window) -> Floats:
        own = self.instants.values[self.order]
        is_inside = (place >= window.low) & (place < window.high)
        seconds = (own - own[np.where(is_inside, place, 0)]) / 1e6
        return self._back(np.where(is_inside, seconds, np.nan))

    def _sum(self, values: Floats, window: Window) -> Floats:
        total = np.concatenate(([0.0], np.cumsum(values[self.order])))
        return np.asarray(total[window.high] - total[window.low])

    def _find(self, rank: Integers) -> npt.NDArray[np.int32]:
        # Asked in the order of the keys: neighbours look at the same memory.
        return np.searchsorted(self._keys, self.codes * self._width + rank[self.order]).astype(np.int32)

    def _back(self, values: npt.NDArray[np.generic]) -> Floats:
        out = np.full(self._size, np.nan)
        out[self.order] = values
        return out
