"""Every source's say on every product, brought to one scale and added up.

A shop of some thousand products needs no separate retrieval step: each source scores all of them at once, so nothing
good is lost before ranking.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.collaborative import ItemToItem, LatentTaste, Neighbours, fit_co_visitation, fit_latent_taste
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.content import fit_content
from models.recommendation.features import Histories
from models.recommendation.trending import CategoryTrending, FloatTable, Trending

Mask = NDArray[np.bool_]

# Follow a customer's history; their weights are learned.
HISTORY_SOURCES = (
    SourceName.TRENDING,
    SourceName.CATEGORY_TRENDING,
    SourceName.COLLABORATIVE,
    SourceName.NEIGHBOURS,
    SourceName.CO_VISITATION,
    SourceName.CONTENT,
)


# Follow the running session; their weight is set.
SESSION_SOURCES = (SourceName.SESSION_CO_VISITATION, SourceName.SESSION_CONTENT)


@dataclass(frozen=True)
class Sources:
    """The fitted sources over one order of products."""

    trending: Trending
    category_trending: CategoryTrending
    collaborative: LatentTaste
    neighbours: Neighbours
    co_visitation: ItemToItem
    content: ItemToItem

    def history_scores(
        self,
        profiles: sparse.csr_matrix,
        customers: NDArray[np.intp],
        hidden: Mask,
        *,
        names: Iterable[SourceName] = HISTORY_SOURCES,
    ) -> dict[SourceName, FloatTable]:
        """What each source says to each profile (rows), 1 for its best product, 0 where it is silent or `hidden`."""
        ask: dict[SourceName, Callable[[], FloatTable]] = {
            SourceName.TRENDING: lambda: self.trending.scores(profiles),
            SourceName.CATEGORY_TRENDING: lambda: self.category_trending.scores(profiles),
            SourceName.COLLABORATIVE: lambda: self.collaborative.scores(profiles),
            SourceName.NEIGHBOURS: lambda: self.neighbours.scores(profiles, customers),
            SourceName.CO_VISITATION: lambda: self.co_visitation.scores(profiles),
            SourceName.CONTENT: lambda: self.content.scores(profiles),
        }
        return {name: scaled(ask[name](), hidden) for name in names}

    def session_scores(self, session: sparse.csr_matrix, hidden: Mask) -> dict[SourceName, FloatTable]:
        """What follows from the products of the running session, on the same scale."""
        return {
            SourceName.SESSION_CO_VISITATION: scaled(self.co_visitation.scores(session), hidden),
            SourceName.SESSION_CONTENT: scaled(self.content.scores(session), hidden),
        }


def fit_sources(
    products: pd.DataFrame,
    histories: Histories,
    category_of: NDArray[np.int32],
    category_count: int,
    config: RecommendationConfig,
    *,
    watch: Callable[[SourceName], AbstractContextManager[object]] = nullcontext,
) -> Sources:
    """All sources, fitted on the same histories.

    Args:
        products: listings in the order of the histories' products.
        watch: entered while a source is fitted, to measure it.
    """
    from sklearn.preprocessing import normalize

    with watch(SourceName.TRENDING):
        trending = Trending(histories.trend)
    with watch(SourceName.CATEGORY_TRENDING):
        category_trending = CategoryTrending.fit(histories.trend, category_of, category_count)
    with watch(SourceName.COLLABORATIVE):
        collaborative = fit_latent_taste(histories.taste, config)
    with watch(SourceName.NEIGHBOURS):
        neighbours = Neighbours(normalize(histories.taste), histories.recent, config.neighbour_count)
    with watch(SourceName.CO_VISITATION):
        co_visitation = fit_co_visitation(histories.counts, config)
    with watch(SourceName.CONTENT):
        content = fit_content(products, config)
    return Sources(trending, category_trending, collaborative, neighbours, co_visitation, content)


def scaled(scores: FloatTable, hidden: Mask) -> FloatTable:
    """Scores of what may be shown, divided by the best of their row."""
    shown = np.where(hidden, np.float32(0), scores)
    best = shown.max(axis=1, keepdims=True, initial=0)
    return np.asarray(np.divide(shown, best, out=np.zeros_like(shown), where=best > 0))


def blend(scores: Mapping[SourceName, FloatTable], weights: Mapping[SourceName, float]) -> FloatTable:
    """Σ of weight × score; a source without a weight is silent."""
    first = next(iter(scores.values()))
    total = np.zeros(first.shape, dtype=np.float32)
    for name, values in scores.items():
        if weight := weights.get(name, 0.0):
            total += np.float32(weight) * values
    return total


def top(scores: FloatTable, hidden: Mask, k: int) -> NDArray[np.intp]:
    """Positions of each row's k best, padded with -1; products are in order of their id, which settles ties."""
    masked = np.where(hidden, np.float32(-np.inf), scores)
    size = masked.shape[1]
    least = np.partition(masked, size - k, axis=1)[:, size - k][:, None] if size > k else np.float32(-np.inf)
    # Only what reaches the k-th place is sorted: all equals of it too, so that ids decide among them.
    rows, products = np.nonzero((masked >= least) & ~hidden)
    order = np.lexsort((products, -masked[rows, products], rows))
    rows, products = rows[order], products[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, np.arange(len(masked)))[rows]
    ranked = np.full((len(masked), k), -1, dtype=np.intp)
    kept = place < k
    ranked[rows[kept], place[kept]] = products[kept]
    return ranked
