"""A file's cells as values: what cannot be read, repeats or points at nothing goes to quarantine with file, line and column.

So does a cell of too many values, whose row is taken all the same.
"""

import zoneinfo
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from marketplace.errors import MissingColumnsError
from marketplace.vocabulary import MOST_VALUES
from pipelines.sources.csv_shop import columns as kinds
from pipelines.sources.csv_shop.columns import EXPECTED, Column, FileSpec
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.text_files import LINE, read_rows

_LONGEST_TEXT = 5_000
_CLOCK_SKEW = timedelta(days=1)
_PROMISES = ("estimated_delivery_at",)
_LARGEST_LINE = 10**13  # minor units; what 32,000 such lines add up to is still a bigint
_MONEY = r"^([0-9]{1,13})(?:\.([0-9]{1,2}))?$"  # not \d, which takes the digits of every script
_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Z+-][0-9:]{0,5})?$"


def read_file(path: Path, spec: FileSpec, quarantine: Quarantine) -> pl.DataFrame:
    """The rows of one file as text, with `LINE`; columns that are left out are empty.

    Raises:
        MissingColumnsError: the heading lacks a column that must be there, or has one that nobody reads.
    """

    def refuse(line: int, cells: list[str], reason: str) -> None:
        quarantine.add(f"{spec.name}.csv", None, reason, {"cells": cells}, context={"file": path.name, "line": line})

    frame = read_rows(path, refuse)
    heading = [name for name in frame.columns if name != LINE]
    known = [column.name for column in spec.columns]
    if missing := [column.name for column in spec.columns if column.is_required and column.name not in heading]:
        raise MissingColumnsError(
            f"{path.name}, line 1: the columns {', '.join(missing)} are missing; there are {', '.join(heading) or 'none'}. "
            "Write them into the heading; `marketplace ingest csv --template DIR` shows how"
        )
    if unknown := [name for name in heading if name not in known]:
        raise MissingColumnsError(
            f"{path.name}, line 1: nobody reads the columns {', '.join(unknown)}; the columns of this file are "
            f"{', '.join(known)}. Rename or remove them"
        )
    cells = [pl.col(name).str.strip_chars().replace("", None) for name in heading]
    return frame.select(LINE, *cells).with_columns(pl.lit(None, pl.String).alias(name) for name in known if name not in heading)


def parse(
    frame: pl.DataFrame,
    spec: FileSpec,
    file: str,
    time_zone: str,
    known: Mapping[str, pl.Series],
    quarantine: Quarantine,
    *,
    now: datetime,
) -> pl.DataFrame:
    """The rows that can be used, in the types of their columns: money in minor units, instants in UTC.

    Args:
        known: ids by file name, of the rows read before and of the shop.
        now: nothing has happened after it, give or take a day of somebody's wrong clock.
    """
    values = frame.select(LINE, *(_value(column, time_zone).alias(column.name) for column in spec.columns))
    problems = [_problem(column, frame, values) for column in spec.columns]
    problems += [
        _unknown(column, values, known[column.refers_to])
        for column in spec.columns
        if column.refers_to is not None and column.refers_to in known
    ]
    problems += [_future(column, values, now) for column in spec.columns if column.kind == kinds.INSTANT]
    problems += _of_one_row(spec, values)
    reasons = pl.select(pl.coalesce(found["reason"] for found in problems).alias("reason"))["reason"]
    columns = pl.select(pl.coalesce(found["column"] for found in problems).alias("column"))["column"]
    good = values.filter(reasons.is_null())
    _tell(frame, reasons, columns, spec, file, quarantine)
    taken = _first_of_each_key(frame.filter(reasons.is_null()), good, spec, file, quarantine)
    _tell_surplus(frame, taken, spec, file, quarantine)
    return taken


def _value(column: Column, time_zone: str) -> pl.Expr:
    """The cell as a value; null where it is none."""
    cell = pl.col(column.name)
    match column.kind:
        case kinds.MONEY:
            return _hundredths(cell)
        case kinds.RATE:
            return pl.when(_hundredths(cell) <= 100_00).then(_hundredths(cell)).cast(pl.Int32)
        case kinds.COUNT | kinds.RATING:
            low, high = (1, 5) if column.kind == kinds.RATING else (0, 1_000_000)
            whole = pl.when(cell.str.contains(r"^[0-9]{1,7}$")).then(cell).cast(pl.Int32, strict=False)
            return pl.when(whole.is_between(low, high)).then(whole)
        case kinds.NUMBER:
            degrees = pl.when(cell.str.contains(r"^-?[0-9]{1,3}(\.[0-9]{1,12})?$")).then(cell).cast(pl.Float64, strict=False)
            return pl.when(degrees.is_between(-180, 180)).then(degrees)
        case kinds.INSTANT:
            return instant(cell, time_zone)
        case kinds.TEXTS:
            first = texts(cell).list.head(MOST_VALUES).list.join(" | ")
            return pl.when(_is_word(column.kind, cell)).then(first)
        case kinds.YES_NO:
            word = cell.str.to_lowercase()
            return pl.when(word.is_in(["yes", "true", "1"])).then(True).when(word.is_in(["no", "false", "0"])).then(False)
        case _:
            return pl.when(_is_word(column.kind, cell)).then(cell)


def _is_word(kind: str, cell: pl.Expr) -> pl.Expr:
    readable = ~cell.str.contains("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]") & (cell.str.len_chars() <= _LONGEST_TEXT)
    match kind:
        case kinds.ID:
            return readable & cell.str.contains(r"^\S{1,100}$")
        case kinds.COUNTRY:
            return cell.str.contains("^[A-Z]{2}$")
        case kinds.CURRENCY:
            return cell.str.contains("^[A-Z]{3}$")
        case kinds.ZONE:
            return cell.is_in(sorted(zoneinfo.available_timezones()))
        case kinds.STATUS:
            return cell.is_in(kinds.STATUSES)
        case kinds.EVENT:
            return cell.is_in(kinds.EVENTS)
        case _:
            return readable


def texts(cell: pl.Expr) -> pl.Expr:
    """The different values that stand between `|` in a cell, in their order."""
    parts = cell.str.split("|").list.eval(pl.element().str.strip_chars())
    return parts.list.eval(pl.element().filter(pl.element() != "")).list.unique(maintain_order=True)


def _hundredths(cell: pl.Expr) -> pl.Expr:
    whole = cell.str.extract(_MONEY, 1).cast(pl.Int64)
    part = cell.str.extract(_MONEY, 2).fill_null("0").str.pad_end(2, "0").cast(pl.Int64)
    return whole * 100 + part


def instant(cell: pl.Expr, time_zone: str) -> pl.Expr:
    """A text as a UTC instant: by its own offset, or in `time_zone` where it has none; null where it is none.

    An hour that summer time skips is read an hour later, one that occurs twice as the first.
    """
    text: pl.Expr = pl.when(cell.str.contains(_INSTANT)).then(cell.str.replace(" ", "T", literal=True))
    text = text.str.replace(r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})($|[Z+-])", "${1}:00${2}")
    with_offset = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", time_unit="us", time_zone="UTC", strict=False)
    naive = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
    local = naive.dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    skipped = naive.dt.offset_by("1h").dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    found = pl.coalesce(with_offset, pl.coalesce(local, skipped).dt.convert_time_zone("UTC"))
    return pl.when(found.dt.year().is_between(1970, 2200)).then(found)


def _problem(column: Column, frame: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Reason and column of the rows whose cell cannot be read, or is empty and must not be."""
    cell, value = frame[column.name], values[column.name]
    is_wrong, is_missing = cell.is_not_null() & value.is_null(), cell.is_null() & column.is_required
    return pl.select(
        reason=pl.when(is_wrong)
        .then(pl.lit(f"{column.name} is not {EXPECTED[column.kind]}"))
        .when(is_missing)
        .then(pl.lit(f"{column.name} is empty; it needs {EXPECTED[column.kind]}")),
        column=pl.when(is_wrong | is_missing).then(pl.lit(column.name)),
    )


def _unknown(column: Column, values: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    value = values[column.name]
    is_unknown = value.is_not_null() & ~value.is_in(ids.implode())
    reason = f"{column.name} names no good row of {column.refers_to}.csv, nor of the shop"
    return pl.select(reason=pl.when(is_unknown).then(pl.lit(reason)), column=pl.when(is_unknown).then(pl.lit(column.name)))


def _future(column: Column, values: pl.DataFrame, now: datetime) -> pl.DataFrame:
    value = values[column.name]
    is_late = (value > now + _CLOCK_SKEW) & (column.name not in _PROMISES)
    reason = f"{column.name} lies in the future"
    return pl.select(reason=pl.when(is_late).then(pl.lit(reason)), column=pl.when(is_late).then(pl.lit(column.name)))


def _of_one_row(spec: FileSpec, values: pl.DataFrame) -> list[pl.DataFrame]:
    """What only the columns of a row together can break."""
    rules: dict[str, list[tuple[str, pl.Expr, str]]] = {
        "order_items": [
            ("quantity", pl.col("quantity") < 1, "quantity is 0; a line needs at least 1"),
            ("line_number", ~pl.col("line_number").is_between(1, 32_000), "line_number is not from 1 to 32000"),
            (
                "unit_price",
                pl.col("unit_price") > _LARGEST_LINE // pl.col("quantity").cast(pl.Int64).clip(1),
                "quantity × unit_price is more than 100000000000",
            ),
            (
                "discount",
                pl.col("discount").fill_null(0) > pl.col("quantity").cast(pl.Int64) * pl.col("unit_price"),
                "discount is more than the line costs",
            ),
        ],
        "refunds": [("amount", pl.col("amount") == 0, "amount is 0; leave the row out")],
    }
    return [
        values.select(
            reason=pl.when(is_bad.fill_null(False)).then(pl.lit(reason)),
            column=pl.when(is_bad.fill_null(False)).then(pl.lit(column)),
        )
        for column, is_bad, reason in rules.get(spec.name, [])
    ]


def _first_of_each_key(
    cells: pl.DataFrame, values: pl.DataFrame, spec: FileSpec, file: str, quarantine: Quarantine
) -> pl.DataFrame:
    """One row per key: a plain repeat is dropped, one with other cells is put aside. The rest is accepted."""
    is_first = values.select(pl.struct(spec.key).is_first_distinct())[:, 0]
    if not is_first.all():
        is_plain = ~cells.select(pl.struct(pl.exclude(LINE)).is_first_distinct())[:, 0] & ~is_first
        clash = ~is_first & ~is_plain
        reason = pl.select(pl.when(clash).then(pl.lit("the same key came before with other values")))[:, 0]
        _tell(cells, reason, pl.select(pl.when(clash).then(pl.lit(spec.key[0])))[:, 0], spec, file, quarantine)
        values = values.filter(is_first)
    quarantine.accept(f"{spec.name}.csv", _keys(values, spec))
    return values


def _keys(frame: pl.DataFrame, spec: FileSpec) -> list[str]:
    return frame.select(pl.concat_str([pl.col(name).cast(pl.String) for name in spec.key], separator="/"))[:, 0].to_list()


def _tell_surplus(frame: pl.DataFrame, taken: pl.DataFrame, spec: FileSpec, file: str, quarantine: Quarantine) -> None:
    """Rows that were taken with the first values of a cell only: without their product its orders would be lost too.

    Each is told once, of its first such cell: of two corrections of one row the later would undo the earlier.
    """
    names = [column.name for column in spec.columns if column.kind == kinds.TEXTS]
    if not names:
        return
    rows = frame.join(taken, on=LINE, how="semi")
    first = pl.coalesce(pl.when(texts(pl.col(name)).list.len() > MOST_VALUES).then(pl.lit(name)) for name in names)
    reason = f"{{}} has more than {MOST_VALUES} values: the first {MOST_VALUES} are kept, the others wait here"
    told = rows.select(column=first).with_columns(reason=pl.format(reason, "column"))
    _tell(rows, told["reason"], told["column"], spec, file, quarantine)


def _tell(frame: pl.DataFrame, reasons: pl.Series, columns: pl.Series, spec: FileSpec, file: str, quarantine: Quarantine) -> None:
    bad = frame.with_columns(reasons.alias("__reason"), columns.alias("__column")).filter(pl.col("__reason").is_not_null())
    for row in bad.iter_rows(named=True):  # few: only what is put aside
        line, reason, column = row.pop(LINE), row.pop("__reason"), row.pop("__column")
        where: dict[str, Any] = {"file": file, "line": line, "column": column, "came": (row[column] or "")[:100]}
        key = "/".join(str(row[name]) for name in spec.key)
        payload = {name: value for name, value in row.items() if value is not None or spec.column(name).is_required}
        quarantine.add(f"{spec.name}.csv", key, reason, payload, context=where)
