"""A shop's own files as a living shop (`docs/bring_your_shop.md`).

A later folder may hold only what is new: rows are then known by the shop, and a row that came before is restated.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from marketplace.errors import InvalidInputError, MissingColumnsError
from marketplace.vocabulary import Source
from pipelines.sources.csv_shop import tables
from pipelines.sources.csv_shop.columns import BY_NAME, FILES, FileSpec
from pipelines.sources.csv_shop.parsing import parse, read_file
from pipelines.sources.csv_shop.template import write_template
from pipelines.sources.known import Known
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import MarketplaceFacts, ShopTables
from pipelines.sources.text_files import find_file

__all__ = ["OBJECTS", "columns_of", "read_csv_shop", "read_csv_texts", "write_template"]

OBJECTS = tuple(f"{spec.name}.csv" for spec in FILES)
_ID = {"sellers": "seller_id", "products": "product_id", "customers": "customer_id", "orders": "order_id"}
# Worked out from what a folder holds: a later folder that holds less does not move them.
_FIRST_WORD = {
    "users": frozenset({"signed_up_at"}),
    "sellers": frozenset({"joined_at"}),
    "products": frozenset({"listed_at"}),
    "stock_moves": frozenset({"units_change", "moved_at"}),
    "sessions": frozenset({"started_at", "last_seen_at", "customer_id"}),
    "orders": frozenset(tables.SUMS),
    "payment_attempts": frozenset({"amount_minor"}),
    "transactions": frozenset({"amount_minor"}),
}


def columns_of(file: str) -> tuple[str, ...]:
    """The columns of one of `OBJECTS`."""
    return tuple(column.name for column in BY_NAME[file.removesuffix(".csv")].columns)


def read_csv_shop(
    folder: Path,
    quarantine: Quarantine,
    known: Known,
    *,
    now: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[ShopTables, MarketplaceFacts]:
    """Shop tables and facts from a folder with `shop.csv`, `orders.csv` and so on, `.csv` or `.csv.gz`.

    Args:
        known: what the shop holds already; what it knows may be left out of the folder.
    Raises:
        MissingColumnsError: a file that is needed is not there, or a heading is wrong.
        InvalidInputError: the folder holds a file that nobody reads, or no currency.
    """
    progress(f"reading {folder}")
    paths = {spec.name: path for spec in FILES if (path := find_file(folder, spec.name)) is not None}
    _refuse_folder(folder, paths, known)
    texts = {name: (path.name, read_file(path, BY_NAME[name], quarantine)) for name, path in paths.items()}
    return read_csv_texts(texts, quarantine, known, now=now)


def read_csv_texts(
    texts: Mapping[str, tuple[str, pl.DataFrame]], quarantine: Quarantine, known: Known, *, now: datetime
) -> tuple[ShopTables, MarketplaceFacts]:
    """Shop tables and facts from files that were read already: name → file name and its rows as text, with their lines."""
    currency, time_zone = _shop(texts, quarantine, known, now)
    files: tables.Files = {}
    for spec in FILES[1:]:
        ids = {name: pl.concat([files[name][column], known.ids(column)]) for name, column in _ID.items() if name in files}
        if spec.name in texts:
            file, frame = texts[spec.name]
            files[spec.name] = parse(frame, spec, file, time_zone, ids, quarantine, now=now)
        elif spec.is_needed:
            files[spec.name] = _nothing(spec, time_zone, now)
    until = _until(files, known)
    found = {
        **tables.people(_in_zone(files, time_zone), until=until),
        **tables.catalogue(files, currency=currency, until=until),
    }
    sellers = _sellers_of_products(found, known)
    times = pl.concat([files["orders"].select("order_id", "shipped_at", "delivered_at"), known.order_times()])
    found |= tables.sales(files, currency=currency, sellers=sellers, times=times.unique("order_id", keep="first"))
    found |= tables.opinions(files, sellers=sellers) | tables.visits(files)
    facts = MarketplaceFacts(
        Source.CSV, currency, time_zone, is_simulated=False, data_until=until, first_word=_FIRST_WORD, totals_are_sums=True
    )
    return {name: frame for name, frame in found.items() if len(frame)}, facts


def _refuse_folder(folder: Path, paths: Mapping[str, Path], known: Known) -> None:
    came = sorted(path.name for path in folder.iterdir())
    if missing := [f"{spec.name}.csv" for spec in FILES if spec.is_needed and spec.name not in paths and known.is_empty]:
        raise MissingColumnsError(
            f"{folder} has no {', '.join(missing)}; it has {', '.join(came) or 'nothing'}. A new marketplace needs them: "
            "`marketplace ingest csv --template DIR` writes empty ones"
        )
    if not paths:
        raise MissingColumnsError(f"{folder} holds none of {', '.join(OBJECTS)}; it has {', '.join(came) or 'nothing'}")
    used = {path.name for path in paths.values()}
    if unread := [name for name in came if (".csv" in name) and name not in used]:
        raise InvalidInputError(f"nobody reads {', '.join(unread)} in {folder}; the files are {', '.join(OBJECTS)}")


def _shop(texts: Mapping[str, tuple[str, pl.DataFrame]], quarantine: Quarantine, known: Known, now: datetime) -> tuple[str, str]:
    if "shop" in texts:
        file, frame = texts["shop"]
        rows = parse(frame, BY_NAME["shop"], file, "UTC", {}, quarantine, now=now)
        if len(rows) != 1:
            raise InvalidInputError(f"{file} must hold one row with a currency such as BDT and a time zone such as Asia/Dhaka")
        return str(rows["currency"][0]), str(rows["time_zone"][0])
    if known.currency is None or known.time_zone is None:
        raise MissingColumnsError("shop.csv is missing: without it nobody knows the currency and the time zone")
    return known.currency, known.time_zone


def _nothing(spec: FileSpec, time_zone: str, now: datetime) -> pl.DataFrame:
    """No rows in the types of the file: one that a later folder may leave out."""
    empty = pl.DataFrame(schema={"__line": pl.Int64, **{column.name: pl.String for column in spec.columns}})
    return parse(empty, spec, f"{spec.name}.csv", time_zone, {}, Quarantine(Source.CSV), now=now)


def _in_zone(files: tables.Files, time_zone: str) -> tables.Files:
    return files | {"sellers": files["sellers"].with_columns(pl.col("time_zone").fill_null(time_zone))}


def _sellers_of_products(found: Mapping[str, pl.DataFrame], known: Known) -> pl.DataFrame:
    rates = pl.concat([found["sellers"].select("seller_id", "commission_bps"), known.commissions()]).unique(
        "seller_id", keep="first"
    )
    products = pl.concat([found["products"].select("product_id", "seller_id"), known.sellers_of_products()])
    return products.unique("product_id", keep="first").join(rates, on="seller_id", how="left")


def _until(files: tables.Files, known: Known) -> datetime:
    """The UTC midnight after the last thing that the files tell, or what the shop knew."""
    columns = {"orders": ("ordered_at", "approved_at", "shipped_at", "delivered_at", "cancelled_at"),
               "refunds": ("refunded_at",), "reviews": ("reviewed_at",), "events": ("occurred_at",)}  # fmt: skip
    found = [files[name][column].max() for name, names in columns.items() if name in files for column in names]
    last = max((value for value in found if isinstance(value, datetime)), default=None)
    if last is None:
        if known.data_until is None:
            raise InvalidInputError("orders.csv holds no order that can be read; the quarantine says why")
        return known.data_until
    return last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
