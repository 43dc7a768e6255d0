"""The simulation's folder as shop tables; `truth/` beside them is left alone."""

import json
from datetime import datetime
from pathlib import Path

from marketplace.errors import InvalidInputError, NotFoundError
from marketplace.simulation import DESCRIPTION_FILE
from marketplace.vocabulary import Source
from pipelines.sources.shop_tables import LOADING_ORDER, MarketplaceFacts, ShopTables


def read_simulation(folder: Path) -> tuple[ShopTables, MarketplaceFacts]:
    """Tables (as files, read in batches later) and facts of a folder that `marketplace simulate` wrote.

    Raises:
        NotFoundError: there is no complete simulation in `folder`.
        InvalidInputError: a table's file is missing.
    """
    description = folder / DESCRIPTION_FILE
    if not description.exists():
        raise NotFoundError(f"no {DESCRIPTION_FILE} in {folder}; make one with `marketplace simulate --out {folder}`")
    said = json.loads(description.read_text())
    files = {name: folder / f"{name}.parquet" for name in said["rows"] if not name.startswith("truth/")}
    if missing := sorted(name for name, path in files.items() if not path.exists()):
        raise InvalidInputError(f"{folder} lacks {', '.join(missing)}.parquet; make it again with `marketplace simulate`")
    facts = MarketplaceFacts(
        source=Source.SIMULATION,
        currency=said["currency"],
        time_zone=said["time_zone"],
        is_simulated=True,
        data_until=datetime.fromisoformat(said["until"]),
    )
    return {name: files[name] for name in LOADING_ORDER if name in files}, facts
