"""Rings: customers who hang together by the devices, cards and parcel addresses that they pay with.

Two customers who share one are linked, and so is whoever shares one with either: the connected components of customers and
identifiers, as they were at each UTC midnight, of attempts in the days before it and of frauds known by then. The value of a
past day is of what had happened by then, nothing later is looked at; an attempt that arrives late counts from its own day.

The look-back lets go: who once lived behind the same door does not belong together for ever, and a component that only grows
ends by holding everybody. For the same reason an identifier of more customers than `MOST_CUSTOMERS`, the computer of a library
or the door of an office, links nobody: it says nothing of any two of them, and plain counters tell how many they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Integers = npt.NDArray[np.int64]

WINDOW_DAYS = 90  # the longest look-back of the velocity counters
MOST_CUSTOMERS = 10
IDENTIFIERS = ("device_id", "card_token", "shipping_address_hash")
RING_COLUMNS = {
    "customer_id": ("ring_customer_count_90d", "ring_fraud_count_90d"),
    "device_id": ("device_ring_customer_count_90d", "device_ring_fraud_count_90d"),
}


def ring_history(attempts: pd.DataFrame, label_changes: pd.DataFrame, *, first: int, last: int) -> dict[str, pd.DataFrame]:
    """By entity key the values at the midnights `first` to `last`, a row only where they differ from the midnight before.

    A row has the key, `known_day` and the two `RING_COLUMNS`: customers of the ring, the entity's own among them, and the ring's
    attempts of the window known as fraud by then. Both are 0 once the entity has no attempt in the window any more. A customer
    alone is a ring of one; a device of more than `MOST_CUSTOMERS` customers belongs to no ring and has 0.

    Args:
        attempts: `customer_id`, the `IDENTIFIERS` (None where unknown) and `day` of each attempt, in any order; all of the
            `WINDOW_DAYS` before the midnight before `first` and later.
        label_changes: `customer_id` and `day` of an attempt, `known_day` from whose midnight on its label is known, and `change`:
            1 where it is fraud from then on, -1 where a later label takes that back.
        first, last: midnights, like all days here as whole days since 1970.
    """
    graph = _Graph.of(attempts, label_changes)
    before, rows = graph.values_at(first - 1), {key: list[tuple[Integers, Integers, Integers]]() for key in RING_COLUMNS}
    for day in graph.change_days(first, last):
        now = graph.values_at(day)
        for key, found in rows.items():
            places = np.flatnonzero((now[key] != before[key]).any(axis=1))
            found.append((places, np.full(len(places), day), now[key][places]))
        before = now
    return {key: _frame(key, graph.names[key], found) for key, found in rows.items()}


def _frame(key: str, names: npt.NDArray[Any], rows: list[tuple[Integers, Integers, Integers]]) -> pd.DataFrame:
    if not rows:
        return pd.DataFrame(columns=[key, "known_day", *RING_COLUMNS[key]])
    places, days, values = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    columns = {name: values[:, column] for column, name in enumerate(RING_COLUMNS[key])}
    return pd.DataFrame({key: names[places], "known_day": days, **columns})


@dataclass(frozen=True)
class _Spans:
    """From which midnight to before which one each of some things is in the window."""

    codes: Integers
    since: Integers
    until: Integers

    @classmethod
    def of(cls, codes: Integers, days: Integers) -> "_Spans":
        """Those of things that happened on `days`: an attempt is in the window at the midnights that end its day and 89 more."""
        order = np.lexsort((days, codes))
        codes, days = codes[order], days[order]
        is_next = np.zeros(len(codes), dtype=np.bool_)
        is_next[1:] = (codes[1:] == codes[:-1]) & (days[1:] - days[:-1] <= WINDOW_DAYS)
        begins = np.flatnonzero(~is_next)
        ends = np.append(begins[1:], len(codes))[: len(begins)] - 1
        return cls(codes[begins], days[begins] + 1, days[ends] + 1 + WINDOW_DAYS)

    def at(self, day: int) -> Integers:
        """The things in the window at this midnight, each once."""
        return self.codes[(self.since <= day) & (day < self.until)]


@dataclass(frozen=True)
class _Graph:
    """Customers and identifiers by number, and when each link stood; a link is customer times identifiers plus identifier."""

    names: dict[str, npt.NDArray[Any]]
    identifier_count: int
    customers: _Spans
    links: _Spans
    fraud_customers: Integers
    fraud_days: Integers
    fraud_changes: Integers

    @classmethod
    def of(cls, attempts: pd.DataFrame, label_changes: pd.DataFrame) -> "_Graph":
        customer, customers = pd.factorize(attempts["customer_id"])
        day, count, links, link_days = attempts["day"].to_numpy(np.int64), 0, [], []
        devices: npt.NDArray[Any] = np.array([])
        identifiers: list[tuple[Integers, npt.NDArray[np.bool_]]] = []
        for kind in IDENTIFIERS:
            codes, values = pd.factorize(attempts[kind])
            devices = np.asarray(values) if kind == "device_id" else devices
            identifiers.append((codes + count, codes >= 0))
            count += len(values)
        for codes, is_known in identifiers:
            links.append(customer[is_known] * count + codes[is_known])
            link_days.append(day[is_known])
        of_customer = pd.Index(customers).get_indexer(label_changes["customer_id"])
        frauds = _fraud_changes(label_changes[of_customer >= 0].assign(customer=of_customer[of_customer >= 0]))
        return cls(
            {"customer_id": np.asarray(customers), "device_id": devices},
            count,
            _Spans.of(customer.astype(np.int64), day),
            _Spans.of(np.concatenate(links).astype(np.int64), np.concatenate(link_days)),
            *frauds,
        )

    def change_days(self, first: int, last: int) -> Iterator[int]:
        """The midnights at which anything may change."""
        spans = (self.customers.since, self.customers.until, self.links.since, self.links.until, self.fraud_days)
        days = np.unique(np.concatenate(spans))
        yield from days[(days >= first) & (days <= last)].tolist()

    def values_at(self, day: int) -> dict[str, Integers]:
        """Customers and known frauds of its ring at this midnight, per customer and per device."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        customer_count = len(self.names["customer_id"])
        customer, identifier = np.divmod(self.links.at(day), max(self.identifier_count, 1))
        is_linking = np.bincount(identifier, minlength=self.identifier_count)[identifier] <= MOST_CUSTOMERS
        ends = customer[is_linking], customer_count + identifier[is_linking]
        size = customer_count + self.identifier_count
        links = coo_array((np.ones(len(ends[0]), dtype=np.int8), ends), shape=(size, size))
        ring = connected_components(links, directed=False)[1]
        present = self.customers.at(day)
        is_known = self.fraud_days <= day
        frauds = self.fraud_customers[is_known]
        counts = np.stack(
            [
                np.bincount(ring[present], minlength=size),
                np.bincount(ring[frauds], self.fraud_changes[is_known], minlength=size).astype(np.int64),
            ],
            axis=1,
        )
        of_customer = np.zeros((customer_count, 2), dtype=np.int64)
        of_customer[present] = counts[ring[present]]
        devices = customer_count + np.arange(len(self.names["device_id"]))
        return {"customer_id": of_customer, "device_id": counts[ring[devices]]}


def _fraud_changes(label_changes: pd.DataFrame) -> tuple[Integers, Integers, Integers]:
    """Customer, midnight and change of the count of frauds in the window: when a label is known, and when the attempt leaves."""
    day, known = label_changes["day"].to_numpy(np.int64), label_changes["known_day"].to_numpy(np.int64)
    customer, change = label_changes["customer"].to_numpy(np.int64), label_changes["change"].to_numpy(np.int64)
    leaves = day + 1 + WINDOW_DAYS
    is_seen = known < leaves
    customer, change, enters, leaves = customer[is_seen], change[is_seen], np.maximum(known, day + 1)[is_seen], leaves[is_seen]
    return np.concatenate([customer, customer]), np.concatenate([enters, leaves]), np.concatenate([change, -change])
