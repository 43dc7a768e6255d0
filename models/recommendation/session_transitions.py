"""Which product is clicked after which: the very next click, and directional co-visitation over a few clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.recommendation.ragged import places
from models.recommendation.session_neighbours import Sessions

# Clicks farther apart have little to do with each other; one that came before says half as much as one that came after.
_WINDOW = 5
_BACKWARD = 0.5
# Nearest products kept per product: a request reads a few rows, whatever the size of the shop.
_MOST_NEAR = 200
# Unseen clicks added to those after a product, so that one single click is no certainty.
_UNSEEN = 3.0


@dataclass(frozen=True)
class Transitions:
    """Two tables of product × product.

    Attributes:
        next_share: share of the row's clicks after which the column's product was the very next one, itself included.
        near: Σ 1/distance of clicks up to five apart, backwards half, divided by √ of all that leads to the column; rows
            add up to 1. A product is not near itself.
    """

    next_share: sparse.csr_matrix
    near: sparse.csr_matrix

    @classmethod
    def fit(cls, past: Sessions, product_count: int) -> Transitions:
        """Both tables of past sessions."""
        forward = _pairs(past, 2, product_count) / 2
        for distance in range(3, _WINDOW + 1):
            forward = forward + _pairs(past, distance, product_count) / distance
        following = _pairs(past, 1, product_count)
        forward = sparse.csr_matrix(forward + following)
        forward.setdiag(0)
        forward.eliminate_zeros()
        near = sparse.csr_matrix(forward + _BACKWARD * forward.T)
        led_to = np.asarray(near.sum(axis=0)).ravel()
        near = _nearest(_divided(near, columns=np.sqrt(led_to)), _MOST_NEAR)
        near = _divided(near, rows=np.asarray(near.sum(axis=1)).ravel())
        clicks = np.asarray(following.sum(axis=1)).ravel()
        return cls(_divided(following, rows=clicks + _UNSEEN), near)


def _pairs(past: Sessions, distance: int, product_count: int) -> sparse.csr_matrix:
    """How often the second product was clicked `distance` clicks after the first."""
    ends = np.repeat(past.offsets[1:], past.lengths)
    at = np.arange(len(past.products))
    first = at[at + distance < ends]
    pair = (past.products[first], past.products[first + distance])
    table = sparse.csr_matrix((np.ones(len(first), dtype=np.float32), pair), shape=(product_count, product_count))
    table.sum_duplicates()
    return table


def _nearest(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    kept = places(rows, table.data) <= count
    return sparse.csr_matrix((table.data[kept], (rows[kept], table.indices[kept])), shape=table.shape)


def _divided(table: sparse.csr_matrix, *, rows: np.ndarray | None = None, columns: np.ndarray | None = None) -> sparse.csr_matrix:
    """Each entry divided by its row's or its column's number."""
    divided = table.copy()
    if rows is not None:
        divided.data = divided.data / np.repeat(rows, np.diff(table.indptr))
    if columns is not None:
        divided.data = divided.data / columns[table.indices]
    divided.data = divided.data.astype(np.float32)
    divided.sort_indices()
    return divided
