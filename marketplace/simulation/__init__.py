"""A seeded, made-up marketplace of customisable goods in Bangladesh, written as files shaped like the shop's tables.

Everything that comes from here is called simulated. `truth/` beside the tables holds what was planted (tastes, quality, kinds
of fraud) for tests and reports; no importer and no feature reads it.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from marketplace.simulation import places
from marketplace.simulation.catalog import Catalogue, build_catalogue, instants
from marketplace.simulation.checkouts import honest_checkouts, join_checkouts
from marketplace.simulation.config import CURRENCY, DAY, TIME_ZONE, SimulationConfig, last_midnight
from marketplace.simulation.events import cart_tables, devices_table, events_table, sessions_table, wishlist_table
from marketplace.simulation.fraud import plant_fraud
from marketplace.simulation.orders import build_orders, order_tables
from marketplace.simulation.payments import ANALYSTS, build_money
from marketplace.simulation.people import build_people, truth_table, users_table
from marketplace.simulation.reviews import message_table, notification_table, review_table
from marketplace.simulation.sessions import BLOCK, Visits, browse, build_shelves, without_idle_views
from marketplace.simulation.stock import stock_tables

__all__ = ["DESCRIPTION_FILE", "SimulationConfig", "Summary", "generate", "last_midnight"]

DESCRIPTION_FILE = "simulation.json"


@dataclass(frozen=True)
class Summary:
    """What was written where: rows by table, and the request that gives the same bytes again."""

    folder: Path
    customers: int
    days: int
    seed: int
    until: datetime
    rows: dict[str, int]


def generate(
    customers: int, days: int, seed: int, until: datetime, out: Path, progress: Callable[[str], None] = lambda _: None
) -> Summary:
    """Write a simulated marketplace into `out` and return its sizes.

    Args:
        until: exclusive end of the window, with a time zone; everything in `truth/` and the tables happened before it.
        progress: told in one line what is being made.
    Raises:
        InvalidInputError: too few customers or days, or `until` without a time zone.
    """
    config = SimulationConfig(customers, days, seed, until)
    writer = _Writer(out)
    progress(f"simulating {config.products} products of {config.sellers} sellers")
    catalogue = build_catalogue(config)
    people, book = build_people(config)
    progress(f"simulating {days} days of {customers} customers")
    shelves = build_shelves(catalogue, people)
    visits: list[Visits] = []
    for start in range(0, customers, BLOCK):
        first = sum(len(part.customer) for part in visits)
        block = range(start, min(start + BLOCK, customers))
        part = browse(config, catalogue, people, shelves, block=block, first_session=first)
        writer.write_visits(config, catalogue, part)
        visits.append(without_idle_views(part))
    honest = [honest_checkouts(config, part, people) for part in visits]
    first = sum(len(part.customer) for part in visits)
    fraud = plant_fraud(config, catalogue, people, book, honest=sum(map(len, honest)), first_session=first)
    writer.write_visits(config, catalogue, fraud.visits)
    visits.append(fraud.visits)
    checkouts = join_checkouts([*honest, fraud.checkouts])
    progress(f"simulating {len(checkouts)} orders and what became of them")
    orders = build_orders(config, catalogue, checkouts, book.town)
    money = build_money(config, catalogue, orders, book.hashes)
    number = np.concatenate([np.arange(customers), fraud.account_number])
    signed_up_at = np.concatenate([people.signed_up_at, fraud.account_signed_up_at])
    shoppers = users_table(config, number, signed_up_at)
    stock = stock_tables(config, catalogue, orders, returned_line=money.returned_line, returned_at=money.returned_at)
    tables = {name: frame for name, frame in catalogue.tables.items() if name != "seller_users"}
    users = [catalogue.tables["seller_users"], shoppers.sort("signed_up_at", "user_id"), _analysts(config)]
    tables |= {"users": pl.concat(users, how="diagonal"), "addresses": book.table(shoppers), "networks": places.networks()}
    tables |= stock | order_tables(config, catalogue, orders, money.status) | money.tables
    tables |= {"devices": devices_table(config, visits), "wishlist_items": wishlist_table(config, catalogue, visits)}
    tables |= cart_tables(config, catalogue, visits) | {"reviews": review_table(config, catalogue, orders)}
    tables |= {"messages": message_table(config, catalogue, orders), "notifications": notification_table(config, orders)}
    for name, frame in sorted(tables.items()):
        writer.write(name, frame)
    _write_truth(writer, catalogue, truth_table(people), money.truth)
    return writer.close(config)


def _analysts(config: SimulationConfig) -> pl.DataFrame:
    """The two people whose labels the simulation holds."""
    return pl.DataFrame(
        {
            "user_id": list(ANALYSTS),
            "role": "analyst",
            "email": [f"{name}@staff.example" for name in ANALYSTS],
            "full_name": ["Simulated analyst 1", "Simulated analyst 2"],
            "signed_up_at": instants(np.full(len(ANALYSTS), config.start - 400 * DAY)),
        }
    )


def _write_truth(writer: "_Writer", catalogue: Catalogue, customers: pl.DataFrame, fraud: pl.DataFrame) -> None:
    for name, frame in (*catalogue.truth.items(), ("customers", customers), ("fraud_attempts", fraud)):
        writer.write(f"truth/{name}", frame)


class _Writer:
    """Parquet files by table; a table may come in parts, which become row groups of one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self._open: dict[str, pq.ParquetWriter] = {}
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        for leftover in (*folder.glob("*.parquet"), *folder.glob("truth/*.parquet"), folder / DESCRIPTION_FILE):
            leftover.unlink(missing_ok=True)

    def write(self, name: str, frame: pl.DataFrame) -> None:
        table: pa.Table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        if name not in self._open:
            self._open[name] = pq.ParquetWriter(self.folder / f"{name}.parquet", table.schema, compression="zstd")
        self._open[name].write_table(table)
        self.rows[name] = self.rows.get(name, 0) + len(frame)

    def write_visits(self, config: SimulationConfig, catalogue: Catalogue, visits: Visits) -> None:
        """Sessions and events of one block."""
        self.write("sessions", sessions_table(config, visits))
        self.write("events", events_table(config, catalogue, visits, first_event=self.rows.get("events", 0)))

    def close(self, config: SimulationConfig) -> Summary:
        """Finish all files, write the description last (its presence says the folder is complete)."""
        for writer in self._open.values():
            writer.close()
        rows = {name: self.rows[name] for name in sorted(self.rows)}
        summary = Summary(self.folder, config.customers, config.days, config.seed, config.until, rows)
        described = asdict(summary) | {"is_simulated": True, "currency": CURRENCY, "time_zone": TIME_ZONE}
        described |= {"until": config.until.isoformat()}
        del described["folder"]
        (self.folder / DESCRIPTION_FILE).write_text(json.dumps(described, indent=2, sort_keys=True) + "\n")
        return summary
