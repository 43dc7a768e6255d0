"""Cells as values: reais to centavos without floats, São Paulo's clock to UTC, and rows set aside where that fails."""

from pathlib import Path

import polars as pl

from marketplace.errors import InvalidInputError
from pipelines.sources.quarantine import Quarantine

CURRENCY = "BRL"
LOCAL_TIME_ZONE = "America/Sao_Paulo"
_MONEY = r"^([0-9]{1,15})(?:\.([0-9]{1,2}))?$"


def minor_units(column: str) -> pl.Expr:
    """The money in text `column` in hundredths, digit by digit; null where it is no amount (a minus sign included)."""
    whole = pl.col(column).str.extract(_MONEY, 1).cast(pl.Int64)
    part = pl.col(column).str.extract(_MONEY, 2).fill_null("0").str.pad_end(2, "0").cast(pl.Int64)
    return whole * 100 + part


def utc(column: str) -> pl.Expr:
    """The local time in text `column` as a UTC instant; null where it is no time.

    An hour that summer time skips is read an hour later, one that occurs twice as the first.
    """
    naive = pl.col(column).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    at = naive.dt.replace_time_zone(LOCAL_TIME_ZONE, ambiguous="earliest", non_existent="null")
    skipped = naive.dt.offset_by("1h").dt.replace_time_zone(LOCAL_TIME_ZONE, ambiguous="earliest", non_existent="null")
    return pl.coalesce(at, skipped).dt.convert_time_zone("UTC")


def keep_readable(
    frame: pl.DataFrame, stem: str, key: tuple[str, ...], parsed: dict[str, tuple[str, pl.Expr, bool]], quarantine: Quarantine
) -> pl.DataFrame:
    """`frame` with the columns of `parsed` added, without the rows of which one cannot be read.

    Args:
        stem: the file's name, under which rows are put aside.
        parsed: new column → (text column, expression, whether an empty cell is an error).
    """
    full = frame.with_columns(expression.alias(name) for name, (_, expression, _) in parsed.items())
    problems = [
        pl.when(pl.col(name).is_null() & (pl.col(text).is_not_null() | pl.lit(is_required))).then(
            pl.format("{} cannot be read: {}", pl.lit(text), pl.col(text).fill_null("empty"))
        )
        for name, (text, _, is_required) in parsed.items()
    ]
    problems += [pl.when(pl.col(name).is_null()).then(pl.lit(f"{name} is missing")) for name in key]
    reasons = full.select(pl.coalesce(problems).alias("reason"))["reason"]
    bad = frame.with_columns(reasons.alias("__reason")).filter(pl.col("__reason").is_not_null())
    for row in bad.iter_rows(named=True):  # few: only what is put aside
        why = str(row.pop("__reason"))
        quarantine.add(stem, "/".join(str(row[name]) for name in key), why, row)
    good = full.filter(reasons.is_null())
    quarantine.accept(stem, good.select(pl.concat_str(key, separator="/"))[:, 0].to_list())
    return good


def payments_total_minor(path: Path) -> int:
    """The sum of all payments in an Olist payments file, in centavos, exact.

    Raises:
        InvalidInputError: a value is no amount of money.
    """
    from pipelines.sources.olist.files import FILES, read_file

    quarantine = Quarantine("olist")
    frame = read_file(path, FILES["order_payments"][1], quarantine)
    values = frame.select("payment_value", minor=minor_units("payment_value"))
    if quarantine.reasons or values["minor"].null_count():
        bad = values.filter(pl.col("minor").is_null())["payment_value"].head(3).to_list()
        raise InvalidInputError(f"{path.name} holds rows that are no payments, such as {bad}; correct them before adding up")
    return int(values["minor"].sum())
