"""The next product of a running session, foretold by past sessions that went the same way.

Sequence and time aware neighbourhood in the manner of STAN (Garg et al. 2019) and V-SKNN (Ludewig & Jannach 2018),
for one session or many at once, in flat arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.ragged import Grouped, gather, looked_up

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

    @cached_property
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

    def at(self, rows: NDArray[np.integer]) -> Sessions:
        """The sessions at these places, in this order."""
        at, owner = gather(self.offsets, rows)
        return Sessions(self.products[at], np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(rows)))]))


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
    most_sessions: int = 1000


@dataclass(frozen=True)
class Running:
    """What running sessions hold, one entry per session and different product, ascending by `keys`.

    Attributes:
        keys: session × product count + product.
        rows, products: the same apart.
        clicks: how often the session holds the product.
        last_place, first_place: where in the session, 1 is the oldest click.
        lengths: clicks of each session.
    """

    keys: NDArray[np.int64]
    rows: NDArray[np.int64]
    products: NDArray[np.int64]
    clicks: NDArray[np.int64]
    last_place: Floats
    first_place: Floats
    lengths: NDArray[np.int64]
    product_count: int

    @classmethod
    def of(cls, sessions: Sessions, product_count: int) -> Running:
        """The entries of `sessions`."""
        held = Grouped.by(sessions.rows * np.int64(product_count) + sessions.products)
        places = sessions.places + np.float32(1)
        rows, products = np.divmod(held.keys, product_count)
        return cls(
            held.keys, rows, products, held.sizes, held.largest(places), held.smallest(places), sessions.lengths, product_count
        )

    @property
    def back(self) -> Floats:
        """Clicks since each product was last seen."""
        return np.asarray(self.lengths[self.rows] - self.last_place, dtype=np.float32)


@dataclass(frozen=True)
class Meetings:
    """Every product of every neighbour of each running session, one flat entry each.

    Attributes:
        rows: the running session.
        products: what the neighbour held.
        likeness: of the neighbour.
        distance: clicks from the product where both met to this one; 0 is that product itself, below 0 came before it.
        is_at_last: whether both met at the running session's last click.
        is_at_several: whether both hold more than one product.
        newness: of the neighbour among all past sessions, 1 is the newest.
    """

    rows: NDArray[np.int64]
    products: Codes
    likeness: Floats
    distance: Floats
    is_at_last: NDArray[np.bool_]
    is_at_several: NDArray[np.bool_]
    newness: Floats


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
        places = last_places(past, product_count)
        held = np.diff(places.indptr)
        lengths = np.repeat(1 / np.sqrt(np.maximum(held, 1)), held).astype(np.float32)
        by_product = sparse.csr_matrix(sparse.csr_matrix((lengths, places.indices, places.indptr), shape=places.shape).T)
        rarity = np.log1p(len(past) / np.maximum(np.diff(by_product.indptr), 1)).astype(np.float32)
        return cls(config, places, last_of_each_row(by_product, config.most_sessions), rarity)

    @property
    def product_count(self) -> int:
        return int(self.places.shape[1])

    def scores(self, running: Sessions) -> sparse.csr_matrix:
        """Running session × product: what neighbours did, each product the more the nearer to where both met."""
        around, met = self.parts(running)
        return sparse.csr_matrix(around + self.config.again * met)

    def parts(self, running: Sessions) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """What neighbours did around the product where both met, and that product itself; running session × product each."""
        found = self.meetings(Running.of(running, self.product_count))
        said, shape, is_met = found.likeness * self.nearness(found), (len(running), self.product_count), found.distance == 0
        around = sparse.csr_matrix((said[~is_met], (found.rows[~is_met], found.products[~is_met])), shape=shape)
        return around, sparse.csr_matrix((found.likeness[is_met], (found.rows[is_met], found.products[is_met])), shape=shape)

    def nearness(self, meetings: Meetings) -> Floats:
        """How much of a neighbour's say is left so many clicks from where both met; 1 a click away."""
        return np.exp((1 - np.abs(meetings.distance)) / np.float32(self.config.near_decay))

    def meetings(self, running: Running) -> Meetings:
        """What the nearest past sessions of each running one hold, told from where both met."""
        asked_by, neighbours, likeness = self._nearest(running)
        at, pair = gather(self.places.indptr, neighbours)
        products, stood = self.places.indices[at], self.places.data[at]
        met_at, shared = meeting_places(running, asked_by, pair, products, stood)
        return Meetings(
            rows=asked_by[pair],
            products=products,
            likeness=likeness[pair],
            distance=stood - met_at[0, pair],
            is_at_last=(met_at[1] == running.lengths[asked_by])[pair],
            is_at_several=(shared > 1)[pair],
            newness=((neighbours + 1) / np.float32(self.places.shape[0])).astype(np.float32)[pair],
        )

    def _nearest(self, running: Running) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Running session, past session and their likeness, for the `count` likest of each running one."""
        said = np.exp(-running.back / self.config.query_decay) * self.rarity[running.products]
        at, owner = gather(self.by_product.indptr, running.products)
        past_count = np.int64(self.by_product.shape[1])
        pairs = Grouped.by(running.rows[owner] * past_count + self.by_product.indices[at])
        likeness = pairs.sums(said[owner] * self.by_product.data[at])
        rows, neighbours = np.divmod(pairs.keys, past_count)
        kept = largest_of_each_row(rows, likeness, self.config.count)
        return rows[kept], neighbours[kept], likeness[kept]


def meeting_places(
    running: Running, asked_by: NDArray[np.int64], pair: NDArray[np.int64], products: Codes, stood: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Where each running session and its neighbour met: at the product of both that the running one held last.

    Args:
        asked_by: the running session of each pair.
        pair, products, stood: the neighbours' products: pair, product and place within the neighbour.
    Returns:
        Two rows, the place within the neighbour and within the running session; and how many products each pair shares.
    """
    product_count = np.int64(running.product_count)
    # Held ones have a place in the running session, the others 0.
    place = looked_up(asked_by[pair] * product_count + products, running.keys, running.last_place, missing=0)
    shared = np.flatnonzero(place)
    shared = shared[np.argsort(place[shared], kind="stable")]
    met_at = np.zeros((2, len(asked_by)), dtype=np.float32)
    met_at[0, pair[shared]], met_at[1, pair[shared]] = stood[shared], place[shared]
    return met_at, np.bincount(pair[shared], minlength=len(asked_by))


def last_places(sessions: Sessions, product_count: int) -> sparse.csr_matrix:
    """Session × product: the last place of the product, from 1."""
    rows, places = sessions.rows, sessions.places
    order = np.lexsort((places, sessions.products, rows))
    rows, products, places = rows[order], sessions.products[order], places[order]
    is_last = np.ones(len(rows), dtype=bool)
    is_last[:-1] = (np.diff(rows) != 0) | (np.diff(products) != 0)
    shape = (len(sessions), product_count)
    return sparse.csr_matrix(((places[is_last] + 1).astype(np.float32), (rows[is_last], products[is_last])), shape=shape)


def last_of_each_row(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The entries of each row in its `count` last columns."""
    table.sort_indices()
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    kept = table.indptr[rows + 1] - np.arange(len(rows)) <= count
    return sparse.csr_matrix((table.data[kept], (rows[kept], table.indices[kept])), shape=table.shape)


def largest_of_each_row(rows: NDArray[np.int64], values: Floats, count: int) -> NDArray[np.int64]:
    """Where the `count` largest values of each row stand; of equal ones the later, which are newer sessions.

    Args:
        rows: ascending.
    """
    sizes = np.bincount(rows) if len(rows) else np.zeros(0, dtype=np.int64)
    ends = np.cumsum(sizes)
    kept = np.ones(len(rows), dtype=bool)
    for row in np.flatnonzero(sizes > count):
        held = values[ends[row] - sizes[row] : ends[row]]
        least = np.partition(held, len(held) - count)[len(held) - count]
        above = held > least
        level = np.flatnonzero(held == least)
        above[level[len(level) - (count - int(above.sum())) :]] = True
        kept[ends[row] - sizes[row] : ends[row]] = above
    return np.flatnonzero(kept)
