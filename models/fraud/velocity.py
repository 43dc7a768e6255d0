"""How often an identity was used shortly before: the counters of `marketplace.contracts.fraud.Velocity`, vectorised.

Training computes them here for a whole history at once; checkout counts the same over the live attempts table. Both look
back over the open interval (attempted_at - window, attempted_at): the attempt itself and others at the same instant are
not counted, because while scoring they are not known yet.

Every count is a difference of two binary searches. Instants become their rank among all instants, so that identity and
instant fit one sorted integer key. A value that occurs at t is in the window of every attempt in (t, t + window); those
intervals are merged per value, and as many values are distinct as merged intervals are open. That takes n log n steps
also where one device makes all the attempts.
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
    """Counts over the windows before given instants (int64, any unit of microseconds), per group code (-1: no group)."""

    def __init__(self, instants: Integers) -> None:
        self.instants = instants
        self.distinct_instants, rank = np.unique(instants, return_inverse=True)
        self.rank = rank.astype(np.int64)
        self.width = len(self.distinct_instants) + 1

    def count(self, group: Integers, window: timedelta) -> Integers:
        """Earlier rows of the same group within the window."""
        known = group >= 0
        keys = np.sort(self._key(group, self.rank)[known])
        return self._between(keys, keys, group, window)

    def sum(self, group: Integers, window: timedelta, amounts: Integers) -> Integers:
        """Sum of `amounts` over the earlier rows of the same group within the window."""
        known = np.flatnonzero(group >= 0)
        keys = self._key(group, self.rank)[known]
        order = np.argsort(keys, kind="stable")
        total = np.concatenate(([0], np.cumsum(amounts[known][order])))
        low, high = self._bounds(keys[order], keys[order], group, window)
        return np.where(group >= 0, total[high] - total[low], 0)

    def count_distinct(self, group: Integers, window: timedelta, value: Integers) -> Integers:
        """Distinct known `value`s among the earlier rows of the same group within the window."""
        known = np.flatnonzero((group >= 0) & (value >= 0))
        if not known.size:
            return np.zeros(len(group), dtype=np.int64)
        order = known[np.lexsort((self.instants[known], value[known], group[known]))]
        is_new = np.ones(len(order), dtype=bool)
        is_new[1:] = (
            (np.diff(group[order]) != 0) | (np.diff(value[order]) != 0) | (np.diff(self.instants[order]) >= _microseconds(window))
        )
        keys = self._key(group, self.rank)[order]
        is_last = np.append(is_new[1:], True)
        return self._between(np.sort(keys[is_new]), np.sort(keys[is_last]), group, window)

    def _between(self, opened: Integers, closed: Integers, group: Integers, window: timedelta) -> Integers:
        low, high = self._bounds(opened, closed, group, window)
        return np.where(group >= 0, high - low, 0)

    def _bounds(self, opened: Integers, closed: Integers, group: Integers, window: timedelta) -> tuple[Integers, Integers]:
        """How many `opened` keys lie before each row, and how many `closed` keys had left its window by then."""
        oldest = np.searchsorted(self.distinct_instants, self.instants - _microseconds(window), side="right")
        high = np.searchsorted(opened, self._key(group, self.rank))
        low = np.searchsorted(closed, self._key(group, oldest.astype(np.int64)))
        return low.astype(np.int64), high.astype(np.int64)

    def _key(self, group: Integers, rank: Integers) -> Integers:
        return group * self.width + rank


def _pairs(first: Integers, second: Integers) -> Integers:
    """One code per pair of two identities, -1 where either is unknown."""
    known = (first >= 0) & (second >= 0)
    codes = np.full(len(first), -1, dtype=np.int64)
    codes[known] = np.unique(first[known] * (second.max(initial=0) + 1) + second[known], return_inverse=True)[1]
    return codes


def _microseconds(window: timedelta) -> int:
    return window // timedelta(microseconds=1)
