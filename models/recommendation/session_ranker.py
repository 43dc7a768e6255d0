"""The next product of a running session by two stages: candidates of several sources, ranked by trees.

The trees learn on sessions later than those that the sources saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.cascade import scored
from models.recommendation.ragged import Ints, places
from models.recommendation.session_features import FEATURES, Pairs, SessionSources, newest_clicks
from models.recommendation.session_neighbours import Codes, SessionNeighbours, SessionNeighboursConfig, Sessions
from models.recommendation.session_transitions import Transitions

if TYPE_CHECKING:
    import lightgbm

# Three windows of newest sessions, back to back, each a fifteenth of all: labels of the trees, seen by no source.
_WINDOWS, _WINDOW_SHARE = 3, 15
# Clicks to foretell per window, drawn from all of it: twice as many take twice the time and order no better.
MOST_LABELS = 4000
# Learned from are the first candidates of either source, the session's own, and a share of all others, whichever was clicked:
# without any of these the trees would not know what to say of them.
_FIRST_CANDIDATES, _OTHERS = 30, 0.25
# Fewer sessions to learn ranking from leave the neighbours in charge.
_FEWEST_GROUPS = 500
_MOST_TREES, _PATIENCE = 200, 40
_BATCH = 500
# Only the newest clicks are learned from: bounds memory, and older sessions say little about the next one.
_MOST_CLICKS = 10_000_000
# lightgbm.train
_PARAMETERS = {
    "objective": "lambdarank",
    "metric": "ndcg",
    "eval_at": [10],
    "lambdarank_truncation_level": 20,
    "learning_rate": 0.07,
    "num_leaves": 15,
    "max_bin": 63,
    "min_data_in_leaf": 50,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "label_gain": [0, 1],
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


@dataclass(frozen=True)
class Groups:
    """Candidates to learn ranking from, in random order within each session.

    In an order that tells, equal scores would be settled by it, and the trees would look better than they are.

    Attributes:
        sizes: candidates of each session; exactly one of them was clicked next.
    """

    features: NDArray[np.float32]
    is_target: NDArray[np.bool_]
    sizes: Ints

    def __len__(self) -> int:
        return len(self.sizes)


@dataclass(frozen=True)
class SessionModel:
    """Fitted on past sessions.

    Attributes:
        repeats: whether a list may hold what the session holds already.
        trees: LightGBM's text; empty where too few sessions could teach, then the neighbours rank alone.
    """

    sources: SessionSources
    repeats: bool
    trees: str

    @classmethod
    def fit(cls, past: Sessions, product_count: int, *, repeats: bool, seed: int, most_labels: int = MOST_LABELS) -> SessionModel:
        """The model of `past`, oldest session first; equal sessions and seeds give equal models.

        The trees learn from three windows with sources that saw the sessions before each only. How many there are, and
        whether they rank better than the neighbours at all, the newest window decides for trees that learned without it.
        """
        past = _newest(past)
        rng = np.random.default_rng(seed)
        windows = [
            window_groups(past, product_count, window, repeats=repeats, most_labels=most_labels, rng=rng)
            for window in range(_WINDOWS)
        ]
        return cls(SessionSources.fit(past, product_count), repeats, _grown(windows, seed))

    def scores(self, running: Sessions) -> sparse.csr_matrix:
        """Running session × product, 1 for its first candidate and less for those after it; 0 for what is none."""
        running = newest_clicks(running, repeats=self.repeats)
        pairs = self.sources.pairs(running, repeats=self.repeats)
        indptr = np.searchsorted(pairs.rows, np.arange(len(running) + 1))
        shape = (len(running), self.sources.neighbours.product_count)
        return sparse.csr_matrix((self.score(pairs), pairs.products, indptr), shape=shape)

    def score(self, pairs: Pairs) -> NDArray[np.float32]:
        """Of each candidate, 1 for the best of its session."""
        if not len(pairs.rows):
            return np.zeros(0, dtype=np.float32)
        if not self.trees:
            said = np.nan_to_num(pairs.features[:, FEATURES.index("neighbours_score")])
            best = np.maximum(_best_of_each(pairs.rows, said), np.float32(1e-30))
            return np.asarray(said / best, dtype=np.float32)
        by_trees = scored(self._booster, pairs.features, pairs.rows)
        return np.asarray(1 / (1 + _best_of_each(pairs.rows, by_trees) - by_trees), dtype=np.float32)

    @cached_property
    def _booster(self) -> lightgbm.Booster:
        import lightgbm

        return lightgbm.Booster(model_str=self.trees)

    def arrays(self) -> Mapping[str, Any]:
        """Everything but the trees, by name; `of_arrays` takes it back."""
        sources = self.sources
        return {
            "places": sources.neighbours.places,
            "by_product": sources.neighbours.by_product,
            "rarity": sources.neighbours.rarity,
            "next_share": sources.transitions.next_share,
            "near": sources.transitions.near,
            "facts": sources.facts,
            "trending": sources.trending,
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Any], trees: str, *, repeats: bool) -> SessionModel:
        """The model whose `arrays` and `trees` these are."""
        neighbours = SessionNeighbours(SessionNeighboursConfig(), arrays["places"], arrays["by_product"], arrays["rarity"])
        transitions = Transitions(arrays["next_share"], arrays["near"])
        return cls(SessionSources(neighbours, transitions, arrays["facts"], arrays["trending"]), repeats, trees)


def window_groups(
    past: Sessions, product_count: int, window: int, *, repeats: bool, rng: np.random.Generator, most_labels: int = MOST_LABELS
) -> Groups:
    """What one window teaches, 0 being the oldest: its clicks, and candidates by sources that saw earlier sessions only."""
    size = len(past) // _WINDOW_SHARE
    start = len(past) - (_WINDOWS - window) * size
    if start < 1 or not size:
        return _joined([])
    running, targets = labels(past.between(start, start + size), repeats=repeats, most=most_labels, rng=rng)
    sources = SessionSources.fit(past.between(0, start), product_count)
    parts = []
    for first in range(0, len(running), _BATCH):
        pairs = sources.pairs(newest_clicks(running.between(first, first + _BATCH), repeats=repeats), repeats=repeats)
        parts.append(_shuffled(pairs, targets[first : first + _BATCH], rng))
    return _joined(parts)


def labels(sessions: Sessions, *, repeats: bool, most: int, rng: np.random.Generator) -> tuple[Sessions, Codes]:
    """Clicks of sessions with those before them, at most `most` drawn at random; without `repeats` only of new products."""
    places, rows = sessions.places, sessions.rows
    is_label = places >= 1
    if not repeats:
        _, first = np.unique(rows * (np.int64(sessions.products.max(initial=0)) + 1) + sessions.products, return_index=True)
        is_learned = np.zeros(len(rows), dtype=bool)
        is_learned[first] = True
        is_label &= is_learned
    at = np.flatnonzero(is_label)
    if len(at) > most:
        at = np.sort(rng.permutation(at)[:most])
    before = places[at]
    owner = np.repeat(np.arange(len(at)), before)
    shown = np.arange(len(owner)) + np.repeat(sessions.offsets[rows[at]] - np.cumsum(before) + before, before)
    return Sessions(sessions.products[shown], np.concatenate([[0], np.cumsum(before)])), sessions.products[at]


def _newest(past: Sessions) -> Sessions:
    first = int(np.searchsorted(past.offsets, len(past.products) - _MOST_CLICKS))
    return past.between(first, len(past))


def _shuffled(pairs: Pairs, targets: Codes, rng: np.random.Generator) -> Groups:
    """Candidates to learn from, of sessions whose target is among them."""
    place = np.fmin(*(pairs.features[:, FEATURES.index(name)] for name in ("neighbours_place", "co_visitation_place")))
    is_learned = (place <= _FIRST_CANDIDATES) | (pairs.features[:, FEATURES.index("clicks_in_session")] > 0)
    is_learned |= rng.random(len(place)) < _OTHERS
    is_target = pairs.products == targets[pairs.rows]
    is_found = np.bincount(pairs.rows, weights=is_target & is_learned, minlength=len(targets)) > 0
    kept = np.flatnonzero(is_learned & is_found[pairs.rows])
    kept = kept[np.lexsort((rng.random(len(kept)), pairs.rows[kept]))]
    return Groups(pairs.features[kept], is_target[kept], np.bincount(pairs.rows[kept], minlength=len(targets))[is_found])


def _joined(parts: list[Groups]) -> Groups:
    if not parts:
        return Groups(np.zeros((0, len(FEATURES)), dtype=np.float32), np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64))
    return Groups(
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.is_target for part in parts]),
        np.concatenate([part.sizes for part in parts]),
    )


def _grown(windows: list[Groups], seed: int) -> str:
    """The trees of all windows, or nothing where they would not rank better than the neighbours."""
    earlier, newest = _joined(windows[:-1]), windows[-1]
    if min(len(earlier), len(newest)) < _FEWEST_GROUPS:
        return ""
    import lightgbm

    trial = lightgbm.train(
        {**_PARAMETERS, "seed": seed},
        _dataset(earlier),
        _MOST_TREES,
        valid_sets=[_dataset(newest)],
        callbacks=[lightgbm.early_stopping(_PATIENCE, verbose=False)],
    )
    neighbours = np.nan_to_num(newest.features[:, FEATURES.index("neighbours_score")])
    if _ndcg(np.asarray(trial.predict(newest.features)), newest) <= _ndcg(neighbours, newest):
        return ""
    grown = lightgbm.train({**_PARAMETERS, "seed": seed}, _dataset(_joined(windows)), trial.best_iteration)
    return str(grown.model_to_string())


def _dataset(groups: Groups) -> lightgbm.Dataset:
    import lightgbm

    return lightgbm.Dataset(
        groups.features, label=groups.is_target.astype(np.int8), group=groups.sizes, feature_name=list(FEATURES)
    )


def _ndcg(said: NDArray[np.floating], groups: Groups) -> float:
    """NDCG@10 of each session's one target; of equals the order is random already."""
    place = places(np.repeat(np.arange(len(groups)), groups.sizes), said)[groups.is_target]
    return float(np.where(place <= 10, 1 / np.log2(place + 1), 0).mean())


def _best_of_each(rows: Ints, said: NDArray[np.floating]) -> NDArray[np.floating]:
    """The largest of each row, spread over its entries; `rows` ascend."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    return np.asarray(np.repeat(np.maximum.reduceat(said, starts), np.diff(starts, append=len(rows))))
