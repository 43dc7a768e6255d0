"""The next product of a running session, foretold by past sessions that went the same way.

Sequence and time aware neighbourhood in the manner of STAN (Garg et al. 2019) and V-SKNN (Ludewig & Jannach 2018),
for many sessions at once: sparse products find the neighbours, flat arrays add up what came near the shared product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Codes = NDArray[np.int32]
Offsets = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Sessions:
    """Products of many sessions in one array, oldest first; session i holds `products[offsets[i]:offsets[i + 1]]`."""

    products: Codes
    offsets: Offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many products each session holds, repeats included."""
        return np.diff(self.offsets)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The session that each product belongs to."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def places(self) -> NDArray[np.int64]:
        """The place of each product within its session, 0 is the oldest."""
        return np.arange(len(self.products)) - np.repeat(self.offsets[:-1], self.lengths)

    def between(self, start: int, stop: int) -> Sessions:
        """Sessions `start` to `stop` alone."""
        first, last = self.offsets[start], self.offsets[min(stop, len(self))]
        return Sessions(self.products[first:last], self.offsets[start : min(stop, len(self)) + 1] - first)


@dataclass(frozen=True)
class SessionNeighboursConfig:
    """Distances are in clicks.

    Attributes:
        count: how many past sessions are asked.
        query_decay: how fast a product of the running session loses its say, going back.
        near_decay: how fast a neighbour's products lose theirs, going away from the shared one on either side.
        again: the say of the shared product itself: people return to what they just looked at.
        most_sessions: newest sessions kept per product; bounds the work for one that everybody opens.
    """

    count: int = 500
    query_decay: float = 3.0
    near_decay: float = 2.0
    again: float = 2.0
    most_sessions: int = 2000


@dataclass(frozen=True)
class SessionNeighbours:
    """Past sessions, ready to be asked.

    Attributes:
        places: session × product: where in the session the product stood last, from 1.
        by_product: product × session: 1/√products of the session, for the newest sessions of each product.
        rarity: of each product, log(1 + sessions / sessions with it).
    """

    config: SessionNeighboursConfig
    places: sparse.csr_matrix
    by_product: sparse.csr_matrix
    rarity: Floats

    @classmethod
    def fit(cls, past: Sessions, product_count: int, config: SessionNeighboursConfig) -> SessionNeighbours:
        """The tables of `past`, oldest session first."""
        places = _last_places(past, product_count)
        held = np.diff(places.indptr)
        lengths = np.repeat(1 / np.sqrt(np.maximum(held, 1)), held).astype(np.float32)
        by_product = sparse.csr_matrix(sparse.csr_matrix((lengths, places.indices, places.indptr), shape=places.shape).T)
        rarity = np.log1p(len(past) / np.maximum(np.diff(by_product.indptr), 1)).astype(np.float32)
        return cls(config, places, _last_of_each_row(by_product, config.most_sessions), rarity)

    def scores(self, running: Sessions) -> sparse.csr_matrix:
        """Running session × product: what neighbours did, each product the more the nearer to where both met."""
        around, met = self.parts(running)
        return sparse.csr_matrix(around + self.config.again * met)

    def parts(self, running: Sessions) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """What neighbours did around the product where both met, and that product itself; running session × product each."""
        config = self.config
        neighbours = _largest_of_each_row(sparse.csr_matrix(self._query(running) @ self.by_product), config.count)
        asked_by = np.repeat(np.arange(len(running)), np.diff(neighbours.indptr))
        # Every product of every neighbour in one flat array; `pair` is the (running session, neighbour) it comes from.
        starts, sizes = self.places.indptr[neighbours.indices], np.diff(self.places.indptr)[neighbours.indices]
        pair = np.repeat(np.arange(len(sizes)), sizes)
        at = np.arange(len(pair)) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        products, places = self.places.indices[at], self.places.data[at]
        # They met at the shared product that the running session held last.
        recency = _places_of(running, asked_by[pair], products, product_count=self.places.shape[1])
        shared = np.flatnonzero(recency)
        shared = shared[np.argsort(recency[shared], kind="stable")]
        meeting = np.zeros(len(sizes), dtype=np.float32)
        meeting[pair[shared]] = places[shared]
        distance = np.abs(places - meeting[pair])
        said = neighbours.data[pair] * np.exp((1 - distance) / config.near_decay).astype(np.float32)
        shape, is_met = (len(running), self.places.shape[1]), distance == 0
        around = sparse.csr_matrix((said[~is_met], (asked_by[pair[~is_met]], products[~is_met])), shape=shape)
        likeness = neighbours.data[pair[is_met]]
        return around, sparse.csr_matrix((likeness, (asked_by[pair[is_met]], products[is_met])), shape=shape)

    def _query(self, running: Sessions) -> sparse.csr_matrix:
        back = np.repeat(running.lengths, running.lengths) - 1 - running.places
        said = np.exp(-back / self.config.query_decay) * self.rarity[running.products]
        shape = (len(running), self.places.shape[1])
        return sparse.csr_matrix((said.astype(np.float32), (running.rows, running.products)), shape=shape)


def _last_places(sessions: Sessions, product_count: int) -> sparse.csr_matrix:
    """Session × product: the last place of the product, from 1."""
    rows, places = sessions.rows, sessions.places
    order = np.lexsort((places, sessions.products, rows))
    rows, products, places = rows[order], sessions.products[order], places[order]
    is_last = np.ones(len(rows), dtype=bool)
    is_last[:-1] = (np.diff(rows) != 0) | (np.diff(products) != 0)
    shape = (len(sessions), product_count)
    return sparse.csr_matrix(((places[is_last] + 1).astype(np.float32), (rows[is_last], products[is_last])), shape=shape)


def _places_of(running: Sessions, rows: NDArray[np.int64], products: Codes, *, product_count: int) -> Floats:
    """The last place of each of `products` in the running session of the same row, 0 where it is not in it."""
    last = _last_places(running, product_count)
    keys = np.repeat(np.arange(len(running)), np.diff(last.indptr)) * np.int64(product_count) + last.indices
    wanted = rows * np.int64(product_count) + products
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.float32)
    found = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[found] == wanted, last.data[found], np.float32(0))


def _last_of_each_row(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The entries of each row in its `count` last columns."""
    table.sort_indices()
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    kept = table.indptr[rows + 1] - np.arange(len(rows)) <= count
    return sparse.csr_matrix((table.data[kept], (rows[kept], table.indices[kept])), shape=table.shape)


def _largest_of_each_row(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The `count` largest entries of each row; of equal ones those in later columns, which are newer sessions."""
    kept = []
    for row in range(table.shape[0]):
        held = np.arange(table.indptr[row], table.indptr[row + 1])
        if len(held) > count:
            held = held[np.lexsort((table.indices[held], table.data[held]))[-count:]]
        kept.append(held)
    at = np.concatenate(kept)
    rows = np.repeat(np.arange(table.shape[0]), [len(held) for held in kept])
    return sparse.csr_matrix((table.data[at], (rows, table.indices[at])), shape=table.shape)
