"""First stage: the sources, all fitted on the same histories, each of which proposes its best products for a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.collaborative import ItemToItem, LatentTaste, Neighbours, fit_co_visitation, fit_latent_taste
from models.recommendation.config import RecommendationConfig, SourceName
from models.recommendation.content import fit_content
from models.recommendation.ease import fit_ease
from models.recommendation.features import Histories
from models.recommendation.sources import Asked, Source, best_of_rows
from models.recommendation.trending import CategoryTrending, Trending

# Follow a customer's history.
HISTORY_SOURCES = (
    SourceName.TRENDING,
    SourceName.CATEGORY_TRENDING,
    SourceName.COLLABORATIVE,
    SourceName.NEIGHBOURS,
    SourceName.CO_VISITATION,
    SourceName.NEXT_DAYS,
    SourceName.EASE,
    SourceName.CONTENT,
)


@dataclass(frozen=True)
class OwnHistory:
    """What somebody took before, by how lately and how often; nothing where that is hidden."""

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """The profile itself."""
        return best_of_rows(asked.profiles, asked, n)


@dataclass(frozen=True)
class Sources:
    """The fitted sources over one order of products."""

    trending: Trending
    category_trending: CategoryTrending
    collaborative: LatentTaste
    neighbours: Neighbours
    co_visitation: ItemToItem
    next_days: ItemToItem
    ease: ItemToItem
    content: ItemToItem

    def arrays(self) -> dict[str, Any]:
        """Their tables by name; `from_arrays` takes them back."""
        return {
            "trend": self.trending.trend,
            "item_factors": self.collaborative.item_factors,
            "neighbour_tastes": self.neighbours.tastes,
            "neighbour_recent": self.neighbours.recent,
            "neighbours_by_product": self.neighbours.by_product,
            "category_belongs": self.category_trending.belongs,
            "category_standing": self.category_trending.standing,
            "co_visitation": self.co_visitation.similarity,
            "next_days": self.next_days.similarity,
            "ease": self.ease.similarity,
            "content": self.content.similarity,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any], config: RecommendationConfig) -> Sources:
        """The sources whose `arrays` these are."""
        return cls(
            trending=Trending(arrays["trend"]),
            category_trending=CategoryTrending(arrays["category_belongs"], arrays["category_standing"]),
            collaborative=LatentTaste(arrays["item_factors"], config.regularization, config.alpha),
            neighbours=Neighbours(
                arrays["neighbour_tastes"], arrays["neighbour_recent"], arrays["neighbours_by_product"], config.neighbour_count
            ),
            co_visitation=ItemToItem(arrays["co_visitation"]),
            next_days=ItemToItem(arrays["next_days"]),
            ease=ItemToItem(arrays["ease"]),
            content=ItemToItem(arrays["content"]),
        )

    def of(self, name: SourceName) -> Source:
        """The source of that name; one that follows the session is the same source, asked with the session as profile."""
        return self._all[name]

    @property
    def _all(self) -> Mapping[SourceName, Source]:
        return {
            SourceName.TRENDING: self.trending,
            SourceName.CATEGORY_TRENDING: self.category_trending,
            SourceName.COLLABORATIVE: self.collaborative,
            SourceName.NEIGHBOURS: self.neighbours,
            SourceName.CO_VISITATION: self.co_visitation,
            SourceName.NEXT_DAYS: self.next_days,
            SourceName.EASE: self.ease,
            SourceName.CONTENT: self.content,
            SourceName.OWN_HISTORY: OwnHistory(),
            SourceName.SESSION_CO_VISITATION: self.co_visitation,
            SourceName.SESSION_CONTENT: self.content,
        }

    def ask(self, asked: Asked, n: int, *, names: Iterable[SourceName]) -> dict[SourceName, sparse.csr_matrix]:
        """Each source's `n` best products for each row."""
        return {name: self.of(name).candidates(asked, n) for name in names}


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
    with watch(SourceName.TRENDING):
        trending = Trending(histories.trend)
    with watch(SourceName.CATEGORY_TRENDING):
        category_trending = CategoryTrending.fit(histories.trend, category_of, category_count)
    with watch(SourceName.COLLABORATIVE):
        collaborative = fit_latent_taste(histories.taste, config)
    with watch(SourceName.NEIGHBOURS):
        neighbours = Neighbours.fit(histories.taste, histories.recent, config)
    with watch(SourceName.CO_VISITATION):
        co_visitation = fit_co_visitation(histories.counts, config)
    with watch(SourceName.NEXT_DAYS):
        next_days = ItemToItem(histories.next_days)
    with watch(SourceName.EASE):
        ease = fit_ease(histories.counts, config)
    with watch(SourceName.CONTENT):
        content = fit_content(products, config)
    return Sources(trending, category_trending, collaborative, neighbours, co_visitation, next_days, ease, content)
