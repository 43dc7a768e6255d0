"""Shop tables from any source into the operational schema, in one transaction, with a living set of log-ins."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg

from marketplace.errors import InvalidInputError
from pipelines.sources.attempt_sellers import with_sellers
from pipelines.sources.demo_accounts import make_demo_accounts
from pipelines.sources.quarantine import Example, Quarantine
from pipelines.sources.staging import Loaded, load_table
from pipelines.sources.totals import follow_lines
from storefront_api.fraud.seller_hours import add_up_again

# A frame, or a Parquet file read in batches because it may not fit into memory.
ShopTables = Mapping[str, pl.DataFrame | Path]

# Parents before children.
LOADING_ORDER = (
    "networks", "categories", "users", "addresses", "sellers", "products", "stock", "customisations", "devices", "sessions",
    "carts", "cart_items", "orders", "order_items", "order_customisations", "payment_attempts", "transactions", "refunds",
    "chargebacks", "payouts", "stock_moves", "events", "reviews", "messages", "wishlist_items", "notifications", "fraud_labels",
)  # fmt: skip
_BATCH_ROWS = 200_000


@dataclass(frozen=True)
class MarketplaceFacts:
    """What `shop.marketplace` says of the source; `data_until` is the exclusive end of its data."""

    source: str
    currency: str
    time_zone: str
    is_simulated: bool
    data_until: datetime
    # Table -> columns that are worked out from all rows of a file, so that a later, smaller file knows less: they stay.
    first_word: Mapping[str, frozenset[str]] = field(default_factory=dict)
    totals_are_sums: bool = False  # the source tells no totals of orders: they follow from the lines, late ones included


@dataclass(frozen=True)
class LoadReport:
    """What a load did: per table, and why rows were put aside (table, reason → rows).

    `unusual` is what was loaded though it looks like a slip: a sentence → the products that it is about.
    """

    facts: MarketplaceFacts
    tables: dict[str, Loaded]
    reasons: dict[tuple[str, str], int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    unusual: dict[str, list[str]] = field(default_factory=dict)

    @property
    def inserted(self) -> int:
        return sum(table.inserted for table in self.tables.values())

    @property
    def restated(self) -> int:
        return sum(table.restated for table in self.tables.values())

    @property
    def quarantined(self) -> int:
        return sum(self.reasons.values())


def load_into_shop(
    database_url: str,
    tables: ShopTables,
    facts: MarketplaceFacts,
    *,
    demo_password: str,
    quarantine: Quarantine | None = None,
    add: bool = False,
    check_only: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Load `tables` and make the demo log-ins, all or nothing; the same tables again change nothing.

    A row with other values than before restates its own (`restating.py` says when).

    Args:
        database_url: `postgresql://` of a migrated marketplace.
        quarantine: rows that the source's own reader has put aside already.
        add: also load into a marketplace that another source filled.
        check_only: do it all, then take it back: nothing is written, not even to quarantine.
    Raises:
        InvalidInputError: the marketplace holds another source and `add` is not set, or a table or column is unknown.
        MissingColumnsError: a table lacks a column.
    """
    if unknown := sorted(set(tables) - set(LOADING_ORDER)):
        raise InvalidInputError(f"no shop table is called {', '.join(unknown)}; there are {', '.join(LOADING_ORDER)}")
    kept_aside = quarantine or Quarantine(facts.source)
    with psycopg.connect(database_url) as connection:
        _claim(connection, facts, add=add)
        loaded = load_tables(connection, tables, facts, kept_aside, progress=progress)
        kept_aside.flush(connection)
        make_demo_accounts(connection, demo_password, facts.data_until)
        if check_only:
            connection.rollback()
            return _report(facts, loaded, kept_aside)
    with psycopg.connect(database_url, autocommit=True) as connection:
        for name in loaded:
            connection.execute(f"analyze shop.{name}")  # type: ignore[arg-type]
    return _report(facts, loaded, kept_aside)


def load_tables(
    connection: psycopg.Connection[Any],
    tables: ShopTables,
    facts: MarketplaceFacts,
    quarantine: Quarantine,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Loaded]:
    """What happened to the rows of each table, in the caller's transaction."""
    loaded: dict[str, Loaded] = {}
    for name in LOADING_ORDER:
        if name in tables:
            first_word = facts.first_word.get(name, frozenset())
            batches = _batches(tables[name])
            if name == "payment_attempts":
                batches = with_sellers(connection, batches)
            loaded[name] = load_table(connection, name, batches, quarantine, first_word=first_word)
            progress(f"shop.{name}: {_sentence(loaded[name])}")
    attempts = loaded.get("payment_attempts", Loaded(0, 0))
    changed = attempts.inserted + attempts.restated
    if facts.totals_are_sums:
        changed += follow_lines(connection, _order_ids(tables), facts.source)
    if changed:
        add_up_again(connection)
    return loaded


def _report(facts: MarketplaceFacts, loaded: dict[str, Loaded], quarantine: Quarantine) -> LoadReport:
    examples = [example for found in quarantine.examples.values() for example in found]
    return LoadReport(facts, loaded, dict(quarantine.reasons), examples)


def _order_ids(tables: ShopTables) -> list[str]:
    """The orders that `tables` say something of."""
    frames = [tables[name] for name in ("orders", "order_items") if name in tables]
    return sorted(
        {order for frame in frames if isinstance(frame, pl.DataFrame) for order in frame["order_id"].unique().to_list() if order}
    )


def _claim(connection: psycopg.Connection[Any], facts: MarketplaceFacts, *, add: bool) -> None:
    """Say in `shop.marketplace` whose data this is; refuse to mix sources unasked."""
    row = connection.execute("select source, currency from shop.marketplace for update").fetchone()
    if row is None:
        connection.execute(
            "insert into shop.marketplace (source, currency, time_zone, is_simulated, data_until) values (%s, %s, %s, %s, %s)",
            [facts.source, facts.currency, facts.time_zone, facts.is_simulated, facts.data_until],
        )
        return
    if row[0] != facts.source and not add:
        raise InvalidInputError(
            f"this marketplace was filled from {row[0]} ({row[1]}), not from {facts.source}; empty it with `marketplace reset`, "
            "or load both with --add"
        )
    connection.execute("update shop.marketplace set data_until = %s where data_until < %s", [facts.data_until, facts.data_until])


def _batches(table: pl.DataFrame | Path) -> Iterator[pl.DataFrame]:
    if isinstance(table, pl.DataFrame):
        yield from table.iter_slices(_BATCH_ROWS)
        return
    import pyarrow.parquet as pq

    with pq.ParquetFile(table) as file:
        for batch in file.iter_batches(_BATCH_ROWS):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield frame


def _sentence(loaded: Loaded) -> str:
    parts = [f"{loaded.inserted:,} rows"]
    parts += [f"{loaded.restated:,} restated"] if loaded.restated else []
    parts += [f"{loaded.already_there:,} there already"] if loaded.already_there else []
    parts += [f"{loaded.quarantined:,} in quarantine"] if loaded.quarantined else []
    return ", ".join(parts)
