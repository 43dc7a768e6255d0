"""From scored products to places: each with its source and its reason, and filled up from the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recommendation.candidates import Candidates
from models.recommendation.config import SourceName
from models.recommendation.ranker import Blend, Ranker
from models.recommendation.reasons import Contributions, reason_for
from models.recommendation.sources import Asked, FloatTable


@dataclass(frozen=True)
class Recommended:
    """One place of a list; `score` orders within one list only."""

    product_id: str
    score: float
    source: str
    reason: str


def listed(
    asked: Asked,
    products: NDArray[np.integer],
    scores: FloatTable,
    source_of: Callable[[int], SourceName],
    k: int,
    context: Contributions,
) -> list[Recommended]:
    """The best `k` of one asked row, of equal ones the first by id, then what nobody proposed, also in that order.

    Args:
        source_of: whom the entry at a position of `products` is owed to.
    """
    best = np.lexsort((products, -scores))[:k].tolist()
    places = [(int(products[at]), float(scores[at]), source_of(at)) for at in best]
    if k > len(places):
        free = asked.offered.copy()
        free[asked.hidden.indices] = False
        free[products[best]] = False
        places += [(int(product), 0.0, SourceName.CATALOGUE) for product in np.flatnonzero(free)[: k - len(places)]]
    ids = context.catalogue.product_ids
    return [
        Recommended(str(ids[product]), score, source.value, reason_for(source, product, context))
        for product, score, source in places
    ]


def owed_to(
    at: int, ranker: Ranker, candidates: Candidates, followed: Mapping[SourceName, float], *, by_session: bool
) -> SourceName:
    """Whom a place is owed to: the running session where it says more than the history, else who placed it highest.

    Args:
        followed: what each source that follows the session says of the product.
        by_session: whether that is more than what the history says.
    """
    if by_session:
        return max(followed, key=lambda name: followed[name])
    ranks = {name: float(values[at]) for name, values in candidates.ranks.items() if values[at] == values[at]}
    if isinstance(ranker, Blend):
        weighed = {name: ranker.weights.get(name, 0.0) * float(candidates.scores[name][at]) for name in ranks}
        ranks = {name: -weight for name, weight in weighed.items() if weight} or ranks
    return min(ranks, key=lambda name: ranks[name]) if ranks else max(followed, key=lambda name: followed[name])


def to_unit(scores: FloatTable) -> FloatTable:
    """Scores moved and stretched to lie between 0 and 1, so that they can be added to those of the session."""
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    return np.asarray((scores - low) / max(high - low, np.float32(1e-12)), dtype=np.float32)
