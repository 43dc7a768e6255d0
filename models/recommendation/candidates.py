"""First stage: every source proposes its best products for each customer, and what they propose is put together."""

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
from models.recommendation.sources import Asked, FloatTable, Source, best_of_rows, keys_of
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


@dataclass(frozen=True)
class Candidates:
    """Products proposed, one entry per asked row and product, by row and then by product.

    Attributes:
        scores: per source, 1 for its best product of the row; NaN where it is silent.
        ranks: per source, from 1; NaN where it is silent.
    """

    rows: NDArray[np.intp]
    products: NDArray[np.intp]
    scores: Mapping[SourceName, FloatTable]
    ranks: Mapping[SourceName, FloatTable]

    def __len__(self) -> int:
        return len(self.rows)

    def slice(self, first: int, stop: int) -> Candidates:
        """Entries `first` to `stop`."""
        part = slice(first, stop)
        return Candidates(
            self.rows[part],
            self.products[part],
            {name: values[part] for name, values in self.scores.items()},
            {name: values[part] for name, values in self.ranks.items()},
        )

    def only(self, kept: NDArray[np.bool_]) -> Candidates:
        """Some of the entries."""
        return Candidates(
            self.rows[kept],
            self.products[kept],
            {name: values[kept] for name, values in self.scores.items()},
            {name: values[kept] for name, values in self.ranks.items()},
        )


def merged(said: Mapping[SourceName, sparse.csr_matrix], *, beside: Iterable[sparse.csr_matrix] = ()) -> Candidates:
    """What the sources proposed as one table.

    Args:
        beside: further tables whose products join without a score.
    """
    tables = [*said.values(), *beside]
    keys, at = np.unique(np.concatenate([keys_of(table) for table in tables]), return_inverse=True)
    found = np.full((2, len(said), len(keys)), np.nan, dtype=np.float32)
    first = 0
    for place, table in enumerate(said.values()):
        own = at[first : first + table.nnz]
        found[0, place, own], found[1, place, own] = table.data, _ranks(table)
        first += table.nnz
    rows, products = np.divmod(keys, np.int64(tables[0].shape[1]))
    scores, ranks = (dict(zip(said, values, strict=True)) for values in found)
    return Candidates(rows.astype(np.intp, copy=False), products.astype(np.intp, copy=False), scores, ranks)


def first_places(
    rows: NDArray[np.intp], products: NDArray[np.intp], scores: FloatTable, row_count: int, k: int
) -> NDArray[np.intp]:
    """Positions of each row's `k` best products, padded with -1; of equal ones the first by id comes first."""
    order = np.lexsort((products, -scores, rows))
    starts = np.searchsorted(rows, np.arange(row_count))
    place = np.arange(len(order)) - starts[rows[order]]
    kept = place < k
    ranked = np.full((row_count, k), -1, dtype=np.intp)
    ranked[rows[order[kept]], place[kept]] = products[order[kept]]
    return ranked


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


def _ranks(table: sparse.csr_matrix) -> FloatTable:
    """The place of each entry within its row from 1; columns ascend, and of equal ones the smaller comes first."""
    if table.shape[0] == 1:
        ranks = np.empty(table.nnz, dtype=np.float32)
        ranks[np.argsort(-table.data, kind="stable")] = np.arange(1, table.nnz + 1)
        return ranks
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((table.indices, -table.data, rows))
    ranks = np.empty(len(order), dtype=np.float32)
    ranks[order] = np.arange(len(order)) - table.indptr[rows[order]] + 1
    return ranks
