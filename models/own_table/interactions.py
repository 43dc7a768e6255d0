"""Interactions of any table as flat arrays, cut at an instant: what was known before, and what came after."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.tables import Table, encode

MICROSECONDS_PER_DAY = 86_400_000_000
# One order of a thousand pieces would otherwise weigh more than a whole shop.
_MOST_WEIGHT = 10.0


@dataclass(frozen=True)
class Interactions:
    """One entry per row, in order of time, customer, product and weight, whatever the order of the rows was.

    Attributes:
        customers, products: positions in `customer_ids` and `product_ids`, both sorted.
        instants: microseconds since 1970.
        weights: 1 for the usual row, at most 10.
    """

    customer_ids: NDArray[np.str_]
    product_ids: NDArray[np.str_]
    customers: NDArray[np.int32]
    products: NDArray[np.int32]
    instants: NDArray[np.int64]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.customers)

    @classmethod
    def of(cls, table: Table) -> Interactions:
        """The interactions of a table with the roles customer, product, time and perhaps weight.

        Weights are divided by their median.
        """
        customer_ids, customers = encode(table.frame["customer"])
        product_ids, products = encode(table.frame["product"])
        instants = table.frame["time"].to_physical().to_numpy()
        if "weight" in table.frame.columns:
            raw = table.frame["weight"].to_numpy()
            weights = np.minimum(raw / np.median(raw), _MOST_WEIGHT).astype(np.float32)
        else:
            weights = np.ones(len(customers), dtype=np.float32)
        order = np.lexsort((weights, products, customers, instants))
        return cls(customer_ids, product_ids, customers[order], products[order], instants[order], weights[order])

    def between(self, start: int | None, stop: int | None) -> Interactions:
        """Those at or after `start` and before `stop`, with the same ids."""
        first = 0 if start is None else int(np.searchsorted(self.instants, start))
        last = len(self) if stop is None else int(np.searchsorted(self.instants, stop))
        return self._only(slice(first, last))

    def compact(self) -> Interactions:
        """The same entries with only the ids that occur in them."""
        has_customer, has_product = (
            _present(self.customers, len(self.customer_ids)),
            _present(self.products, len(self.product_ids)),
        )
        return Interactions(
            self.customer_ids[has_customer],
            self.product_ids[has_product],
            (np.cumsum(has_customer, dtype=np.int32) - 1)[self.customers],
            (np.cumsum(has_product, dtype=np.int32) - 1)[self.products],
            self.instants,
            self.weights,
        )

    def frequent(self, least: int) -> Interactions:
        """The entries of customers and of products that each have `least` entries or more."""
        if least <= 1:
            return self
        customers, products = np.bincount(self.customers), np.bincount(self.products)
        return self._only((customers[self.customers] >= least) & (products[self.products] >= least))

    def positions_in(self, past: Interactions) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Each entry's customer and product as positions in the ids of `past`, -1 where it does not know them."""
        return (
            _located(self.customer_ids, past.customer_ids)[self.customers],
            _located(self.product_ids, past.product_ids)[self.products],
        )

    def _only(self, part: slice | NDArray[np.bool_]) -> Interactions:
        return replace(
            self,
            customers=self.customers[part],
            products=self.products[part],
            instants=self.instants[part],
            weights=self.weights[part],
        )


def last_days(interactions: Interactions, days: int) -> int:
    """The midnight (UTC) with which the last `days` calendar days begin, the last day with any row counted whole."""
    last_day = int(interactions.instants[-1]) // MICROSECONDS_PER_DAY
    return (last_day + 1 - days) * MICROSECONDS_PER_DAY


def shown(instant: int) -> str:
    """An instant as people read it."""
    return str(pl.Series([instant]).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M")[0])


def _present(codes: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    present = np.zeros(count, dtype=bool)
    present[codes] = True
    return present


def _located(ids: NDArray[np.str_], known: NDArray[np.str_]) -> NDArray[np.intp]:
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.asarray(np.where(known[at] == ids, at, -1), dtype=np.intp)
