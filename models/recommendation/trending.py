"""Popular lately, in the whole shop and in the categories that a customer cares for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatTable = NDArray[np.float32]


@dataclass(frozen=True)
class Trending:
    """Σ weight · 0.5^(age / half-life) per product; everybody gets the same."""

    trend: FloatTable

    def scores(self, profiles: sparse.csr_matrix) -> FloatTable:
        """One equal row per profile."""
        return np.broadcast_to(self.trend, (profiles.shape[0], len(self.trend)))


@dataclass(frozen=True)
class CategoryTrending:
    """A product's trend beside its category's best, times the category's share of the customer's taste."""

    standing: FloatTable
    category_of: NDArray[np.int32]
    category_count: int

    @classmethod
    def fit(cls, trend: FloatTable, category_of: NDArray[np.int32], category_count: int) -> "CategoryTrending":
        """The standing of each product within its category, 1 for the best."""
        best = np.zeros(category_count, dtype=np.float32)
        np.maximum.at(best, category_of, trend)
        standing = np.asarray(trend / np.maximum(best[category_of], np.float32(1e-12)), dtype=np.float32)
        return cls(standing, category_of, category_count)

    def scores(self, profiles: sparse.csr_matrix) -> FloatTable:
        """Zero outside the categories that a profile knows."""
        taste = np.zeros((profiles.shape[0], self.category_count), dtype=np.float32)
        rows = np.repeat(np.arange(profiles.shape[0]), np.diff(profiles.indptr))
        np.add.at(taste, (rows, self.category_of[profiles.indices]), profiles.data)
        taste /= np.maximum(taste.sum(axis=1, keepdims=True), np.float32(1e-12))
        return np.asarray(taste[:, self.category_of] * self.standing, dtype=np.float32)
