"""What other shoppers' histories say: products bought by the same people, latent tastes, and the nearest shoppers."""

import warnings
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.config import RecommendationConfig
from models.recommendation.sources import Asked, FloatTable, best_of_dense, best_of_rows, keep_largest, times
from models.recommendation.vector_index import FEWEST_INDEXED, VectorIndex


@dataclass(frozen=True)
class ItemToItem:
    """Each product's nearest products; a profile collects those of all that it holds.

    Serves co-visitation and content alike: they differ in what near means.
    """

    similarity: sparse.csr_matrix

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """Σ over the profile's products of weight × similarity."""
        return best_of_rows(times(asked.profiles, self.similarity), asked, n)

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
    def index(self) -> VectorIndex | None:
        """What finds the best products without looking at all of them; None where looking at all is as quick."""
        return VectorIndex.build(self.item_factors) if len(self.item_factors) >= FEWEST_INDEXED else None

    @cached_property
    def _gram(self) -> FloatTable:
        identity = np.eye(self.item_factors.shape[1], dtype=np.float32)
        return np.asarray(self.item_factors.T @ self.item_factors + self.regularization * identity)

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """The products whose vectors point most the way of the profile's; none for an empty profile."""
        vectors = self.vectors_of(asked)
        if self.index is None:
            return best_of_dense(np.asarray(vectors @ self.item_factors.T), asked, n)
        return best_of_rows(self.index.nearest(vectors, n + int(np.diff(asked.hidden.indptr).max(initial=0))), asked, n)

    def vectors_of(self, asked: Asked) -> FloatTable:
        """`vectors` of the asked rows' profiles, found once."""
        if id(self) not in asked.vectors:
            asked.vectors[id(self)] = self.vectors(asked.profiles)
        return asked.vectors[id(self)]

    def vectors(self, profiles: sparse.csr_matrix) -> FloatTable:
        """One vector per profile by one least-squares step; zero for an empty profile."""
        vectors = np.zeros((profiles.shape[0], self.item_factors.shape[1]), dtype=np.float32)
        for row in range(profiles.shape[0]):
            held = slice(profiles.indptr[row], profiles.indptr[row + 1])
            if held.stop > held.start:
                normal, pulls = self._equation(profiles.indices[held], profiles.data[held])
                vectors[row] = np.linalg.solve(normal, pulls.sum(axis=0))
        return vectors

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
        by_product: product × customer: `tastes` turned over, of each product the newest `most_customers` only, so that a
            question costs the same however many people there are.
        count: how many of them are asked.
    """

    tastes: sparse.csr_matrix
    recent: sparse.csr_matrix
    by_product: sparse.csr_matrix
    count: int

    @classmethod
    def fit(cls, taste: sparse.csr_matrix, recent: sparse.csr_matrix, config: RecommendationConfig) -> "Neighbours":
        """The tables of all customers; who was there last counts as newest."""
        from sklearn.preprocessing import normalize

        tastes = sparse.csr_matrix(normalize(taste), dtype=np.float32)
        # The decayed weight of what somebody did with a product says how long ago that was.
        newest = sparse.csr_matrix(recent.T)
        kept = keep_largest(newest, config.most_neighbours_of_a_product).sign()
        by_product = sparse.csr_matrix(tastes.T.multiply(kept), dtype=np.float32)
        return cls(tastes, recent, by_product, config.neighbour_count)

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """Σ over the nearest shoppers of similarity × what they did; nobody is their own neighbour."""
        nearness = times(asked.profiles, self.by_product)
        nearness.data[nearness.indices == np.repeat(asked.customers, np.diff(nearness.indptr))] = 0
        return best_of_rows(times(keep_largest(nearness, self.count), self.recent), asked, n)
