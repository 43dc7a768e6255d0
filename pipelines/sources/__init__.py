"""Sources of a marketplace: each becomes the same shop tables, loaded by one loader.

`ingest` is what the command and tests call; a new source is a module with a reader and a line in `_READERS`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from marketplace.errors import InvalidInputError
from marketplace.settings import Settings
from marketplace.vocabulary import Source
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import LoadReport, MarketplaceFacts, ShopTables, load_into_shop

__all__ = ["DEFAULT_CUSTOMERS", "DEFAULT_DAYS", "DEFAULT_SEED", "SOURCES", "LoadReport", "ingest", "load_into_shop"]

DEFAULT_CUSTOMERS, DEFAULT_DAYS, DEFAULT_SEED = 2000, 120, 7
SOURCES = (Source.SIMULATION, Source.OLIST)


def ingest(
    source: str,
    path: Path | None,
    settings: Settings,
    *,
    add: bool = False,
    now: datetime | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Fill the shop from `source` and say what was loaded, what was there and what was put aside.

    Args:
        path: folder with the source's files; the simulation makes its own in the state folder when there is none.
        now: the simulation then ends at the last UTC midnight before it.
    Raises:
        InvalidInputError: an unknown source, a missing path, or a marketplace of another source without `add`.
    """
    if source not in SOURCES:
        raise InvalidInputError(f"no source is called {source!r}; there are {', '.join(SOURCES)}")
    quarantine = Quarantine(source)
    read = _read_simulation if source == Source.SIMULATION else _read_olist
    tables, facts = read(path, settings, quarantine, now or datetime.now(UTC), progress)
    return load_into_shop(
        settings.database_url(),
        tables,
        facts,
        demo_password=settings.demo_password.get_secret_value(),
        quarantine=quarantine,
        add=add,
        progress=progress,
    )


def _read_simulation(
    path: Path | None, settings: Settings, _: Quarantine, now: datetime, progress: Callable[[str], None]
) -> tuple[ShopTables, MarketplaceFacts]:
    from marketplace.simulation import generate, last_midnight
    from pipelines.sources.simulation import read_simulation

    folder = path or settings.state_dir / "simulation"
    if path is None:
        generate(DEFAULT_CUSTOMERS, DEFAULT_DAYS, DEFAULT_SEED, last_midnight(now), folder, progress)
    return read_simulation(folder)


def _read_olist(
    path: Path | None, _settings: Settings, quarantine: Quarantine, _now: datetime, progress: Callable[[str], None]
) -> tuple[ShopTables, MarketplaceFacts]:
    from pipelines.sources.olist import read_olist

    if path is None:
        raise InvalidInputError("the Olist files are not part of this project; say where they are with --path FOLDER")
    return read_olist(path, quarantine, progress=progress)
