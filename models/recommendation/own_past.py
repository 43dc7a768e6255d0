"""What each customer did with each product before: what a list that may hold it again has to go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.ragged import gather, looked_up
from models.recommendation.sources import Asked, FloatTable

OWN_FIGURES = ("own_weight", "own_days", "own_days_since", "own_share_of_days", "own_due")


@dataclass(frozen=True)
class OwnPast:
    """Tables of customer × product and figures beside them.

    Attributes:
        days: on how many different days the customer did something with the product.
        since: days since the last time, plus one.
        first: days since the first time, plus one.
        visits: on how many different days each customer did anything.
        repeat_rate: per product, the share of its customers who came back to it on another day.
    """

    days: sparse.csr_matrix
    since: sparse.csr_matrix
    first: sparse.csr_matrix
    visits: FloatTable
    repeat_rate: FloatTable

    @classmethod
    def of(
        cls,
        customers: NDArray[np.integer],
        products: NDArray[np.integer],
        age_days: NDArray[np.floating],
        shape: tuple[int, int],
    ) -> OwnPast:
        """The tables of interactions given as flat arrays; ages are days until the last instant known."""
        day = np.floor(age_days).astype(np.int32)
        span = np.int64(day.max(initial=0) + 1)
        visits = np.bincount(_different(customers, span, day) // span, minlength=shape[0])
        # One entry per customer, product and day, in that order.
        entries = _different(customers, np.int64(shape[1]), products, span, day)
        ages = (entries % span).astype(np.int32)
        entries //= span
        starts = np.flatnonzero(np.append(True, entries[1:] != entries[:-1])) if len(entries) else np.empty(0, dtype=np.intp)
        counts = np.diff(np.append(starts, len(entries)))
        pairs = entries[starts]
        columns = (pairs % shape[1]).astype(np.int32)
        ends = np.append(0, np.cumsum(np.bincount(pairs // shape[1], minlength=shape[0])))

        def table(values: NDArray[np.number]) -> sparse.csr_matrix:
            # All three share their places.
            return sparse.csr_matrix((values.astype(np.float32), columns, ends), shape=shape)

        takers = np.bincount(columns, minlength=shape[1])
        again = np.bincount(columns[counts > 1], minlength=shape[1])
        return cls(
            days=table(counts),
            since=table(ages[starts] + 1),
            first=table(ages[starts + counts - 1] + 1),
            visits=visits.astype(np.float32),
            repeat_rate=(again / np.maximum(takers, 1)).astype(np.float32),
        )

    def figures(self, asked: Asked, rows: NDArray[np.intp], products: NDArray[np.intp]) -> Sequence[NDArray[np.floating]]:
        """The columns of `OWN_FIGURES` for asked rows and products; NaN where a customer never had to do with a product.

        A product is due when the time since the last time reaches the customer's usual pause between two times.
        """

        width = np.int64(self.days.shape[1])
        wanted = rows * width + products
        known = np.flatnonzero(asked.customers >= 0)
        # The three tables hold the same pairs in the same order.
        entries, owner = gather(self.days.indptr, asked.customers[known])
        pairs = known[owner] * width + self.days.indices[entries]
        days, since, first = (looked_up(wanted, pairs, table.data[entries]) for table in (self.days, self.since, self.first))
        profile_rows = np.repeat(np.arange(len(asked)), np.diff(asked.profiles.indptr))
        weight = looked_up(wanted, profile_rows * width + asked.profiles.indices, asked.profiles.data)
        weight = np.where(weight > 0, weight, np.float32(np.nan))
        customers = asked.customers[rows]
        visits = np.where(customers >= 0, self.visits[np.maximum(customers, 0)], np.float32(np.nan))
        pause = np.divide(first - since, days - 1, out=np.full(len(days), np.nan, dtype=np.float32), where=days > 1)
        return weight, days, since - 1, days / visits, since / pause


def _different(first: NDArray[np.integer], *rest: NDArray[np.integer] | np.int64) -> NDArray[np.int64]:
    """The different values of first × width + second, and so on, in order; worked out in place, for tables are long."""
    keys = first.astype(np.int64)
    for width, part in zip(rest[::2], rest[1::2], strict=True):
        keys *= width
        keys += part
    keys.sort()
    return keys[np.append(True, keys[1:] != keys[:-1])] if len(keys) else keys
