"""How often an identity was used shortly before: the counters of `marketplace.contracts.fraud.Velocity`, vectorised.

Training computes them here for a whole history at once; checkout counts the same over the live attempts table. Both look
back over the open interval (attempted_at - window, attempted_at): the attempt itself and others at the same instant are
not counted, because while scoring they are not known yet. Counters of a seller end a lag earlier (`SELLER_LAG`), and long ones
begin on the hour (`WHOLE_HOURS_FROM`).

Every count is a difference of two places in the attempts sorted by identity and instant. A value that occurs at t is in the
window of every attempt in (t + lag, t + window), or until the window after the end of t's hour; those intervals are merged per
value, and as many values are distinct as merged intervals are open. That takes n log n steps also where one device makes all the
attempts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace.errors import MissingColumnsError
from marketplace.velocity_counters import AMOUNT, ATTEMPTS, COUNTERS, IDENTITY_COLUMNS, SELLER, WHOLE_HOURS_FROM, Counter
from models.fraud.sorting import Flags, Integers, blocks, changes, identity_codes, rising_order, sorted_rows

_HOUR = timedelta(hours=1) // timedelta(microseconds=1)

VELOCITY_COLUMNS = tuple(counter.name for counter in COUNTERS)
_NEEDED = (*IDENTITY_COLUMNS.values(), "amount_minor", "attempted_at")


def velocity(attempts: pd.DataFrame, counters: Sequence[Counter] = COUNTERS) -> pd.DataFrame:
    """One integer column per counter, aligned with `attempts.index`; an unknown identity counts zero.

    Args:
        attempts: one row per payment attempt, in any order: `customer_id`, `device_id`, `card_token`,
            `shipping_address_hash`, `seller_id` (None where unknown), `amount_minor` (integer), `attempted_at` (UTC).
    Raises:
        MissingColumnsError: a column is absent.
    """
    missing = [column for column in _NEEDED if column not in attempts]
    if missing:
        raise MissingColumnsError(f"payment attempts lack {', '.join(missing)}; read them from marts.fct_payment_attempts")
    clock = Clock(pd.DatetimeIndex(pd.to_datetime(attempts["attempted_at"], utc=True)).as_unit("us").asi8)
    codes = {identity: identity_codes(attempts[column]) for identity, column in IDENTITY_COLUMNS.items()}
    amounts = attempts["amount_minor"].to_numpy(np.int64)
    # What is found of an attempt by one identity lies next to each other and is written at once.
    found = np.zeros((len(attempts), len(counters)), dtype=np.int64)
    names: list[str] = []
    for identity in codes:
        own = [counter for counter in counters if counter.shared[-1] == identity]
        columns = slice(len(names), len(names) + len(own))
        names += [counter.name for counter in own]
        hours_from = WHOLE_HOURS_FROM if identity == SELLER else None
        for rows in clock.groups(codes[identity], lag=own[0].lag, hours_from=hours_from) if own else ():
            found[rows.places, columns] = np.stack(list(map(_asker(rows, codes, amounts), own)), axis=1)
    table = pd.DataFrame(found, index=attempts.index, columns=names, copy=False)
    asked = [counter.name for counter in counters]
    return table if names == asked else table[asked]


def _asker(rows: "Groups", codes: Mapping[str, Integers], amounts: Integers) -> Callable[[Counter], Integers]:
    """What gives a counter of rows that are grouped by the last of its shared identities; each further grouping is made once."""
    further: dict[str, Pairs] = {}

    def pairs(identity: str) -> Pairs:
        if identity not in further:
            further[identity] = rows.pairs(codes[identity])
        return further[identity]

    def ask(counter: Counter) -> Integers:
        if len(counter.shared) == 2:
            groups = pairs(counter.shared[0])
            return groups.among_all(groups.count(counter.window))
        if counter.counted == ATTEMPTS:
            return rows.count(counter.window)
        if counter.counted == AMOUNT:
            return rows.sum(counter.window, amounts)
        return pairs(counter.counted).distinct(counter.window)

    return ask


class Clock:
    """Rows at given instants (int64 microseconds), to be counted in groups over the windows before each."""

    def __init__(self, instants: Integers) -> None:
        self.instants, self._order = instants, rising_order(instants)

    def groups(
        self, codes: Integers, *, lag: timedelta = timedelta(0), hours_from: timedelta | None = None
    ) -> Iterator["Groups"]:
        """The rows that share a code (from 0 without gaps, -1: no group), some whole groups at a time.

        Windows end `lag` before each row; none may be shorter. Those of `hours_from` or more begin on the hour.
        """
        for rows, is_first in blocks(codes if self._order is None else codes[self._order]):
            places = rows if self._order is None else self._order[rows]
            yield Groups(places, self.instants[places], is_first, lag=_microseconds(lag), hours_from=hours_from)

    def count_distinct(self, group: Integers, value: Integers, *windows: timedelta) -> list[Integers]:
        """Per window the distinct known `value`s among the earlier rows of the same group, for every row as given."""
        found = [np.zeros(len(group), dtype=np.int64) for _ in windows]
        for rows in self.groups(group):
            pairs = rows.pairs(value)
            for counts, window in zip(found, windows, strict=True):
                counts[rows.places] = pairs.distinct(window)
        return found


class Groups:
    """Rows in the order of group and instant; what is counted of them comes in that order.

    Attributes:
        places: theirs among the rows of the clock. start: the first of each one's group, as a place here.
        end: the first at the instant of each, or at most `lag` microseconds before; earlier rows are `start` to `end`, exclusive.
    """

    def __init__(
        self, places: Integers, instants: Integers, is_first: Flags, *, lag: int = 0, hours_from: timedelta | None = None
    ) -> None:
        self.places, self.instants, self.is_first, self.lag, self.hours_from = places, instants, is_first, lag, hours_from
        self.start = _latest(is_first)
        self.end = _latest(is_first | changes(instants))
        if lag:
            self.end = self._first_after(instants - lag - 1, instants)
        self._begins: dict[timedelta, Integers] = {}

    def count(self, window: timedelta) -> Integers:
        """Earlier rows of the same group within the window."""
        return self.end - self.begin(window)

    def sum(self, window: timedelta, amounts: Integers) -> Integers:
        """Sum of `amounts` (one per row of the clock) over the earlier rows of the same group within the window."""
        total = _running(amounts[self.places])
        return total[self.end] - total[self.begin(window)]

    def pairs(self, values: Integers) -> "Pairs":
        """The rows grouped further, by a code of each row of the clock (-1: unknown, left out)."""
        rows, ordered = sorted_rows(values[self.places])
        return Pairs(self, rows, changes(ordered) | changes(self.start[rows]))

    def begin(self, window: timedelta) -> Integers:
        """The first row of each one's group that lies within its window, `end` if none does."""
        if window not in self._begins:
            self._begins[window] = self._first_after(self.instants - _microseconds(window), self.counted_from(window))
        return self._begins[window]

    def counted_from(self, window: timedelta) -> Integers:
        """The instants from which each row is seen for a window: its own, or the end of its hour."""
        if self.hours_from is None or window < self.hours_from:
            return self.instants
        return self._hour_ends

    @cached_property
    def _hour_ends(self) -> Integers:
        return (self.instants // _HOUR + 1) * _HOUR

    def _first_after(self, oldest: Integers, instants: Integers) -> Integers:
        """The first row of each one's group whose instant is later than its `oldest`, `end` if none before that is."""
        # Nearly always the whole past of a group lies inside, or nothing of it.
        is_whole = instants[self.start] > oldest
        begin = np.where(is_whole, self.start, self.end)
        rest = np.flatnonzero(~is_whole & (instants[self.end - 1] > oldest))
        if len(rest):
            outside, inside, oldest = self.start[rest], self.end[rest] - 1, oldest[rest]
            for _ in range(int((inside - outside).max()).bit_length()):
                middle = (outside + inside) >> 1
                is_inside = instants[middle] > oldest
                inside = np.where(is_inside, middle, inside)
                outside = np.where(is_inside, outside, middle)
            begin[rest] = inside
        return begin


class Pairs(Groups):
    """The rows of `groups` that share a second identity too; `within` are their places among those."""

    def __init__(self, groups: Groups, within: Integers, is_first: Flags) -> None:
        super().__init__(groups.places[within], groups.instants[within], is_first, lag=groups.lag, hours_from=groups.hours_from)
        self._groups, self._within = groups, within

    def among_all(self, values: Integers) -> Integers:
        """For every row of `groups` its own of `values`, zero where the second identity is unknown."""
        found = np.zeros(len(self._groups.places), dtype=np.int64)
        found[self._within] = values
        return found

    def distinct(self, window: timedelta) -> Integers:
        """For every row of `groups`, the distinct second identities among its earlier rows within the window."""
        groups = self._groups
        opens = self.is_first.copy()
        opens[1:] |= self.instants[1:] - self.counted_from(window)[:-1] >= _microseconds(window) - self.lag
        opened, closed = np.zeros((2, len(groups.places)), dtype=np.bool_)
        opened[self._within] = opens
        closed[self._within] = np.append(opens[1:], True)[: len(opens)]
        return _running(opened)[groups.end] - _running(closed)[groups.begin(window)]


def _latest(is_marked: Flags) -> Integers:
    """The last marked place up to each."""
    latest: Integers = np.maximum.accumulate(np.where(is_marked, np.arange(len(is_marked)), 0))
    return latest


def _running(values: npt.NDArray[np.generic]) -> Integers:
    """The sum of all values before each place, and of all at the end."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return total


def _microseconds(window: timedelta) -> int:
    return window // timedelta(microseconds=1)
