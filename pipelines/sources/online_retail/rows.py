"""The file's rows as values: which are sales, which give units back, and why the others are neither."""

from pathlib import Path

import polars as pl

from marketplace.errors import MissingColumnsError
from pipelines.sources.csv_shop.parsing import instant
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.text_files import LINE, read_rows

OBJECT = "online_retail"
COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
TIME_ZONE = "Europe/London"
SHIPPING = ("POST", "DOT", "C2")
_NO_PRODUCTS = ("D", "M", "S", "B", "BANK CHARGES", "AMAZONFEE", "CRUK")
_COUNTRIES = {
    "United Kingdom": "GB", "EIRE": "IE", "RSA": "ZA", "USA": "US", "Channel Islands": "JE", "Germany": "DE", "France": "FR",
    "Spain": "ES", "Netherlands": "NL", "Switzerland": "CH", "Belgium": "BE", "Portugal": "PT", "Australia": "AU", "Norway": "NO",
    "Finland": "FI", "Italy": "IT", "Cyprus": "CY", "Sweden": "SE", "Austria": "AT", "Japan": "JP", "Israel": "IL",
    "Denmark": "DK", "Hong Kong": "HK", "Poland": "PL", "Singapore": "SG", "Iceland": "IS", "Canada": "CA", "Greece": "GR",
    "Malta": "MT", "United Arab Emirates": "AE", "Lebanon": "LB", "Lithuania": "LT", "Brazil": "BR", "Czech Republic": "CZ",
    "Bahrain": "BH", "Saudi Arabia": "SA",
}  # fmt: skip
_NOWHERE = "ZZ"  # ISO's code for an unknown place


def read_file(path: Path, quarantine: Quarantine) -> pl.DataFrame:
    """The rows of one file as text, with `LINE` and `file`."""

    def refuse(line: int, cells: list[str], reason: str) -> None:
        quarantine.add(OBJECT, None, reason, {"cells": cells}, context={"file": path.name, "line": line})

    frame = read_rows(path, refuse)
    if missing := [column for column in COLUMNS if column not in frame.columns]:
        raise MissingColumnsError(f"{path.name}, line 1: the columns {', '.join(missing)} are missing; there are "
                                  f"{', '.join(name for name in frame.columns if name != LINE) or 'none'}")  # fmt: skip
    cells = [pl.col(name).str.strip_chars().replace("", None) for name in COLUMNS]
    return frame.select(LINE, *cells, pl.lit(path.name).alias("file"))


def parse(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without plain repeats, with a key and their cells as values; null where a cell is none."""
    rows = _keyed(rows.filter(pl.struct(COLUMNS).is_first_distinct()))
    return rows.with_columns(
        at=instant(pl.col("InvoiceDate"), TIME_ZONE),
        units=pl.when(pl.col("Quantity").str.contains(r"^-?[0-9]{1,7}$")).then(pl.col("Quantity")).cast(pl.Int64, strict=False),
        price_minor=_pence("UnitPrice"),
        country_code=pl.col("Country").replace_strict(_COUNTRIES, default=_NOWHERE, return_dtype=pl.String),
        customer=pl.col("CustomerID").str.extract(r"^([0-9]{1,9})(?:\.0)?$", 1),
        is_cancellation=pl.col("InvoiceNo").str.starts_with("C"),
        product_id=pl.col("StockCode").str.to_uppercase(),
    )


def _keyed(rows: pl.DataFrame) -> pl.DataFrame:
    number = pl.int_range(pl.len()).over("InvoiceNo", pl.col("StockCode").str.to_uppercase())
    code = pl.col("StockCode").fill_null("?").str.to_uppercase().str.replace_all(" ", "_")
    key = pl.format("{}-{}", pl.col("InvoiceNo").fill_null("?"), code)
    return rows.with_columns(row_key=pl.when(number > 0).then(pl.format("{}-{}", key, number + 1)).otherwise(key))


def _pence(column: str) -> pl.Expr:
    """Pounds as text in whole pence; the set holds a few prices with three decimals, which are rounded half up."""
    pattern = r"^([0-9]{1,9})(?:\.([0-9]{1,3})[0-9]*)?$"
    thousandths = pl.col(column).str.extract(pattern, 2).fill_null("0").str.pad_end(3, "0").cast(pl.Int64)
    return pl.col(column).str.extract(pattern, 1).cast(pl.Int64) * 100 + (thousandths + 5) // 10


def no_sale() -> pl.Expr:
    """Why a row is neither a sale nor gives one back; null where it is."""
    is_text_bad = pl.any_horizontal(pl.col(COLUMNS).str.contains("[\x00-\x1f\ufffd]").fill_null(False))
    return (
        pl.when(is_text_bad)
        .then(pl.lit("holds characters that are no text"))
        .when(~pl.col("InvoiceNo").str.contains(r"^[A-Z]?[0-9]{4,10}$").fill_null(False))
        .then(pl.lit("InvoiceNo is no invoice number such as 536365 or C536379"))
        .when(~pl.col("StockCode").str.contains(r"^[\x21-\x7e ]{1,30}$").fill_null(False))
        .then(pl.lit("StockCode is no code such as 85123A"))
        .when(pl.col("at").is_null())
        .then(pl.lit("InvoiceDate is no instant such as 2010-12-01 08:26:00"))
        .when(pl.col("units").is_null())
        .then(pl.lit("Quantity is no whole number of up to 7 digits"))
        .when(pl.col("CustomerID").is_not_null() & pl.col("customer").is_null())
        .then(pl.lit("CustomerID is no number such as 17850"))
        .when(pl.col("UnitPrice").str.contains(r"^-[0-9]").fill_null(False))
        .then(pl.lit("UnitPrice is negative: an adjustment, no sale"))
        .when(pl.col("price_minor").is_null())
        .then(pl.lit("UnitPrice is no amount such as 2.55"))
        .when(pl.col("product_id").is_in(_NO_PRODUCTS))
        .then(pl.lit("StockCode stands for a fee, a sample or a manual entry, not for a product"))
        .when(pl.col("is_cancellation") & (pl.col("units") >= 0))
        .then(pl.lit("a cancellation whose Quantity is not negative"))
        .when(~pl.col("is_cancellation") & (pl.col("units") <= 0))
        .then(pl.lit("Quantity is not positive: a correction of stock, no sale"))
        .when(pl.col("price_minor") == 0)
        .then(pl.lit("UnitPrice is 0: given away or written off, no sale"))
        .when(pl.col("is_cancellation") & pl.col("product_id").is_in(SHIPPING))
        .then(pl.lit("gives postage back: no line says which order's"))
    )


def put_aside(values: pl.DataFrame, reason: pl.Expr, quarantine: Quarantine) -> pl.DataFrame:
    """The rows that have no `reason`; the others are told to `quarantine`."""
    reasons = values.select(reason.alias("reason"))["reason"]
    for row in values.with_columns(reasons.alias("__reason")).filter(pl.col("__reason").is_not_null()).iter_rows(named=True):
        why = str(row["__reason"])
        column = why.split(" ", 1)[0]
        where = {"file": row["file"], "line": row[LINE], "column": column if column in COLUMNS else None}
        payload = {name: row[name] for name in COLUMNS}
        quarantine.add(OBJECT, row["row_key"], why, payload, context=where | {"came": payload.get(column)})
    return values.filter(reasons.is_null())
