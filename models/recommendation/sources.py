"""What every candidate source is asked, and what it answers: one small interface for trending, neighbours, factors and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.exact import largest_of_each
from models.recommendation.ragged import gather, looked_up

FloatTable = NDArray[np.float32]
# Entries of a table that are sorted together.
_SORTED_AT_ONCE = 4_000_000
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Asked:
    """For whom products are wanted, one row each.

    Attributes:
        profiles: row × product: the weights of what each did.
        customers: the row in the model's tables, -1 for somebody unknown.
        hidden: row × product: 1 for what may not be proposed to this one.
        offered: per product, whether it may be proposed to anybody.
    """

    profiles: sparse.csr_matrix
    customers: NDArray[np.intp]
    hidden: sparse.csr_matrix
    offered: Mask

    def __len__(self) -> int:
        return len(self.customers)

    def part(self, rows: NDArray[np.intp]) -> Asked:
        """Some of the rows."""
        return Asked(self.profiles[rows], self.customers[rows], self.hidden[rows], self.offered)

    def hides(self, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> Mask:
        """Whether each product may not be proposed to the asked row beside it."""
        width, hidden = np.int64(self.hidden.shape[1]), self._hidden_keys
        if not len(hidden):
            return np.zeros(len(rows), dtype=bool)
        wanted = rows * width + columns
        return np.asarray(hidden[np.minimum(np.searchsorted(hidden, wanted), len(hidden) - 1)] == wanted)

    @cached_property
    def vectors(self) -> dict[int, FloatTable]:
        """Each row's place among latent tastes, by the object that found it: asked for by a source, and again to compare."""
        return {}

    @cached_property
    def _hidden_keys(self) -> NDArray[np.int64]:
        """Row × width + product of all that is hidden, ascending: every source asks for it."""
        return np.sort(keys_of(self.hidden))


class Source(Protocol):
    """Proposes products."""

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """Row × product: at most the `n` best of each row that may be proposed, all above 0, the best of each row 1."""


def best_of_rows(said: sparse.csr_matrix, asked: Asked, n: int) -> sparse.csr_matrix:
    """The `n` largest entries of each row that may be proposed, divided by the row's best; of equal ones the smaller column."""
    rows = np.repeat(np.arange(said.shape[0]), np.diff(said.indptr))
    columns, values = said.indices, said.data
    kept = (values > 0) & asked.offered[columns] & ~asked.hides(rows, columns)
    return largest_of_rows(rows[kept], columns[kept], values[kept], said.shape, n)


def best_of_dense(scores: FloatTable, asked: Asked, n: int) -> sparse.csr_matrix:
    """`best_of_rows` of a table without gaps."""
    masked = np.where(asked.offered, scores, np.float32(-1))
    hidden_rows = np.repeat(np.arange(len(asked)), np.diff(asked.hidden.indptr))
    masked[hidden_rows, asked.hidden.indices] = -1
    columns, found = largest_of_each(masked, n)
    values = found.ravel()
    rows = np.repeat(np.arange(len(masked)), columns.shape[1])
    kept = values > 0
    return largest_of_rows(rows[kept], columns.ravel()[kept], values[kept], scores.shape, n)


def largest_of_rows(
    rows: NDArray[np.integer], columns: NDArray[np.integer], values: FloatTable, shape: tuple[int, int], n: int
) -> sparse.csr_matrix:
    """A table of the `n` largest values of each row, divided by the row's largest; of equal ones the smaller column.

    Args:
        rows: in order.
    """
    if shape[0] == 1:
        return _largest_of_one(columns, values, shape, n)
    order = np.lexsort((columns, -values, rows))
    starts = np.searchsorted(rows, np.arange(shape[0] + 1))
    place = np.arange(len(order)) - starts[rows]
    best = np.ones(shape[0], dtype=np.float32)
    has_any = np.diff(starts) > 0
    best[has_any] = values[order[starts[:-1][has_any]]]
    order = order[place < n]
    lengths = np.minimum(np.diff(starts), n)
    made = sparse.csr_matrix(
        ((values[order] / best[rows[order]]).astype(np.float32), columns[order], np.concatenate([[0], np.cumsum(lengths)])),
        shape=shape,
    )
    made.sort_indices()
    return made


def _largest_of_one(columns: NDArray[np.integer], values: FloatTable, shape: tuple[int, int], n: int) -> sparse.csr_matrix:
    """`largest_of_rows` of a single row: what lies below the `n`-th value is never sorted."""
    columns, values = _first_of_one(columns, values, n)
    best = values.max(initial=np.float32(0)) or np.float32(1)
    return _one_row(columns, (values / best).astype(np.float32, copy=False), shape)


def _first_of_one(columns: NDArray[np.integer], values: FloatTable, n: int) -> tuple[NDArray[np.integer], FloatTable]:
    """The `n` largest values by ascending column; of equal ones the smaller column."""
    if len(values) > n:
        far = np.flatnonzero(values >= np.partition(values, -n)[-n])
        columns, values = columns[far], values[far]
        if len(values) > n:
            near = np.lexsort((columns, -values))[:n]
            columns, values = columns[near], values[near]
    order = np.argsort(columns)
    return columns[order], values[order]


def _one_row(columns: NDArray[np.integer], values: FloatTable, shape: tuple[int, int]) -> sparse.csr_matrix:
    """A table of one row; `columns` ascend."""
    # Of other widths scipy would first look at each entry whether it could be told in this one.
    indptr = np.array([0, len(columns)], dtype=np.int32)
    made = sparse.csr_matrix((values, columns.astype(np.int32, copy=False), indptr), shape=shape)
    made.has_canonical_format = True
    return made


def times(left: sparse.csr_matrix, right: sparse.csr_matrix) -> sparse.csr_matrix:
    """The product of two tables in single precision."""
    made = left @ right
    return made if made.dtype == np.float32 else made.astype(np.float32)


def keep_largest(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The `count` largest entries of each row; of equal ones those with the smaller column."""
    if table.nnz and np.diff(table.indptr).max() <= count and table.data.min() > 0:
        return table.sorted_indices()
    if table.shape[0] == 1:
        columns, values = _first_of_one(table.indices, table.data, count)
        return _one_row(columns[values > 0], values[values > 0], table.shape)
    # Sorting takes six times the memory of what is sorted.
    ends = np.searchsorted(table.indptr, np.arange(_SORTED_AT_ONCE, table.nnz, _SORTED_AT_ONCE))
    starts = np.unique([0, *ends[ends < table.shape[0]]])
    blocks = (table[first:last] for first, last in zip(starts, [*starts[1:], table.shape[0]], strict=True))
    parts = [_largest_of_rows(block, count) for block in blocks]
    return parts[0] if len(parts) == 1 else sparse.csr_matrix(sparse.vstack(parts))


def _largest_of_rows(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((table.indices, -table.data, rows))
    place = np.arange(len(order)) - table.indptr[rows[order]]
    kept = order[(place < count) & (table.data[order] > 0)]
    lengths = np.bincount(rows[kept], minlength=table.shape[0])
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    largest = sparse.csr_matrix((table.data[kept], table.indices[kept], indptr), shape=table.shape)
    largest.sort_indices()
    return largest


def with_columns(table: sparse.csr_matrix, columns: Sequence[int]) -> sparse.csr_matrix:
    """1 wherever `table` has an entry, and in these columns of each row."""
    width = np.int64(table.shape[1])
    further = np.arange(table.shape[0])[:, None] * width + np.array(columns, dtype=np.int64)
    rows, kept = np.divmod(np.unique(np.concatenate([keys_of(table), further.ravel()])), width)
    indptr = np.searchsorted(rows, np.arange(table.shape[0] + 1))
    return sparse.csr_matrix((np.ones(len(kept), dtype=np.float32), kept, indptr), shape=table.shape)


def entries_of(table: sparse.csr_matrix, rows: NDArray[np.integer], columns: NDArray[np.integer]) -> FloatTable:
    """The entry at each row and column, 0 where there is none; the table's own columns ascend in each row."""
    return looked_up(rows * np.int64(table.shape[1]) + columns, keys_of(table), table.data, missing=0)


def keys_of(table: sparse.csr_matrix) -> NDArray[np.int64]:
    """Row × width + column of each entry."""
    if table.shape[0] == 1:
        return np.asarray(table.indices, dtype=np.int64)
    rows = np.repeat(np.arange(table.shape[0], dtype=np.int64), np.diff(table.indptr))
    return np.asarray(rows * np.int64(table.shape[1]) + table.indices, dtype=np.int64)


def rows_or_empty(table: sparse.csr_matrix, rows: NDArray[np.intp]) -> sparse.csr_matrix:
    """Rows of `table`, empty ones where the row is -1."""
    known = rows >= 0
    at, _ = gather(table.indptr, rows[known])
    lengths = np.zeros(len(rows) + 1, dtype=np.int64)
    lengths[1:][known] = table.indptr[rows[known] + 1] - table.indptr[rows[known]]
    return sparse.csr_matrix((table.data[at], table.indices[at], np.cumsum(lengths)), shape=(len(rows), table.shape[1]))
