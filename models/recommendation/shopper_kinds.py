"""What each kind of shopper takes within a category: a mixture of multinomials (latent classes; Hofmann & Puzicha 1999).

Neighbours by shared products are mostly people who like the same categories, which says little of style, colour or price. So
what customers take is told as which products, given the categories that these are of, and kinds of customers are found who
choose alike there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, svds

from models.recommendation.sources import Asked, FloatTable

KIND_FIGURES = ("kind_share", "kind_lift")
# More customers than these would find the same kinds, only later; fewer than these are no kind.
_MOST_CUSTOMERS, _CUSTOMERS_PER_KIND = 10_000, 25
_ROUNDS = 20
_DIMENSIONS = 16
# What all shoppers take counts like so much of a kind's own in each category.
_PRIOR = np.float32(20)
# A product that nobody took, or a kind that nobody is of, is unlikely, not impossible.
_SELDOM = np.float32(0.1)


@dataclass(frozen=True)
class ShopperKinds:
    """Kinds of shoppers.

    Attributes:
        share: product × kind: how much of what the kind takes in the product's category is the product.
        usual: per product, the same of all shoppers.
        size: per kind, its share of shoppers.
    """

    share: FloatTable
    usual: FloatTable
    size: FloatTable

    @classmethod
    def fit(cls, taste: sparse.csr_matrix, category_of: NDArray[np.integer], most: int, seed: int) -> ShopperKinds:
        """At most `most` kinds, by expectation and maximisation among customers drawn evenly.

        Args:
            taste: customer × product, as in `Histories`.
            category_of: per product; those without one, -1, stand together.
        """
        drawn = np.unique(np.linspace(0, taste.shape[0] - 1, min(taste.shape[0], _MOST_CUSTOMERS)).astype(np.intp))
        told = _told(taste[drawn])
        shelves = Shelves.of(_told(taste), category_of)
        belongs = _first_guess(told, shelves, min(len(drawn) // _CUSTOMERS_PER_KIND, most), seed)
        for _ in range(_ROUNDS if belongs.shape[1] > 1 else 0):
            belongs = _belonging(told @ np.log(shelves.shares(told, belongs)), _sizes(belongs))
        return cls(shelves.shares(told, belongs), shelves.usual, _sizes(belongs))

    def figures(self, asked: Asked, rows: NDArray[np.intp], products: NDArray[np.intp]) -> list[FloatTable]:
        """The columns of `KIND_FIGURES` for asked rows and products.

        The log of how much of what shoppers like this one take in the product's category is the product, and how much more
        that is than of all shoppers.
        """
        told = _told(asked.profiles)
        known, columns = np.unique(told.indices, return_inverse=True)
        told = sparse.csr_matrix((told.data, columns, told.indptr), shape=(len(asked), len(known)))
        belongs = _belonging(told @ np.log(self.share[known]), self.size)
        share = np.log(np.einsum("ij,ij->i", self.share[products], belongs[rows]))
        return [share, share - np.log(self.usual[products])]

    def arrays(self) -> Mapping[str, Any]:
        """Everything by name; `from_arrays` takes it back."""
        return {"kind_share": self.share, "kind_usual": self.usual, "kind_size": self.size}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> ShopperKinds:
        """The object whose `arrays` these are."""
        return cls(arrays["kind_share"], arrays["kind_usual"], arrays["kind_size"])


@dataclass(frozen=True)
class Shelves:
    """Products in their categories.

    Attributes:
        category_of: per product, numbered from 0.
        holds: category × product, 1 where the product is of it.
        usual: per product, its share of what all take in the category.
    """

    category_of: NDArray[np.integer]
    holds: sparse.csr_matrix
    usual: FloatTable

    @classmethod
    def of(cls, told: sparse.csr_matrix, category_of: NDArray[np.integer]) -> Shelves:
        """The shelves of what customers told."""
        _, category = np.unique(category_of, return_inverse=True)
        count = len(category)
        ones = np.ones(count, dtype=np.float32)
        holds = sparse.csr_matrix((ones, (category, np.arange(count))), shape=(int(category.max(initial=-1)) + 1, count))
        taken = np.asarray(told.sum(axis=0), dtype=np.float32).ravel() + _SELDOM
        return cls(category, holds, taken / (holds @ taken)[category])

    def shares(self, told: sparse.csr_matrix, belongs: FloatTable) -> FloatTable:
        """Product × kind: its share of what the kind takes in the category, drawn towards the usual where that is little."""
        taken = told.T @ belongs
        of_category = (self.holds @ taken)[self.category_of]
        return np.asarray((taken + _PRIOR * self.usual[:, None]) / (of_category + _PRIOR), dtype=np.float32)

    def departures(self, told: sparse.csr_matrix) -> LinearOperator:
        """Customer × product: how what each takes departs from the usual of its categories, in its standard deviations."""
        by_category = (told @ self.holds.T).toarray()
        usual, scale = self.usual[:, None], 1 / np.sqrt(self.usual[:, None])

        def times(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
            scaled = scale * vectors.reshape(len(scale), -1)
            return np.asarray(told @ scaled - by_category @ (self.holds @ (usual * scaled)))

        def transposed(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
            vectors = vectors.reshape(len(by_category), -1)
            return np.asarray(scale * (told.T @ vectors - usual * (self.holds.T @ (by_category.T @ vectors))))

        return LinearOperator(told.shape, times, transposed, times, np.float32, transposed)


def _told(profiles: sparse.csr_matrix) -> sparse.csr_matrix:
    """How much each says of who they are: the tenth look at one product tells less than the first."""
    return sparse.csr_matrix((np.log1p(profiles.data), profiles.indices, profiles.indptr), shape=profiles.shape)


def _sizes(belongs: FloatTable) -> FloatTable:
    counts = belongs.sum(axis=0) + _SELDOM
    return np.asarray(counts / counts.sum(), dtype=np.float32)


def _belonging(likely: FloatTable, size: FloatTable) -> FloatTable:
    """How probably each row is of each kind, from the log likelihood of what it told."""
    likely = likely + np.log(size)
    likely = np.exp(likely - likely.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True), dtype=np.float32)


def _first_guess(told: sparse.csr_matrix, shelves: Shelves, count: int, seed: int) -> FloatTable:
    """Customers grouped by the main directions in which they depart from the usual; a single kind where there are none."""
    from sklearn.cluster import KMeans

    everybody = np.ones((told.shape[0], 1), dtype=np.float32)
    if count < 2 or min(told.shape) <= _DIMENSIONS:
        return everybody
    departures = shelves.departures(told)
    rng = np.random.default_rng(seed)
    # In a shop whose categories hold one product each nobody can depart from anything.
    if np.abs(departures @ rng.standard_normal(told.shape[1])).max() < 1e-3:
        return everybody
    left, strength, _ = svds(departures, _DIMENSIONS, v0=rng.standard_normal(min(told.shape)))
    places = left * strength
    places /= np.maximum(np.linalg.norm(places, axis=1, keepdims=True), 1e-9)
    groups = KMeans(count, n_init=1, random_state=seed).fit(places).labels_
    belongs: FloatTable = np.eye(count, dtype=np.float32)[groups]
    return belongs
