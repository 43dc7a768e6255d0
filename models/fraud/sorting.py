"""Rows put together by identity in time that grows hardly faster than their number.

A hash table of millions of identities misses the processor's cache at nearly every row. Sorting integers reads memory in turn,
and what follows works on one block of whole groups after the other, which stays in the cache.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    import polars as pl  # by the functions that sort: the fraud service, which does not, goes without

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BLOCK_ROWS = 1 << 16  # a few arrays of so many int64 fit the second level of a processor's cache


def identity_codes(column: pd.Series) -> Integers:
    """One integer per distinct value, counted from 0 without gaps and in no order; -1 where the value is missing.

    Rows are sorted by a hash of the value; where two values that differ share one, that block is sorted out by the values.
    """
    import polars as pl

    values = pl.from_pandas(column)
    assert isinstance(values, pl.Series)
    codes = np.full(len(values), -1, dtype=np.int64)
    unsigned = values.hash().to_numpy() >> np.uint64(len(values).bit_length() + 1)
    hashes = np.where(values.is_null().to_numpy(), -1, unsigned.astype(np.int64))
    count = 0
    for rows, is_first in blocks(hashes):
        here = values.gather(rows)
        differs = changes(here)
        local = np.cumsum(is_first) - 1 if np.array_equal(is_first, differs) else pd.factorize(here.to_numpy())[0]
        codes[rows] = count + local
        count += int(local.max()) + 1
    return codes


def blocks(codes: Integers) -> Iterator[tuple[Integers, Flags]]:
    """The rows of every code (-1 is none), code by code and in their own order, some whole codes at a time.

    With them comes which of the rows is the first of its code. A code times twice the number of rows must fit an int64.
    """
    rows, ordered = sorted_rows(codes)
    begin = 0
    while begin < len(rows):
        end = min(begin + _BLOCK_ROWS, len(rows))
        if end < len(rows):
            end = int(np.searchsorted(ordered, ordered[end - 1], side="right"))
        yield rows[begin:end], changes(ordered[begin:end])
        begin = end


def sorted_rows(codes: Integers) -> tuple[Integers, Integers]:
    """The rows of known codes (not negative) in the order of code and row, and their codes in that order.

    Code and row are sorted as one integer, by polars, which does so several times as fast as `numpy.argsort` here.
    """
    import polars as pl

    bits = len(codes).bit_length()
    keys = (codes << bits) | np.arange(len(codes))
    if codes.min(initial=0) < 0:
        keys = keys[codes >= 0]
    keys = pl.Series(keys).sort(multithreaded=False).to_numpy()
    return keys & ((1 << bits) - 1), keys >> bits


def rising_order(values: Integers) -> Integers | None:
    """The places of the values from the smallest to the largest; None if they are in that order already."""
    import polars as pl

    is_rising = bool((values[1:] >= values[:-1]).all())
    return None if is_rising else pl.Series(values).arg_sort().to_numpy().astype(np.int64)


def changes(values: "npt.NDArray[np.generic] | pl.Series") -> Flags:
    """Whether each value differs from the one before; the first one does."""
    differs = np.ones(len(values), dtype=np.bool_)
    if len(values):
        differs[1:] = values[1:] != values[:-1]
    return differs
