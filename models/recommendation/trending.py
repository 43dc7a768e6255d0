"""Popular lately, in the whole shop and in the categories that a customer cares for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.sources import Asked, FloatTable, Mask, best_of_rows, largest_of_rows, times

# Kept of each category, so that enough is left when a customer has seen the first of them.
_MOST_OF_A_CATEGORY = 300


@dataclass(frozen=True)
class Trending:
    """Σ weight · 0.5^(age / half-life) per product; everybody gets the same."""

    trend: FloatTable

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """The same products for all, apart from what is hidden from each."""
        needed = n + int(np.diff(asked.hidden.indptr).max(initial=0))
        best = self._best_offered(asked.offered, needed)
        rows = np.repeat(np.arange(len(asked)), len(best))
        columns = np.tile(best, len(asked))
        shape = (len(asked), len(self.trend))
        indptr = np.arange(len(asked) + 1) * len(best)
        return (
            best_of_rows(sparse.csr_matrix((self.trend[columns], columns, indptr), shape=shape), asked, n)
            if len(rows)
            else (sparse.csr_matrix(shape, dtype=np.float32))
        )

    def _best_offered(self, offered: Mask, needed: int) -> NDArray[np.intp]:
        """The first of the order that are on offer, without looking through all of it."""
        looked = 2 * needed
        while True:
            best = self._order[:looked][offered[self._order[:looked]]][:needed]
            if len(best) == needed or looked >= len(self._order):
                return best
            looked *= 4

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """Products that anybody took, the most popular first; on a tie the first by id."""
        order = np.lexsort((np.arange(len(self.trend)), -self.trend))
        return np.asarray(order[self.trend[order] > 0])


@dataclass(frozen=True)
class CategoryTrending:
    """A product's trend beside its category's best, times the category's share of the customer's taste.

    Attributes:
        belongs: product × category, one 1 per product.
        standing: category × product, 1 for the category's best.
    """

    belongs: sparse.csr_matrix
    standing: sparse.csr_matrix

    @classmethod
    def fit(cls, trend: FloatTable, category_of: NDArray[np.int32], category_count: int) -> "CategoryTrending":
        """The standing of the products within their categories."""
        products = np.arange(len(trend))
        ones = np.ones(len(trend), dtype=np.float32)
        belongs = sparse.csr_matrix((ones, (products, category_of)), shape=(len(trend), category_count))
        order = np.lexsort((products, category_of))
        order = order[trend[order] > 0]
        standing = largest_of_rows(
            category_of[order], products[order], trend[order], (category_count, len(trend)), _MOST_OF_A_CATEGORY
        )
        return cls(belongs, standing)

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """Products of the categories that a profile knows."""
        return best_of_rows(times(times(asked.profiles, self.belongs), self.standing), asked, n)
