"""Frames in the types of a shop table; rows with values that do not fit go to quarantine instead of stopping the load."""

from collections.abc import Mapping

import polars as pl

from pipelines.sources.quarantine import Quarantine
from pipelines.sources.table_rules import ColumnType

_TYPES: dict[str, pl.DataType] = {
    "smallint": pl.Int16(),
    "integer": pl.Int32(),
    "bigint": pl.Int64(),
    "double precision": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "timestamp with time zone": pl.Datetime("us", "UTC"),
}
_TRUE, _FALSE = ["true", "t", "yes", "1"], ["false", "f", "no", "0"]
_FIRST_YEAR, _LAST_YEAR = 1000, 9999  # Postgres and polars do not agree about how to write the years beyond


def cast_rows(
    frame: pl.DataFrame, table: str, columns: Mapping[str, ColumnType], key: tuple[str, ...], quarantine: Quarantine
) -> pl.DataFrame:
    """The rows of `frame` whose values all fit, in the types of `columns`; the others are told to `quarantine`."""
    casts, problems = [], []
    for name in frame.columns:
        kind = columns[name]
        cast, is_bad = _cast(pl.col(name), frame.schema[name], kind)
        casts.append(cast.alias(name))
        if is_bad is not None:
            problems.append(pl.when(is_bad).then(pl.lit(f"{name} is no {kind.name}")).alias(f"problem_{name}"))
    good = frame.select(casts)
    if not problems:
        return good
    reason = frame.select(pl.coalesce(problems).alias("reason"))["reason"]
    if reason.null_count() == len(frame):
        return good
    bad = frame.with_columns(reason.alias("__reason")).filter(pl.col("__reason").is_not_null())
    for row in bad.iter_rows(named=True):  # few: only what is put aside
        why = row.pop("__reason")
        quarantine.add(table, "/".join(str(row.get(column)) for column in key), why, row)
    return good.filter(reason.is_null())


def _cast(column: pl.Expr, source: pl.DataType, kind: ColumnType) -> tuple[pl.Expr, pl.Expr | None]:
    """The column in the type of `kind`, and what marks the values that do not fit (None: all do)."""
    target = _TYPES.get(kind.name, pl.String())
    if target == pl.String():
        text = column.cast(pl.String)
        is_bad = text.str.contains("\x00", literal=True)
        if kind.length is not None:
            is_bad = is_bad | (text.str.len_chars() > kind.length)
        return text, is_bad
    if target.is_temporal():
        return _cast_time(column, source, target)
    if source == target:
        return column, column.is_nan() if target == pl.Float64() else None
    if source == pl.String() and target == pl.Boolean():
        word = column.str.to_lowercase()
        cast: pl.Expr = pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False)
        return cast, cast.is_null() & column.is_not_null()
    cast = column.cast(target, strict=False)
    is_bad = cast.is_null() & column.is_not_null()
    if source.is_float() and target.is_integer():
        is_bad = is_bad | (cast.cast(source) != column)
    elif target == pl.Float64():
        is_bad = is_bad | cast.is_nan()
    return cast, is_bad


def _cast_time(column: pl.Expr, source: pl.DataType, target: pl.DataType) -> tuple[pl.Expr, pl.Expr]:
    """An instant or a date; a bare number is neither, because it does not say since when."""
    if source == pl.String():
        cast = (
            column.str.to_date(strict=False)
            if target == pl.Date()
            else column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
        )
    elif source.is_temporal() or source == pl.Null():
        cast = column.cast(target, strict=False)
    else:
        cast = pl.lit(None, dtype=target)
    is_inside = cast.dt.year().is_between(_FIRST_YEAR, _LAST_YEAR)
    return cast, column.is_not_null() & ~is_inside.fill_null(False)
