"""The products whose vectors have the largest inner products with a question's, found without looking at all of them.

Inner products of factorised tastes break graph indexes (HNSW finds half of the true hundred: norms differ too much), so this
is an inverted file: vectors are grouped, and only the groups whose centres answer best are looked through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.sources import FloatTable

# Below, one product of all vectors takes less than a millisecond.
FEWEST_INDEXED = 50_000
_GROUPS_PER_ROOT = 1.5
_PROBED = 64


@dataclass(frozen=True)
class VectorIndex:
    """A faiss inverted file over the rows of a table of vectors."""

    index: Any
    count: int

    @classmethod
    def build(cls, vectors: FloatTable, *, seed: int = 7) -> VectorIndex:
        """The index; equal vectors give an equal one."""
        import faiss

        faiss.omp_set_num_threads(1)
        count, width = vectors.shape
        groups = max(int(_GROUPS_PER_ROOT * np.sqrt(count)), 1)
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, groups, faiss.METRIC_INNER_PRODUCT)
        index.cp.seed = seed
        index.cp.max_points_per_centroid = 64
        index.train(np.ascontiguousarray(vectors))
        index.add(np.ascontiguousarray(vectors))
        index.nprobe = min(_PROBED, groups)
        return cls(index, count)

    def nearest(self, vectors: FloatTable, n: int) -> sparse.csr_matrix:
        """Question × product: inner products of the `n` largest found, above zero only."""
        values, columns = self.index.search(np.ascontiguousarray(vectors), min(n, self.count))
        rows: NDArray[np.intp] = np.repeat(np.arange(len(vectors)), values.shape[1])
        kept = (columns.ravel() >= 0) & (values.ravel() > 0)
        shape = (len(vectors), self.count)
        return sparse.csr_matrix((values.ravel()[kept], (rows[kept], columns.ravel()[kept])), shape=shape)
