"""Rows of different lengths as flat arrays: gathered, summed by key, ranked within their row.

One running session and a batch of hundreds take the same few array operations, whose cost does not depend on how many
products or sessions there are at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


def gather(indptr: NDArray[np.integer], rows: NDArray[np.integer]) -> tuple[Ints, Ints]:
    """Where the entries of `rows` stand, row after row, and for each which of `rows` (by its place) it belongs to."""
    starts = indptr[rows].astype(np.int64)
    sizes = indptr[rows + 1] - starts
    owner = np.repeat(np.arange(len(rows)), sizes)
    return np.arange(len(owner)) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes), owner


def stable_order(keys: NDArray[np.integer]) -> Ints:
    """Where the entries stand by ascending key, none below 0; equal ones as they came.

    Key and place are sorted as one number, several times as quickly as by an argsort that must be stable.
    """
    bits = len(keys).bit_length()
    if int(keys.max(initial=0)) >> (63 - bits):
        return np.argsort(keys, kind="stable")
    return np.sort((keys.astype(np.int64) << bits) | np.arange(len(keys))) & ((1 << bits) - 1)


@dataclass(frozen=True)
class Grouped:
    """Entries with equal keys put together.

    Attributes:
        keys: the different keys, ascending.
        order: the entries by key; equal ones as they came.
        starts: where each key's entries begin in `order`.
    """

    keys: Ints
    order: Ints
    starts: Ints

    @classmethod
    def by(cls, keys: NDArray[np.integer]) -> Grouped:
        order = stable_order(keys)
        ordered = keys[order].astype(np.int64)
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[:1] - 1))
        return cls(ordered[starts], order, starts)

    @property
    def sizes(self) -> Ints:
        """How many entries each key has."""
        return np.diff(self.starts, append=len(self.order))

    def sums(self, values: NDArray[np.floating]) -> Floats:
        """Σ of each key's values; several rows of values are summed at once."""
        return self._reduced(np.add, values)

    def largest(self, values: NDArray[np.floating]) -> Floats:
        """The largest of each key's values."""
        return self._reduced(np.maximum, values)

    def smallest(self, values: NDArray[np.floating]) -> Floats:
        """The smallest of each key's values."""
        return self._reduced(np.minimum, values)

    def _reduced(self, ufunc: np.ufunc, values: NDArray[np.floating]) -> Floats:
        if not len(self.starts):
            return np.zeros((*values.shape[:-1], 0), dtype=np.float32)
        return np.asarray(ufunc.reduceat(values[..., self.order], self.starts, axis=-1), dtype=np.float32)


def looked_up(wanted: Ints, keys: Ints, values: NDArray[np.floating], *, missing: float = np.nan) -> Floats:
    """The value of each wanted key, of several rows of values at once; `keys` ascend."""
    if not len(keys):
        return np.full((*values.shape[:-1], len(wanted)), missing, dtype=np.float32)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[..., at], np.float32(missing)).astype(np.float32, copy=False)


def places(rows: Ints, values: NDArray[np.floating], *, missing: float = np.nan) -> Floats:
    """The place from 1 of each entry within its row by falling value; where it is not a number, `missing`.

    Args:
        rows: ascending. Of equal values the entry that comes first is placed first.
    """
    found = np.full(len(rows), missing, dtype=np.float32)
    here = np.flatnonzero(~np.isnan(values))
    order = here[np.lexsort((-values[here], rows[here]))]
    ordered = rows[order]
    found[order] = np.arange(1, len(order) + 1) - np.searchsorted(ordered, ordered)
    return found


def side_by_side(columns: Sequence[NDArray[Any]]) -> Floats:
    """Columns of whatever kind as one table of single precision, each converted on the way."""
    table = np.empty((len(columns[0]), len(columns)), dtype=np.float32)
    for place, values in enumerate(columns):
        table[:, place] = values
    return table
