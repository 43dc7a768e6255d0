"""What a table of sessions is compared by: the session neighbours of the literature as published, set up on the table itself.

STAN: Garg, Gupta, Malhotra, Vig & Shroff 2019, "Sequence and Time Aware Neighborhood for Session-based Recommendations".
V-SKNN: Ludewig & Jannach 2018, "Evaluation of Session-based Recommendation Algorithms".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.ragged import Floats, Grouped, Ints, gather
from models.recommendation.session_blend import cases, ndcg_of_targets, without_held
from models.recommendation.session_neighbours import (
    Running,
    Sessions,
    largest_of_each_row,
    last_of_each_row,
    last_places,
    meeting_places,
)

# As in the reference implementations: of a product the newest sessions, of these the nearest.
_MOST_SESSIONS, _NEIGHBOURS = 2500, 500
# The newest fifteenth of the past, or two thousand sessions spread over it, sets what the papers leave to the data.
_JUDGED_SHARE, _MOST_JUDGES, _FEWEST_JUDGES = 15, 2000, 50

Settings = Mapping[str, float | None]


@dataclass(frozen=True)
class PastSessions(ABC):
    """Past sessions to look up neighbours in.

    Attributes:
        places: session × product: where in the session the product stood last, from 1.
        by_product: product × session, the newest sessions of each product.
        sessions_with: how many hold each product.
    """

    places: sparse.csr_matrix
    by_product: sparse.csr_matrix
    sessions_with: Ints
    settings: Settings = field(default_factory=dict)

    steps: ClassVar[Mapping[str, Sequence[float | None]]]
    usual: ClassVar[Settings]

    @classmethod
    def fit(cls, past: Sessions, product_count: int, settings: Settings) -> Self:
        places = last_places(past, product_count)
        held = sparse.csr_matrix((np.ones(places.nnz, dtype=np.float32), places.indices, places.indptr), shape=places.shape)
        by_product = sparse.csr_matrix(held.T)
        return cls(places, last_of_each_row(by_product, _MOST_SESSIONS), np.diff(by_product.indptr).astype(np.int64), settings)

    @classmethod
    def tuned(cls, past: Sessions, product_count: int, *, repeats: bool) -> Self:
        """Set up by NDCG@10 on the newest past sessions, one setting after the other, twice; then fitted on all of `past`."""
        held_out = max(len(past) // _JUDGED_SHARE, 1)
        running, targets = cases(past.between(len(past) - held_out, len(past)), repeats=repeats)
        settings = dict(cls.usual)
        if len(targets) >= _FEWEST_JUDGES:
            judges = np.linspace(0, len(targets) - 1, min(_MOST_JUDGES, len(targets))).astype(np.intp)
            running, targets = running.at(judges), targets[judges]
            earlier = cls.fit(past.between(0, len(past) - held_out), product_count, settings)

            def worth(tried: Settings) -> float:
                scores = replace(earlier, settings=tried).scores(running)
                return float(ndcg_of_targets(scores if repeats else without_held(scores, running), targets).mean())

            best = worth(settings)
            for _ in range(2):
                for name, steps in cls.steps.items():
                    for step in steps:
                        tried = {**settings, name: step}
                        if step != settings[name] and (value := worth(tried)) > best:
                            best, settings = value, tried
        return cls.fit(past, product_count, settings)

    def scores(self, sessions: Sessions) -> sparse.csr_matrix:
        """Running session × product: Σ of the neighbours' say."""
        count = np.int64(self.places.shape[1])
        running = Running.of(sessions, int(count))
        at, owner = gather(self.by_product.indptr, running.products)
        past_count = np.int64(self.places.shape[0])
        pairs = Grouped.by(running.rows[owner] * past_count + self.by_product.indices[at])
        rows, neighbours = np.divmod(pairs.keys, past_count)
        likeness = self.likeness(pairs.sums(self.query(running)[owner]), rows, neighbours, running)
        kept = largest_of_each_row(rows, likeness, _NEIGHBOURS)
        rows, neighbours, likeness = rows[kept], neighbours[kept], likeness[kept]
        at, pair = gather(self.places.indptr, neighbours)
        products, stood = self.places.indices[at], self.places.data[at]
        met, _ = meeting_places(running, rows, pair, products, stood)
        back = running.lengths[rows] - met[1]
        said = likeness[pair] * self.say(products, stood - met[0, pair], back[pair])
        return sparse.csr_matrix((said, (rows[pair], products)), shape=(len(sessions), int(count)))

    @abstractmethod
    def query(self, running: Running) -> Floats:
        """What each product of the running sessions weighs."""

    @abstractmethod
    def likeness(self, shared: Floats, rows: Ints, neighbours: Ints, running: Running) -> Floats:
        """How alike sessions are, from the weights of the products they share."""

    @abstractmethod
    def say(self, products: NDArray[np.int32], distance: Floats, back: Floats) -> Floats:
        """What a neighbour's product counts, so far from where both met, which the running session held `back` clicks ago."""


class Stan(PastSessions):
    """Cosine of sessions, each factor an exponential decay; its three are `clicks` back in the running session (λ1), `age` of
    the neighbour (λ2, as a share of all past sessions, since a table of sessions holds no times; none is no decay) and
    `distance` in the neighbour from the shared product (λ3)."""

    usual: ClassVar[Settings] = {"clicks": 1.02, "age": None, "distance": 2.05}
    steps: ClassVar[Mapping[str, Sequence[float | None]]] = {
        "clicks": (0.5, 1.02, 2.0, 4.0, 8.0),
        "age": (None, 1.0, 0.5, 0.2, 0.05),
        "distance": (0.1, 0.25, 0.5, 1.02, 2.05, 4.0),
    }

    def query(self, running: Running) -> Floats:
        return np.asarray(np.exp(-running.back / (self.settings["clicks"] or 1)), dtype=np.float32)

    def likeness(self, shared: Floats, rows: Ints, neighbours: Ints, running: Running) -> Floats:
        norms = np.sqrt(np.bincount(running.rows, weights=self.query(running) ** 2, minlength=len(running.lengths)))
        cosine = shared / (norms[rows] * np.sqrt(np.diff(self.places.indptr)[neighbours]))
        if age := self.settings["age"]:
            cosine = cosine * np.exp((neighbours / self.places.shape[0] - 1) / age)
        return np.asarray(cosine, dtype=np.float32)

    def say(self, products: NDArray[np.int32], distance: Floats, back: Floats) -> Floats:
        return np.asarray(np.exp(-np.abs(distance) / (self.settings["distance"] or 1)), dtype=np.float32)


class VectorNeighbours(PastSessions):
    """V-SKNN: products of the running session weigh `(place / clicks)^query`, products of a neighbour by how many clicks ago the
    running session held the one where both met, `(1 + back)^-met`, and rare products the more by `rarity`."""

    usual: ClassVar[Settings] = {"query": 1.0, "met": 1.0, "rarity": 1.0}
    steps: ClassVar[Mapping[str, Sequence[float | None]]] = {
        "query": (0.0, 1.0, 2.0),
        "met": (0.0, 1.0, 2.0),
        "rarity": (0.0, 1.0, 5.0),
    }

    def query(self, running: Running) -> Floats:
        return np.asarray((running.last_place / running.lengths[running.rows]) ** (self.settings["query"] or 0), dtype=np.float32)

    def likeness(self, shared: Floats, rows: Ints, neighbours: Ints, running: Running) -> Floats:
        return shared

    def say(self, products: NDArray[np.int32], distance: Floats, back: Floats) -> Floats:
        rarity = np.log(self.places.shape[0] / self.sessions_with[products])
        said = (1 + back) ** -np.float32(self.settings["met"] or 0) * (1 + (self.settings["rarity"] or 0) * rarity)
        return np.asarray(said, dtype=np.float32)
