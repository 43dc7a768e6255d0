"""Sources of a marketplace: each becomes the same shop tables, loaded by one loader.

`ingest` is what the command and tests call; a new source is a module with a reader and a line in `_READERS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from marketplace.errors import InvalidInputError
from marketplace.settings import Settings
from marketplace.vocabulary import Source
from pipelines.sources.known import Known
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import LoadReport, MarketplaceFacts, ShopTables, load_into_shop

__all__ = ["DEFAULT_CUSTOMERS", "DEFAULT_DAYS", "DEFAULT_SEED", "SOURCES", "LoadReport", "ingest", "load_into_shop"]

DEFAULT_CUSTOMERS, DEFAULT_DAYS, DEFAULT_SEED = 2000, 120, 7


@dataclass(frozen=True)
class _Reading:
    """What a reader is told."""

    path: Path | None
    settings: Settings
    quarantine: Quarantine
    known: Known
    now: datetime
    progress: Callable[[str], None]

    def folder(self) -> Path:
        if self.path is None:
            raise InvalidInputError(
                f"the files of {self.quarantine.source} are not part of this project; say where they are with --path"
            )
        return self.path


def ingest(
    source: str,
    path: Path | None,
    settings: Settings,
    *,
    add: bool = False,
    check_only: bool = False,
    now: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Fill the shop from `source` and say what was loaded, what was there and what was put aside.

    Args:
        path: folder or file of the source; the simulation makes its own in the state folder when there is none.
        check_only: go the whole way, then take it back.
        now: the simulation ends at the last UTC midnight before it, and no row of a shop's own files may lie after it.
    Raises:
        InvalidInputError: an unknown source, a missing path, or a marketplace of another source without `add`.
    """
    if source not in SOURCES:
        raise InvalidInputError(f"no source is called {source!r}; there are {', '.join(SOURCES)}")
    quarantine = Quarantine(source)
    url = settings.database_url()
    known = Known(url)
    tables, facts = _READERS[source](_Reading(path, settings, quarantine, known, now or datetime.now(UTC), progress))
    unusual = _unusual(tables, known) if source == Source.CSV else {}
    report = load_into_shop(
        url,
        tables,
        facts,
        demo_password=settings.demo_password.get_secret_value(),
        quarantine=quarantine,
        add=add,
        check_only=check_only,
        progress=progress,
    )
    return replace(report, unusual=unusual)


def _unusual(tables: ShopTables, known: Known) -> dict[str, list[str]]:
    from pipelines.sources.csv_shop.unusual_values import unusual_values

    products, categories = tables.get("products"), tables.get("categories")
    if not isinstance(products, pl.DataFrame):
        return {}
    return unusual_values(products, categories if isinstance(categories, pl.DataFrame) else known.categories(), known)


def _read_simulation(asked: _Reading) -> tuple[ShopTables, MarketplaceFacts]:
    from marketplace.simulation import generate, last_midnight
    from pipelines.sources.simulation import read_simulation

    folder = asked.path or asked.settings.state_dir / "simulation"
    if asked.path is None:
        generate(DEFAULT_CUSTOMERS, DEFAULT_DAYS, DEFAULT_SEED, last_midnight(asked.now), folder, asked.progress)
    return read_simulation(folder)


def _read_olist(asked: _Reading) -> tuple[ShopTables, MarketplaceFacts]:
    from pipelines.sources.olist import read_olist

    return read_olist(asked.folder(), asked.quarantine, progress=asked.progress)


def _read_online_retail(asked: _Reading) -> tuple[ShopTables, MarketplaceFacts]:
    from pipelines.sources.online_retail import read_online_retail

    return read_online_retail(asked.folder(), asked.quarantine, asked.known, progress=asked.progress)


def _read_csv(asked: _Reading) -> tuple[ShopTables, MarketplaceFacts]:
    from pipelines.sources.csv_shop import read_csv_shop

    return read_csv_shop(asked.folder(), asked.quarantine, asked.known, now=asked.now, progress=asked.progress)


_READERS: dict[str, Callable[[_Reading], tuple[ShopTables, MarketplaceFacts]]] = {
    Source.SIMULATION: _read_simulation,
    Source.OLIST: _read_olist,
    Source.ONLINE_RETAIL: _read_online_retail,
    Source.CSV: _read_csv,
}
SOURCES = tuple(_READERS)
