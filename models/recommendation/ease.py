"""Products that stand for each other, all pairs weighed at once."""

import numpy as np
from scipy import sparse

from models.recommendation.collaborative import ItemToItem
from models.recommendation.config import RecommendationConfig
from models.recommendation.sources import FloatTable, keep_largest


def fit_ease(counts: sparse.csr_matrix, config: RecommendationConfig) -> ItemToItem:
    """The closed-form item-to-item weights of EASE (Steck 2019, equation 8), each product's largest ones.

    Time grows with the cube of the products and memory with their square, so above `ease_most_products` there are none.
    """
    size = counts.shape[1]
    if size > config.ease_most_products:
        return ItemToItem(sparse.csr_matrix((size, size), dtype=np.float32))
    taken = counts.sign().astype(np.float32)
    gram: FloatTable = np.asarray((taken.T @ taken).toarray(), dtype=np.float32)
    gram[np.diag_indices(size)] += config.ease_regularization
    inverse = _inverse(gram)
    weights = np.divide(inverse, -np.diag(inverse), out=inverse).astype(np.float32)
    np.fill_diagonal(weights, 0)
    blocks = [_largest(weights[start : start + 512], config.ease_neighbours) for start in range(0, size, 512)]
    return ItemToItem(sparse.csr_matrix(sparse.vstack(blocks)) if blocks else sparse.csr_matrix((size, size), dtype=np.float32))


def _inverse(gram: FloatTable) -> FloatTable:
    """The inverse of a symmetric table whose eigenvalues are positive: half the work of a general one."""
    from scipy.linalg import lapack

    factor, _ = lapack.spotrf(gram, lower=False, overwrite_a=True)
    upper, _ = lapack.spotri(factor, lower=False, overwrite_c=True)
    upper = np.triu(upper)
    return np.asarray(upper + np.triu(upper, 1).T, dtype=np.float32)


def _largest(weights: np.ndarray, count: int) -> sparse.csr_matrix:
    if weights.shape[1] > count:
        weights = np.where(weights >= np.partition(weights, -count, axis=1)[:, -count][:, None], weights, np.float32(0))
    return keep_largest(sparse.csr_matrix(np.maximum(weights, 0)), count)
