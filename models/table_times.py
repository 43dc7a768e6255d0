"""Times as people write them: years first, months first or days first, or seconds since 1970 in any unit."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import polars as pl

from models.table_files import Blocks


class TimeStyle(StrEnum):
    """How a column writes its times; one style for the whole column."""

    YEAR_FIRST = "year first"
    MONTH_FIRST = "month first"
    DAY_FIRST = "day first"
    EPOCH = "seconds since 1970"


_DAY = r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.](?:20)?(\d{2})(?:[T ,]+|$)"
# Each style is rewritten as year-month-day first; only then it is parsed.
_REWRITES = {
    TimeStyle.YEAR_FIRST: (r"^\s*(\d{4})[-/.]?(\d{1,2})[-/.]?(\d{1,2})(?:[T ,]+|$)", "${1}-${2}-${3} "),
    TimeStyle.MONTH_FIRST: (_DAY, "20${3}-${1}-${2} "),
    TimeStyle.DAY_FIRST: (_DAY, "20${3}-${2}-${1} "),
}
_FORMATS = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S%.f UTC",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
)
_ZONED = "%Y-%m-%d %H:%M:%S%.f%#z"
_MICROSECONDS = pl.Datetime("us")
# Before 1900 and after 2199 stand slips and placeholders, and one of them would move the end of the data.
_YEARS = (1900, 2199)


def parse_times(values: pl.Series, style: TimeStyle) -> pl.Series:
    """Instants in UTC without a zone, null where a cell is not of the style; a time without a zone counts as UTC."""
    if values.dtype.is_temporal():
        times = values.cast(pl.Datetime) if values.dtype == pl.Date else values
        zone = getattr(times.dtype, "time_zone", None)
        made = (times.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if zone else times).cast(_MICROSECONDS)
    elif style is TimeStyle.EPOCH:
        made = _from_epoch(values.str.strip_chars().cast(pl.Float64, strict=False))
    else:
        made = _from_text(values, style)
    return made.set(~made.dt.year().is_between(*_YEARS).fill_null(True), None)


def find_style(files: Iterable[Blocks]) -> TimeStyle:
    """The style that reads most cells of the first block.

    Where months and days could change places, further blocks are asked until one day is above 12; if none is, months
    come first with slashes, days with dots and dashes.
    """
    seen: dict[TimeStyle, int] = dict.fromkeys(TimeStyle, 0)
    uses_slashes = False
    for blocks in files:
        for block in blocks:
            column = block.to_series()
            if column.dtype.is_temporal():
                return TimeStyle.YEAR_FIRST
            if column.dtype == pl.Binary:
                try:
                    column = column.cast(pl.String)
                except pl.exceptions.PolarsError:
                    continue
            if column.dtype != pl.String:
                return TimeStyle.EPOCH
            uses_slashes = uses_slashes or bool(column.str.contains("/", literal=True).any())
            for style in TimeStyle:
                seen[style] += len(column) - parse_times(column, style).null_count()
            if any(seen.values()) and not _is_slippery(seen):
                return max(seen, key=seen.__getitem__)
    if _is_slippery(seen):
        return TimeStyle.MONTH_FIRST if uses_slashes else TimeStyle.DAY_FIRST
    return max(seen, key=seen.__getitem__)


def _is_slippery(seen: Mapping[TimeStyle, int]) -> bool:
    """Whether months and days could still change places."""
    return seen[TimeStyle.MONTH_FIRST] == seen[TimeStyle.DAY_FIRST] == max(seen.values()) > 0


def _from_text(values: pl.Series, style: TimeStyle) -> pl.Series:
    pattern, rewritten = _REWRITES[style]
    is_of_style = values.str.contains(pattern).fill_null(False)
    text = values.str.replace(pattern, rewritten).str.strip_chars().str.replace(r"\s*Z$", "").set(~is_of_style, None)
    made = text.str.to_datetime(_FORMATS[0], time_unit="us", strict=False)
    open_ = made.is_null() & is_of_style
    if not open_.any():
        return made
    # Only what the usual form leaves open is tried with the others.
    rest = text.filter(open_)
    found = rest.str.to_date("%Y-%m-%d", strict=False).cast(_MICROSECONDS)
    for form in _FORMATS[1:]:
        if found.null_count():
            found = found.fill_null(rest.str.to_datetime(form, time_unit="us", strict=False))
    if found.null_count():
        zoned = rest.str.to_datetime(_ZONED, time_unit="us", time_zone="UTC", strict=False)
        found = found.fill_null(zoned.dt.replace_time_zone(None))
    return made.scatter(open_.arg_true(), found)


def _from_epoch(numbers: pl.Series) -> pl.Series:
    """The unit follows from the size: seconds until the year 5138, then milli-, micro- and nanoseconds."""
    frame = pl.DataFrame({"n": numbers.fill_nan(None)})
    size = pl.col("n").abs()
    micros = (
        pl.when(size < 1e11).then(pl.col("n") * 1e6).when(size < 1e14).then(pl.col("n") * 1e3).when(size < 1e17).then(pl.col("n"))
    ).otherwise(pl.col("n") / 1e3)
    kept = pl.when(micros.abs() < 9e15).then(micros)
    return frame.select(kept.cast(pl.Int64, strict=False).cast(_MICROSECONDS))["n"]
