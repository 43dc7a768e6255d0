"""Any table that somebody brings: CSV or Parquet, packed or not, read in blocks; rows that do not fit are counted and left out.

Nothing is guessed about missing values: an empty cell is missing, the text NA is a value like any other.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marketplace.errors import InvalidInputError, MissingColumnsError
from models.table_files import Blocks, header
from models.table_times import TimeStyle, find_style, parse_times


class Kind(StrEnum):
    """What the cells of a column hold, and as what they come back.

    ID: few texts that repeat, as a polars Categorical (four bytes a row); TEXT: String; NUMBER: finite Float64; TIME:
    Datetime in UTC, microseconds, without a zone; FLAG: Boolean; TEXTS: List(String).
    """

    ID = "id"
    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    FLAG = "flag"
    TEXTS = "texts"


@dataclass(frozen=True)
class Column:
    """One column asked for.

    Attributes:
        role: what it is to us; the name under which it comes back.
        name: what the file calls it.
        is_optional: an empty cell is then a null, and no reason to leave the row out. A cell that cannot be read still is.
        above, at_least: bounds of a number.
    """

    role: str
    name: str
    kind: Kind
    is_optional: bool = False
    above: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Table:
    """What was read.

    Attributes:
        frame: the good rows, one column per role, in the order of the files.
        rows: all that came, the bad ones too.
        reasons: why rows were left out, and how many; a row counts once, under its first reason.
        examples: for each reason the first cell that gave it.
    """

    frame: pl.DataFrame
    rows: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """How many rows were left out."""
        return sum(self.reasons.values())

    def without(self, is_bad: pl.Expr, reason: str) -> "Table":
        """The table with the rows left out for which `is_bad` holds; for rules that need more than one column."""
        bad = self.frame.select(is_bad.alias("bad"))["bad"].fill_null(False)
        count = int(bad.sum())
        if not count:
            return self
        return Table(self.frame.filter(~bad), self.rows, {**self.reasons, reason: count}, self.examples)


def read_table(paths: Sequence[Path], columns: Sequence[Column]) -> Table:
    """The columns asked for from all parts of a table, one after the other.

    Memory is that of the columns asked for, not of the files: blocks of some megabytes are read, checked and packed.

    Raises:
        MissingColumnsError: a part lacks a column; the message names those that it has.
        InvalidInputError: a file is missing, empty or of another format, or no row is good.
    """
    if not paths:
        raise InvalidInputError("no file came; name one or several")
    names = list(dict.fromkeys(column.name for column in columns))
    for path in paths:
        there = header(path)
        if missing := [column for column in columns if column.name not in there]:
            wanted = ", ".join(f"'{column.name}' ({column.role})" for column in missing)
            raise MissingColumnsError(f"{path} lacks the column {wanted}; it has {', '.join(there)}")
    styles = {
        column.name: find_style(Blocks(path, [column.name]) for path in paths) for column in columns if column.kind is Kind.TIME
    }
    packs = {column.role: pl.Categories.random() for column in columns if column.kind is Kind.ID}
    reading = _Reading(columns, styles, packs)
    parts = [part for path in paths for part in reading.blocks(path, names)]
    frame = pl.concat(parts) if parts else pl.DataFrame()
    if not len(frame):
        raise InvalidInputError(_nothing_good(paths, reading))
    return Table(frame, reading.rows, dict(reading.reasons), reading.examples)


def encode(values: pl.Series) -> tuple[NDArray[np.str_], NDArray[np.int32]]:
    """The different texts in order, and each row's position among them: the same whatever the order of the rows."""
    ids = values.unique().cast(pl.String).sort()
    codes = values.cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int32, copy=False)
    return ids.to_numpy().astype(str), codes


class _Reading:
    """Blocks of files turned into good rows, and the count of the others."""

    def __init__(self, columns: Sequence[Column], styles: Mapping[str, TimeStyle], packs: Mapping[str, pl.Categories]) -> None:
        self.columns, self.styles, self.packs = columns, styles, packs
        self.rows = 0
        self.reasons: Counter[str] = Counter()
        self.examples: dict[str, str] = {}

    def blocks(self, path: Path, names: list[str]) -> Iterator[pl.DataFrame]:
        source = Blocks(path, names)
        row = 0
        for block in source:
            self.rows += len(block)
            yield self._good(block, path, row)
            row += len(block)
        if source.malformed:
            reason = "another number of fields than the header"
            self.rows += source.malformed
            self.reasons[reason] += source.malformed
            self.examples.setdefault(reason, f"{path.name}: {source.first_malformed}")

    def _good(self, block: pl.DataFrame, path: Path, first_row: int) -> pl.DataFrame:
        made = {}
        is_good = np.ones(len(block), dtype=bool)
        for column in self.columns:
            raw = block[column.name]
            read, problems = self._read(column, raw)
            made[column.role] = read
            for reason, is_bad in problems:
                bad = is_bad.fill_null(False).to_numpy() & is_good
                if bad.any():
                    at = int(np.argmax(bad))
                    self.reasons[reason] += int(bad.sum())
                    self.examples.setdefault(reason, f"{path.name}, data row {first_row + at + 1}: {_shown(raw[at])}")
                    is_good &= ~bad
        frame = pl.DataFrame(made)
        return frame if is_good.all() else frame.filter(pl.Series(is_good))

    def _read(self, column: Column, raw: pl.Series) -> tuple[pl.Series, list[tuple[str, pl.Series]]]:
        """A column as its kind, and per reason which of its rows are bad."""
        said = f"{column.role} ({column.name})"
        if column.kind is Kind.TEXTS:
            read = as_texts(raw)
            return read, [(f"{said} is empty", read.is_null())]
        text = as_text(raw)
        problems = [(f"{said} is not UTF-8", text.is_null() & raw.is_not_null())] if raw.dtype == pl.Binary else []
        is_empty = (text.str.strip_chars() == "").fill_null(True)
        if not column.is_optional:
            problems.append((f"{said} is empty", is_empty))
        text = text.set(is_empty, None)
        match column.kind:
            case Kind.ID:
                return text.cast(pl.Categorical(self.packs[column.role])), problems
            case Kind.TEXT:
                return text, problems
            case Kind.TIME:
                read = parse_times(raw if raw.dtype.is_temporal() else text, self.styles[column.name])
                problems.append((f"{said} is no time that can be read", read.is_null() & ~is_empty))
            case Kind.FLAG:
                read = text.str.strip_chars().str.to_lowercase().replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
                problems.append((f"{said} is neither 0 nor 1", read.is_null() & ~is_empty))
            case _:
                read = text.str.strip_chars().cast(pl.Float64, strict=False)
                problems.append((f"{said} is no number", (read.is_null() | ~read.is_finite().fill_null(True)) & ~is_empty))
                if column.above is not None:
                    problems.append((f"{said} is not above {column.above:g}", (read <= column.above).fill_null(False)))
                if column.at_least is not None:
                    problems.append((f"{said} is below {column.at_least:g}", (read < column.at_least).fill_null(False)))
        return read, problems


_FLAGS = {
    **dict.fromkeys(("1", "1.0", "true", "t", "yes", "y"), True),
    **dict.fromkeys(("0", "0.0", "false", "f", "no", "n"), False),
}


def as_text(raw: pl.Series) -> pl.Series:
    """Any column as text; whole numbers kept as floats (pandas does so beside missing ones) lose their `.0`."""
    if raw.dtype == pl.Binary:
        try:
            return raw.cast(pl.String)
        except pl.exceptions.PolarsError:  # some cell is not UTF-8: only now cell by cell
            return pl.Series(raw.name, [_decoded(cell) for cell in raw], dtype=pl.String)
    if raw.dtype.is_float():
        return raw.fill_nan(None).cast(pl.String).str.replace(r"\.0$", "")
    if raw.dtype.is_nested():  # lists and records of a Parquet file, as a CSV would hold them
        cells = raw.to_list()
        texts = [None if cell is None else json.dumps(cell, ensure_ascii=False, default=str) for cell in cells]
        return pl.Series(raw.name, texts, dtype=pl.String)
    return raw.cast(pl.String)


def as_texts(raw: pl.Series) -> pl.Series:
    """Lists of texts: Parquet lists as they are; JSON lists; else words between spaces, commas, bars or semicolons."""
    if isinstance(raw.dtype, pl.List | pl.Array):
        lists = raw.cast(pl.List(pl.String))
    else:
        words = as_text(raw).str.replace_all(r"""[\[\]\(\)"'\s,;|]+""", " ").str.strip_chars()
        lists = words.str.split(" ").list.eval(pl.element().filter(pl.element() != ""))
    return lists.set(lists.list.len().fill_null(0) == 0, None)


def _decoded(cell: bytes | None) -> str | None:
    try:
        return None if cell is None else cell.decode()
    except UnicodeDecodeError:
        return None


def _shown(cell: object) -> str:
    text = cell.decode(errors="replace") if isinstance(cell, bytes) else str(cell)
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _nothing_good(paths: Sequence[Path], reading: _Reading) -> str:
    files = ", ".join(str(path) for path in paths)
    if not reading.rows:
        return f"{files}: no rows below the header"
    reasons = "; ".join(f"{count:,} × {reason} ({reading.examples[reason]})" for reason, count in reading.reasons.most_common())
    return f"{files}: none of {reading.rows:,} rows can be used: {reasons}"
