"""Columns of shop tables made from arrays of numbers, and tables made in parts.

A simulated marketplace is kept as numbers; texts are ten times as large and exist only for the rows that are being written.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
import pyarrow as pa

AT_ONCE = 50_000  # rows of a table whose texts are in memory together; another number writes the same files


def parts(count: int) -> Iterator[slice]:
    """Slices that cover `count` rows, `AT_ONCE` at a time; one empty slice if there are none, so that every table is written."""
    for start in range(0, max(count, 1), AT_ONCE):
        yield slice(start, min(start + AT_ONCE, count))


def hexadecimal(numbers: np.ndarray, prefix: str = "") -> pl.Series:
    """Each number below 2**32 as eight hexadecimal digits behind `prefix`."""
    digits = np.asarray(numbers).astype(">u4").tobytes().hex().encode()
    return _fixed_width(np.frombuffer(digits, dtype=np.uint8).reshape(-1, 8), prefix)


def digests_as_text(digests: np.ndarray) -> pl.Series:
    """Rows of bytes as hexadecimal digits, two for each byte."""
    digits = np.ascontiguousarray(digests).tobytes().hex().encode()
    return _fixed_width(np.frombuffer(digits, dtype=np.uint8).reshape(-1, 2 * digests.shape[1]), "")


def named(names: Sequence[str | None] | np.ndarray, numbers: np.ndarray) -> pl.Series:
    """The name of each number: `names[numbers]` as a column."""
    return pl.Series(list(names), dtype=pl.String).gather(np.asarray(numbers, dtype=np.int64))


def masked(values: pl.Series | np.ndarray, known: np.ndarray) -> pl.Series:
    """`values` with nulls where not `known`."""
    return pl.Series(values).set(pl.Series(~known), None)


def instants(microseconds: np.ndarray) -> pl.Series:
    """Microseconds since 1970 as UTC timestamps; negative stands for null."""
    series = pl.Series(np.asarray(microseconds, dtype=np.int64))
    return series.set(series < 0, None).cast(pl.Datetime("us", "UTC"))


def _fixed_width(characters: np.ndarray, prefix: str) -> pl.Series:
    """Rows of ASCII characters behind `prefix` as texts, without a Python object for each."""
    head = np.broadcast_to(np.frombuffer(prefix.encode(), dtype=np.uint8), (len(characters), len(prefix)))
    whole = np.concatenate([head, characters], axis=1)
    ends = np.arange(len(whole) + 1, dtype=np.int64) * whole.shape[1]
    texts = pa.Array.from_buffers(pa.large_string(), len(whole), [None, pa.py_buffer(ends), pa.py_buffer(whole.tobytes())])
    column = pl.from_arrow(texts)
    assert isinstance(column, pl.Series)
    return column
