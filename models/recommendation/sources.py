"""What every candidate source is asked, and what it answers: one small interface for trending, neighbours, factors and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

FloatTable = NDArray[np.float32]
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


class Source(Protocol):
    """Proposes products."""

    def candidates(self, asked: Asked, n: int) -> sparse.csr_matrix:
        """Row × product: at most the `n` best of each row that may be proposed, all above 0, the best of each row 1."""


def best_of_rows(said: sparse.csr_matrix, asked: Asked, n: int) -> sparse.csr_matrix:
    """The `n` largest entries of each row that may be proposed, divided by the row's best; of equal ones the smaller column."""
    rows = np.repeat(np.arange(said.shape[0]), np.diff(said.indptr))
    columns, values = said.indices, said.data
    kept = (values > 0) & asked.offered[columns]
    if asked.hidden.nnz:
        width = np.int64(said.shape[1])
        hidden_rows = np.repeat(np.arange(len(asked), dtype=np.int64), np.diff(asked.hidden.indptr))
        kept &= ~np.isin(rows * width + columns, hidden_rows * width + asked.hidden.indices)
    return largest_of_rows(rows[kept], columns[kept], values[kept], said.shape, n)


def best_of_dense(scores: FloatTable, asked: Asked, n: int) -> sparse.csr_matrix:
    """`best_of_rows` of a table without gaps; at the last place equals are taken as they come."""
    masked = np.where(asked.offered, scores, np.float32(-1))
    hidden_rows = np.repeat(np.arange(len(asked)), np.diff(asked.hidden.indptr))
    masked[hidden_rows, asked.hidden.indices] = -1
    if masked.shape[1] > n:
        columns = np.argpartition(masked, -n, axis=1)[:, -n:]
    else:
        columns = np.broadcast_to(np.arange(masked.shape[1]), masked.shape)
    values = np.take_along_axis(masked, columns, axis=1).ravel()
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


def keep_largest(table: sparse.csr_matrix, count: int) -> sparse.csr_matrix:
    """The `count` largest entries of each row; of equal ones those with the smaller column."""
    rows = np.repeat(np.arange(table.shape[0]), np.diff(table.indptr))
    order = np.lexsort((table.indices, -table.data, rows))
    place = np.arange(len(order)) - table.indptr[rows[order]]
    kept = order[(place < count) & (table.data[order] > 0)]
    largest = sparse.csr_matrix((table.data[kept], (rows[kept], table.indices[kept])), shape=table.shape)
    largest.sort_indices()
    return largest


def rows_or_empty(table: sparse.csr_matrix, rows: NDArray[np.intp]) -> sparse.csr_matrix:
    """Rows of `table`, empty ones where the row is -1."""
    known = rows >= 0
    if known.all():
        return sparse.csr_matrix(table[rows])
    lengths = np.where(known, np.diff(table.indptr)[rows], 0)
    found = table[rows[known]]
    return sparse.csr_matrix(
        (found.data, found.indices, np.concatenate([[0], np.cumsum(lengths)])), shape=(len(rows), table.shape[1])
    )
