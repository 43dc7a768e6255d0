"""The next product of a running session by its neighbours and by co-visitation, each with the say that it earned lately.

Shops differ: in some people go back and forth between what they have open, in others hardly anyone returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.collaborative import ItemToItem, fit_co_visitation
from models.recommendation.config import RecommendationConfig
from models.recommendation.session_neighbours import Codes, SessionNeighbours, SessionNeighboursConfig, Sessions

_STEPS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
_MOST_JUDGES = 1000
_FEWEST_JUDGES = 50
# Where too few sessions can judge: people return to what they just looked at.
_USUAL = {"around": 1.0, "met": 2.0, "co_visitation": 0.0}


@dataclass(frozen=True)
class SessionBlend:
    """Fitted on past sessions; `weights` say how much neighbours, the shared product and co-visitation count."""

    neighbours: SessionNeighbours
    co_visitation: ItemToItem
    session_decay: float
    weights: Mapping[str, float]

    @classmethod
    def fit(cls, past: Sessions, product_count: int, *, repeats: bool) -> SessionBlend:
        """The blend; its weights are those that did best on the newest sessions of `past`, oldest first, fitted without them.

        Args:
            repeats: whether a list may hold what the session holds already.
        """
        held_out = min(max(len(past) // 10, 1), 4 * _MOST_JUDGES)
        earlier, newest = past.between(0, len(past) - held_out), past.between(len(past) - held_out, len(past))
        weights: Mapping[str, float] = _USUAL
        running, targets = cases(newest, repeats=repeats)
        if len(targets) >= _FEWEST_JUDGES and len(earlier):
            running, targets = running.between(0, _MOST_JUDGES), targets[:_MOST_JUDGES]
            trial = cls._with(earlier, product_count, _USUAL)
            weights = _search(trial.said(running), running, targets, repeats=repeats)
        return cls._with(past, product_count, weights)

    @classmethod
    def _with(cls, past: Sessions, product_count: int, weights: Mapping[str, float]) -> SessionBlend:
        config = RecommendationConfig()
        shape = (len(past), product_count)
        counts = sparse.csr_matrix((np.ones(len(past.products), dtype=np.float32), (past.rows, past.products)), shape=shape)
        neighbours = SessionNeighbours.fit(past, product_count, SessionNeighboursConfig())
        return cls(neighbours, fit_co_visitation(counts, config), config.session_decay, weights)

    def scores(self, running: Sessions) -> sparse.csr_matrix:
        """Running session × product."""
        return _weighed(self.said(running), self.weights)

    def said(self, running: Sessions) -> dict[str, sparse.csr_matrix]:
        """What each part says; neighbours and co-visitation scaled to 1 for the best product of each session."""
        around, met = self.neighbours.parts(running)
        best = _best(around)
        near = sparse.csr_matrix(profiles(running, self.session_decay, around.shape[1]) @ self.co_visitation.similarity)
        return {
            "around": _divided(around, best),
            # On the scale of the neighbours: both are sums of their likeness.
            "met": _divided(met, np.where(best > 0, best, _best(met))),
            "co_visitation": _divided(near, _best(near)),
        }


def profiles(running: Sessions, decay: float, product_count: int) -> sparse.csr_matrix:
    """Running session × product: `decay` to the power of the clicks since, summed over repeats."""
    back = np.repeat(running.lengths, running.lengths) - 1 - running.places
    shape = (len(running), product_count)
    return sparse.csr_matrix(((decay**back).astype(np.float32), (running.rows, running.products)), shape=shape)


def cases(sessions: Sessions, *, repeats: bool) -> tuple[Sessions, Codes]:
    """Sessions of two products or more without their last one, and that product; without `repeats` only where it is new."""
    targets = sessions.products[np.maximum(sessions.offsets[1:] - 1, 0)]
    is_before = sessions.places < np.repeat(sessions.lengths, sessions.lengths) - 1
    is_kept = sessions.lengths >= 2
    if not repeats:
        is_repeat = is_before & (sessions.products == targets[sessions.rows])
        is_kept &= np.bincount(sessions.rows, weights=is_repeat, minlength=len(sessions)) == 0
    shown = is_before & is_kept[sessions.rows]
    lengths = (sessions.lengths - 1)[is_kept]
    return Sessions(sessions.products[shown], np.concatenate([[0], np.cumsum(lengths)])), targets[is_kept]


def without_held(scores: sparse.csr_matrix, running: Sessions) -> sparse.csr_matrix:
    """The scores of what each running session does not hold yet."""
    return sparse.csr_matrix(scores - scores.multiply(profiles(running, 1.0, scores.shape[1]).sign()))


def _search(said: Mapping[str, sparse.csr_matrix], running: Sessions, targets: Codes, *, repeats: bool) -> Mapping[str, float]:
    """One weight after the other set to its best step, from the usual ones; neighbours stay at 1."""
    if not repeats:
        said = {name: without_held(table, running) for name, table in said.items()}
    weights = dict(_USUAL)

    def worth(tried: Mapping[str, float]) -> float:
        return float(ndcg_of_targets(_weighed(said, tried), targets).mean())

    best = worth(weights)
    for _ in range(2):
        for name in ("met", "co_visitation"):
            for step in _STEPS:
                tried = {**weights, name: step}
                if step != weights[name] and (value := worth(tried)) > best:
                    best, weights = value, tried
    return weights


def ndcg_of_targets(scores: sparse.csr_matrix, targets: Codes) -> NDArray[np.float64]:
    """NDCG@10 of a single target per row; equals count half as before it, so that saying nothing earns nothing."""
    own = np.asarray(scores[np.arange(len(targets)), targets]).ravel()
    rows = np.repeat(np.arange(len(targets)), np.diff(scores.indptr))
    above = np.bincount(rows, weights=scores.data > own[rows], minlength=len(targets))
    level = np.bincount(rows, weights=scores.data == own[rows], minlength=len(targets)) - 1
    place = above + np.maximum(level, 0) / 2 + 1
    return np.asarray(np.where((own > 0) & (place <= 10), 1 / np.log2(place + 1), 0.0))


def _weighed(said: Mapping[str, sparse.csr_matrix], weights: Mapping[str, float]) -> sparse.csr_matrix:
    return sparse.csr_matrix(sum(weights[name] * table for name, table in said.items()))


def _best(table: sparse.csr_matrix) -> NDArray[np.float32]:
    return table.max(axis=1).toarray().ravel() if table.nnz else np.zeros(table.shape[0], dtype=np.float32)


def _divided(table: sparse.csr_matrix, by: NDArray[np.float32]) -> sparse.csr_matrix:
    inverse = np.divide(1.0, by, out=np.zeros(len(by)), where=by > 0).astype(np.float32)
    return sparse.csr_matrix(sparse.diags_array(inverse) @ table)
