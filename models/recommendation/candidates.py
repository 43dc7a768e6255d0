"""What the sources propose for each asked row, put together as one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.config import SourceName
from models.recommendation.sources import FloatTable, keys_of


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
