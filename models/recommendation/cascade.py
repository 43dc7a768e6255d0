"""First places by few trees, their order by all: a cascade (Wang, Lin & Metzler 2011), for who needs the best of a list only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.recommendation.ragged import places
from models.recommendation.sources import FloatTable

if TYPE_CHECKING:
    import lightgbm as lgb

# Of the first twenty places of 300 simulated customers the first 20 of 150 trees keep 99.97 % among their first eighty, at less
# than half the cost of all trees for everything.
FINALISTS, FIRST_TREES = 80, 20
# So far the best of the others stands behind the last finalist.
_GAP = 1e-3


def scored(trees: lgb.Booster, features: FloatTable, lists: NDArray[np.int64]) -> NDArray[np.float64]:
    """The trees' sum of each list's finalists; the others behind them, in the order of the first trees.

    Args:
        lists: the list of each row, ascending.
    """
    if len(features) <= FINALISTS or trees.num_trees() <= FIRST_TREES:
        return np.asarray(trees.predict(features, num_threads=1))
    first = np.asarray(trees.predict(features, num_iteration=FIRST_TREES, num_threads=1))
    is_finalist = places(lists, first) <= FINALISTS
    scores = first.copy()
    scores[is_finalist] += trees.predict(features[is_finalist], start_iteration=FIRST_TREES, num_threads=1)
    starts = np.flatnonzero(np.diff(lists, prepend=-1))
    last = np.minimum.reduceat(np.where(is_finalist, scores, np.inf), starts)
    best = np.maximum.reduceat(np.where(is_finalist, -np.inf, first), starts)
    behind = np.repeat(last - _GAP - np.where(np.isfinite(best), best, 0), np.diff(starts, append=len(lists)))
    return np.where(is_finalist, scores, first + behind)
