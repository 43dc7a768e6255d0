"""What people take on later days, after what they took on this one: co-visitation with a direction."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.sources import keep_largest

# How many of a customer's next days count, each half as much as the one before, and half as much after sixty days' pause.
_DAYS_AHEAD = 3
_HALF_LIFE_DAYS = 60.0
# A day on which somebody took everything says nothing about any of it.
_LONGEST_DAY = 200
_KEPT = 100
# Pairs of products that are weighed, newest first: bounds time and memory whatever the table's size.
_MOST_PAIRS = 60_000_000


def next_days(
    customers: NDArray[np.integer], products: NDArray[np.integer], age_days: NDArray[np.floating], product_count: int
) -> sparse.csr_matrix:
    """From each product to those taken on the same customers' next days, divided by the root of how often both were taken.

    Args:
        age_days: days until the last instant known, one per interaction.
    """
    total, taken = _taken_after(customers, products, age_days, product_count)
    root = (1 / np.sqrt(np.maximum(taken, 1))).astype(np.float32)
    # In place: there may be tens of millions of pairs.
    rows = np.repeat(np.arange(product_count, dtype=np.int32), np.diff(total.indptr))
    total.data *= root[rows]
    total.data *= root[total.indices]
    total.data[rows == total.indices] = 0
    total.eliminate_zeros()
    return keep_largest(total, _KEPT)


def _taken_after(
    customers: NDArray[np.integer], products: NDArray[np.integer], age_days: NDArray[np.floating], product_count: int
) -> tuple[sparse.csr_matrix, NDArray[np.floating]]:
    """Product × product: the faded sum of later days after which the second followed the first; and each one's days."""
    days = np.floor(age_days.max(initial=0.0) - age_days).astype(np.int32)
    span = np.int64(days.max(initial=0) + 1)
    visits, at = np.unique(customers.astype(np.int64) * span + days, return_inverse=True)
    held = sparse.csr_matrix(
        (np.ones(len(products), dtype=np.float32), (at, products)), shape=(len(visits), product_count)
    ).sign()
    sizes = np.diff(held.indptr)
    weights = np.where(sizes <= _LONGEST_DAY, 1 / np.sqrt(np.maximum(sizes, 1)), 0).astype(np.float32)
    taken = np.asarray(held.sum(axis=0)).ravel()
    baskets = sparse.csr_matrix(sparse.diags_array(weights) @ held)
    customer, day = np.divmod(visits, span)
    total = sparse.csr_matrix((product_count, product_count), dtype=np.float32)
    for ahead in range(1, _DAYS_AHEAD + 1):
        first = np.flatnonzero(customer[:-ahead] == customer[ahead:])
        later = first + ahead
        newest = np.argsort(-day[later], kind="stable")
        pairs = np.cumsum(sizes[first[newest]].astype(np.int64) * sizes[later[newest]])
        first = np.sort(first[newest[pairs <= _MOST_PAIRS // _DAYS_AHEAD]])
        later = first + ahead
        faded = (0.5 ** (ahead - 1 + (day[later] - day[first]) / _HALF_LIFE_DAYS)).astype(np.float32)
        total = total + (sparse.diags_array(faded) @ baskets[first]).T @ baskets[later]
    return total, taken
