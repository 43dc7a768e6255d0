"""Files of rows as they are: every cell text, nothing guessed, and what is no row told with its line."""

import csv
import gzip
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import polars as pl

LINE = "__line"
_LARGEST_CELL = 2**31 - 1  # a huge cell is judged with its row; the csv module would give up the whole file


def find_file(folder: Path, stem: str) -> Path | None:
    """`<stem>.csv.gz` or `<stem>.csv` in `folder`, if there is one."""
    return next((path for ending in (".csv.gz", ".csv") if (path := folder / f"{stem}{ending}").exists()), None)


def read_rows(path: Path, refuse: Callable[[int, list[str], str], None]) -> pl.DataFrame:
    """All rows that have as many cells as the heading, with the line that each begins on in `LINE`.

    A quote that is never closed does not swallow the rows after it: they are read again without its line.

    Args:
        refuse: told line, cells and reason of every other row.
    """
    csv.field_size_limit(_LARGEST_CELL)
    rows: list[list[str]] = []
    with opened(path) as text:
        lines = _Lines(text)
        try:
            heading = lines.record() or []
        except StopIteration:
            heading = []
        while True:
            try:
                cells = lines.record()
            except StopIteration:
                break
            taken = lines.taken
            if cells is not None and len(cells) == len(heading):
                rows.append([str(lines.first), *cells])
            elif cells is None or len(taken) > 1:  # the quote, not what it swallowed, is to blame
                lines.give_back(taken[1:])
                refuse(lines.first, next(csv.reader(taken[:1]), []), "has a quote that is not closed, or text behind one")
            elif cells:
                refuse(lines.first, cells, f"has {len(cells)} cells where the heading has {len(heading)}")
    names = [LINE, *(name.strip() for name in heading)]
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    frame = pl.DataFrame([pl.Series(name, values, dtype=pl.String) for name, values in _first_of_each(names, columns)])
    return frame.with_columns(pl.col(LINE).cast(pl.Int64))


def file_stem(path: Path) -> str:
    """The name without `.csv` and `.gz`."""
    return path.name.removesuffix(".gz").removesuffix(".csv")


def _first_of_each(names: list[str], columns: list[tuple[str, ...]]) -> list[tuple[str, tuple[str, ...]]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, values in zip(names, columns, strict=True):
        found.setdefault(name, values)
    return list(found.items())


class _Lines:
    """The lines of a file, read record by record; lines may be given back to be read again."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._again: deque[str] = deque()
        self._read = 0
        self.taken: list[str] = []
        self.first = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._text)
        self.taken.append(line)
        self._read += 1
        return line

    def record(self) -> list[str] | None:
        """The cells of the next record, None where its quotes do not match; `taken` are its lines, `first` the first's number."""
        self.taken = []
        self.first = self._read + 1
        try:
            return next(csv.reader(self, strict=True))
        except csv.Error:
            return None

    def give_back(self, lines: list[str]) -> None:
        self._again.extendleft(reversed(lines))
        self._read -= len(lines)


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """The file as text, unpacked if need be, without a byte order mark; broken UTF-8 becomes replacement characters."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text  # type: ignore[misc]
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
