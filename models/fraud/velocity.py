"""How often an identity was used shortly before: the counters of `marketplace.contracts.fraud.Velocity`, vectorised.

Training computes them here for a whole history at once; checkout counts the same over the live attempts table. Both look
back over the open interval (attempted_at - window, attempted_at): the attempt itself and others at the same instant are
not counted, because while scoring they are not known yet.

Every count is a difference of two places in the attempts sorted by identity and instant. Instants become their rank among
all instants, so that identity and instant fit one integer key. A value that occurs at t is in the window of every attempt in
(t, t + window); those intervals are merged per value, and as many values are distinct as merged intervals are open. That
takes n log n steps also where one device makes all the attempts.
"""

from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace.contracts.fraud import Velocity
from marketplace.errors import MissingColumnsError

Integers = npt.NDArray[np.int64]

HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
QUARTER = timedelta(days=90)
VELOCITY_COLUMNS = tuple(Velocity.model_fields)
_NEEDED = ("customer_id", "device_id", "card_token", "shipping_address_hash", "amount_minor", "attempted_at")


def velocity(attempts: pd.DataFrame) -> pd.DataFrame:
    """One column per field of `Velocity`, aligned with `attempts.index`; an unknown identity counts zero.

    Args:
        attempts: one row per payment attempt, in any order: `customer_id`, `device_id`, `card_token`,
            `shipping_address_hash` (None where unknown), `amount_minor` (integer), `attempted_at` (UTC).
    Raises:
        MissingColumnsError: a column is absent.
    """
    missing = [column for column in _NEEDED if column not in attempts]
    if missing:
        raise MissingColumnsError(f"payment attempts lack {', '.join(missing)}; read them from marts.fct_payment_attempts")
    clock = Clock(pd.DatetimeIndex(pd.to_datetime(attempts["attempted_at"], utc=True)).as_unit("us").asi8)
    codes = {name: pd.factorize(attempts[name])[0].astype(np.int64) for name in _NEEDED[:4]}
    customer, device, card, address = codes.values()
    columns = {
        "customer_attempts_1h": clock.count(customer, HOUR),
        "customer_attempts_24h": clock.count(customer, DAY),
        "customer_amount_minor_24h": clock.sum(customer, DAY, attempts["amount_minor"].to_numpy(np.int64)),
        "device_attempts_1h": clock.count(device, HOUR),
        "device_attempts_24h": clock.count(device, DAY),
        "device_customers_24h": clock.count_distinct(device, DAY, customer),
        "device_cards_24h": clock.count_distinct(device, DAY, card),
        "card_attempts_1h": clock.count(card, HOUR),
        "card_attempts_24h": clock.count(card, DAY),
        "card_customers_24h": clock.count_distinct(card, DAY, customer),
        "address_customers_24h": clock.count_distinct(address, DAY, customer),
        "customer_attempts_90d": clock.count(customer, QUARTER),
        "customer_device_attempts_90d": clock.count(_pairs(customer, device), QUARTER),
        "customer_card_attempts_90d": clock.count(_pairs(customer, card), QUARTER),
        "customer_address_attempts_90d": clock.count(_pairs(customer, address), QUARTER),
        "device_customers_90d": clock.count_distinct(device, QUARTER, customer),
        "address_customers_90d": clock.count_distinct(address, QUARTER, customer),
    }
    return pd.DataFrame({name: columns[name] for name in VELOCITY_COLUMNS}, index=attempts.index)


class Clock:
    """Counts over the windows before given instants (int64, any unit of microseconds), per group code (-1: no group).

    An array of codes is put in the order of group and instant once, and the window's bounds are searched in that order, so
    that many millions stay in the processor's cache. The arrays are remembered and must not be changed meanwhile.
    """

    def __init__(self, instants: Integers) -> None:
        self.instants = instants
        self.distinct_instants, rank = np.unique(instants, return_inverse=True)
        self.rank = rank.astype(np.int64)
        self._groups: dict[int, tuple[Integers, _ByGroup]] = {}
        self._oldest: dict[timedelta, Integers] = {}

    def count(self, group: Integers, window: timedelta) -> Integers:
        """Earlier rows of the same group within the window."""
        by_group = self._by_group(group)
        return by_group.at_rows(by_group.end - self._begin(by_group, window))

    def sum(self, group: Integers, window: timedelta, amounts: Integers) -> Integers:
        """Sum of `amounts` over the earlier rows of the same group within the window."""
        by_group = self._by_group(group)
        total = _running(amounts[by_group.rows])
        return by_group.at_rows(total[by_group.end] - total[self._begin(by_group, window)])

    def count_distinct(self, group: Integers, window: timedelta, value: Integers) -> Integers:
        """Distinct known `value`s among the earlier rows of the same group within the window."""
        by_group = self._by_group(group)
        place = np.flatnonzero(value[by_group.rows] >= 0)
        rows = by_group.rows[place]
        pair = group[rows] * (value.max(initial=0) + 1) + value[rows]
        order = np.argsort(pair, kind="stable")  # by group, value and instant
        is_new = np.ones(len(order), dtype=bool)
        is_new[1:] = (np.diff(pair[order]) != 0) | (np.diff(self.instants[rows[order]]) >= _microseconds(window))
        is_last = np.append(is_new[1:], True)[: len(order)]
        opened, closed = np.zeros((2, len(by_group.rows)), dtype=bool)
        opened[place[order]], closed[place[order]] = is_new, is_last
        return by_group.at_rows(_running(opened)[by_group.end] - _running(closed)[self._begin(by_group, window)])

    def _begin(self, by_group: "_ByGroup", window: timedelta) -> Integers:
        """How many of the sorted rows lie before the window of each."""
        if window not in by_group.begin:
            if window not in self._oldest:
                instants = self.distinct_instants
                self._oldest[window] = np.searchsorted(instants, instants - _microseconds(window), side="right").astype(np.int64)
            oldest = by_group.keys - by_group.rank + self._oldest[window][by_group.rank]
            by_group.begin[window] = np.searchsorted(by_group.keys, oldest).astype(np.int64)
        return by_group.begin[window]

    def _by_group(self, group: Integers) -> "_ByGroup":
        found = self._groups.get(id(group))
        if found is None or found[0] is not group:
            known = np.flatnonzero(group >= 0)
            keys = group[known] * (len(self.distinct_instants) + 1) + self.rank[known]
            order = np.argsort(keys)
            rows, keys = known[order], keys[order]
            found = self._groups[id(group)] = group, _ByGroup(len(group), rows, keys, self.rank[rows])
        return found[1]


class _ByGroup:
    """The rows of known groups in the order of group and instant.

    Attributes:
        rows: their places. keys: group and rank of the instant in one number, rising. rank: of the instant.
        end: how many of them come before each and are not at its instant. begin: by window, filled by `Clock`.
    """

    def __init__(self, count: int, rows: Integers, keys: Integers, rank: Integers) -> None:
        self.count, self.rows, self.keys, self.rank = count, rows, keys, rank
        is_first = np.append(True, np.diff(keys) != 0)[: len(keys)]
        self.end = np.maximum.accumulate(np.where(is_first, np.arange(len(keys)), 0))
        self.begin: dict[timedelta, Integers] = {}

    def at_rows(self, values: Integers) -> Integers:
        """`values` of the sorted rows at the rows' own places; zero for those of no group."""
        placed = np.zeros(self.count, dtype=np.int64)
        placed[self.rows] = values
        return placed


def _running(values: npt.NDArray[np.generic]) -> Integers:
    """The sum of all values before each place, and of all at the end."""
    total = np.zeros(len(values) + 1, dtype=np.int64)
    np.cumsum(values, out=total[1:])
    return total


def _pairs(first: Integers, second: Integers) -> Integers:
    """One code per pair of two identities, -1 where either is unknown."""
    known = (first >= 0) & (second >= 0)
    codes = np.full(len(first), -1, dtype=np.int64)
    codes[known] = np.unique(first[known] * (second.max(initial=0) + 1) + second[known], return_inverse=True)[1]
    return codes


def _microseconds(window: timedelta) -> int:
    return window // timedelta(microseconds=1)
