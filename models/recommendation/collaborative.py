"""What other shoppers' histories say: products bought by the same people, latent tastes, and the nearest shoppers."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.config import RecommendationConfig
from models.recommendation.trending import FloatTable


@dataclass(frozen=True)
class ItemToItem:
    """Each product's nearest products; a profile collects those of all that it holds.

    Serves co-visitation and content alike: they differ in what near means.
    """

    similarity: sparse.csr_matrix

    def scores(self, profiles: sparse.csr_matrix) -> FloatTable:
        """Σ over the profile's products of weight × similarity."""
        return np.asarray((profiles @ self.similarity).toarray(), dtype=np.float32)

    def strongest(self, profile: sparse.csr_matrix, product: int) -> int:
        """The product of a one-row `profile` that adds most to `product`'s score; the first on a tie."""
        near = slice(self._towards.indptr[product], self._towards.indptr[product + 1])
        held = np.zeros(self.similarity.shape[0], dtype=np.float32)
        held[profile.indices] = profile.data
        return int(self._towards.indices[near][int(np.argmax(held[self._towards.indices[near]] * self._towards.data[near]))])

    @cached_property
    def _towards(self) -> sparse.csc_matrix:
        by_column = self.similarity.tocsc()
        by_column.sort_indices()
        return by_column


def fit_co_visitation(counts: sparse.csr_matrix, config: RecommendationConfig) -> ItemToItem:
    """Item-to-item over customers' histories, weighted by BM25 so that popular products do not neighbour everything."""
    from implicit.nearest_neighbours import BM25Recommender
    from implicit.utils import ParameterWarning

    recommender = BM25Recommender(K=config.K, num_threads=1)
    # It weighs through COO and would warn that it turns that back into CSR itself.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)
        recommender.fit(counts, show_progress=False)
    similarity = sparse.csr_matrix(recommender.similarity, dtype=np.float32)
    rows = np.repeat(np.arange(similarity.shape[0]), np.diff(similarity.indptr))
    similarity.data[rows == similarity.indices] = 0
    similarity.eliminate_zeros()
    similarity.sort_indices()
    return ItemToItem(similarity)


@dataclass(frozen=True)
class LatentTaste:
    """Implicit ALS; a profile becomes a vector by one least-squares step over its whole history.

    Known and new customers take the same way, so nothing per customer is stored and a change shows at once
    (Hu, Koren & Volinsky 2008, equation 4).
    """

    item_factors: FloatTable
    regularization: float
    alpha: float

    @cached_property
    def _gram(self) -> FloatTable:
        identity = np.eye(self.item_factors.shape[1], dtype=np.float32)
        return np.asarray(self.item_factors.T @ self.item_factors + self.regularization * identity)

    def scores(self, profiles: sparse.csr_matrix) -> FloatTable:
        """The profile's vector times each product's, not below zero; zero for an empty profile."""
        vectors = np.zeros((profiles.shape[0], self.item_factors.shape[1]), dtype=np.float32)
        for row in range(profiles.shape[0]):
            held = slice(profiles.indptr[row], profiles.indptr[row + 1])
            if held.stop > held.start:
                normal, pulls = self._equation(profiles.indices[held], profiles.data[held])
                vectors[row] = np.linalg.solve(normal, pulls.sum(axis=0))
        return np.asarray(np.maximum(vectors @ self.item_factors.T, 0), dtype=np.float32)

    def shares(self, profile: sparse.csr_matrix) -> FloatTable:
        """The vector that each product of a one-row `profile` adds to the profile's own (same paper, section 5).

        Times a product's factors, it is what that history adds to the product's score.
        """
        normal, pulls = self._equation(profile.indices, profile.data)
        return np.asarray(np.linalg.solve(normal, pulls.T).T)

    def _equation(self, products: NDArray[np.int32], weights: FloatTable) -> tuple[FloatTable, FloatTable]:
        """The normal matrix, and each product's share of the right-hand side."""
        factors = self.item_factors[products]
        # implicit's confidences: alpha × weight where something was done, 1 elsewhere.
        confidence = self.alpha * weights[:, None]
        return self._gram + factors.T @ (factors * (confidence - 1)), factors * confidence


def fit_latent_taste(taste: sparse.csr_matrix, config: RecommendationConfig) -> LatentTaste:
    """Factors of the recency-weighted table; one thread and a fixed seed, so that two runs are equal."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(
        factors=min(config.factors, min(taste.shape) - 1),
        regularization=config.regularization,
        alpha=config.alpha,
        iterations=config.iterations,
        num_threads=1,
        random_state=config.seed,
    )
    model.fit(taste, show_progress=False)
    return LatentTaste(np.asarray(model.item_factors, dtype=np.float32), config.regularization, config.alpha)


@dataclass(frozen=True)
class Neighbours:
    """What the shoppers with the most similar taste did lately.

    Attributes:
        tastes: one row per known customer, of length 1.
        recent: what they did, with a shorter half-life.
        count: how many of them are asked.
    """

    tastes: sparse.csr_matrix
    recent: sparse.csr_matrix
    count: int

    def scores(self, profiles: sparse.csr_matrix, customers: NDArray[np.intp]) -> FloatTable:
        """Σ over the nearest shoppers of similarity × what they did.

        Args:
            customers: row of `tastes` that each profile belongs to, -1 for none: nobody is their own neighbour.
        """
        nearness = sparse.csr_matrix(profiles @ self._by_product, dtype=np.float32)
        held = np.diff(nearness.indptr)
        nearness.data[nearness.indices == np.repeat(customers, held)] = 0
        for row in np.flatnonzero(held > self.count):
            near = nearness.data[nearness.indptr[row] : nearness.indptr[row + 1]]
            near[near < np.partition(near, -self.count)[-self.count]] = 0
        return np.asarray((nearness @ self.recent).toarray(), dtype=np.float32)

    @cached_property
    def _by_product(self) -> sparse.csr_matrix:
        return self.tastes.T.tocsr()
