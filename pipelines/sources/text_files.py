"""Files of rows as they are: every cell text, nothing guessed, and what is no row told with its line."""

import csv
import gzip
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

    A quote that is never closed does not swallow the rows after it: lines are then read one by one.

    Args:
        refuse: told line, cells and reason of every other row.
    """
    csv.field_size_limit(_LARGEST_CELL)
    rows: list[list[str]] = []
    with _open(path) as text:
        records = _records(text)
        _, heading, _ = next(records, (0, [], []))
        for line, cells, lines in records:
            if not cells:
                continue
            if len(cells) == len(heading):
                rows.append([str(line), *cells])
                continue
            singly = [next(csv.reader([one]), []) for one in lines] if len(lines) > 1 else [cells]
            for offset, found in enumerate(singly):
                if len(found) == len(heading):
                    rows.append([str(line + offset), *found])
                elif found:
                    refuse(line + offset, found, f"has {len(found)} cells where the heading has {len(heading)}")
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


def _records(text: TextIO) -> Iterator[tuple[int, list[str], list[str]]]:
    """First line, cells and raw lines of each record."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            taken.append(line)
            yield line

    first = 1
    for cells in csv.reader(lines()):
        yield first, cells, list(taken)
        first += len(taken)
        taken.clear()


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    """The file as text, unpacked if need be, without a byte order mark; broken UTF-8 becomes replacement characters."""
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text  # type: ignore[misc]
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text
