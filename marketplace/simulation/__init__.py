"""A seeded, made-up marketplace of customisable goods in Bangladesh, written as files shaped like the shop's tables.

Everything that comes from here is called simulated. `truth/` beside the tables holds what was planted (tastes, quality, kinds
of fraud) for tests and reports; no importer and no feature reads it.

Memory: people are drawn and their visits written cohort by cohort, so what they look at takes none. What stays are numbers:
half a gigabyte for one cohort's visits and the libraries, and about 1.6 kB for each order, its carts and its share of the rest.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from marketplace.simulation import places
from marketplace.simulation.addresses import AddressBook, address_table
from marketplace.simulation.attempts import attempt_tables
from marketplace.simulation.catalog import Catalogue, build_catalogue, category_table, product_tables, truth_of_sellers
from marketplace.simulation.checkouts import Checkouts, honest_checkouts, join_checkouts
from marketplace.simulation.config import CURRENCY, TIME_ZONE, VISITS_PER_DAY, SimulationConfig, last_midnight
from marketplace.simulation.events import events_table, sessions_table
from marketplace.simulation.fraud import plant_fraud
from marketplace.simulation.orders import Orders, build_orders, order_tables
from marketplace.simulation.payments import build_money, money_tables
from marketplace.simulation.payouts import payout_table
from marketplace.simulation.people import Accounts, build_people, truth_table
from marketplace.simulation.reviews import message_table, notification_table, review_table
from marketplace.simulation.sellers import seller_tables
from marketplace.simulation.sessions import Visits, browse, build_shelves
from marketplace.simulation.stock import stock_tables
from marketplace.simulation.traces import Traces
from marketplace.simulation.users import Shoppers, users_table
from marketplace.simulation.writer import Writer

__all__ = ["DESCRIPTION_FILE", "SimulationConfig", "Summary", "generate", "last_midnight"]

DESCRIPTION_FILE = "simulation.json"
_NEWS_EVERY = 10.0  # seconds between two lines of progress


@dataclass(frozen=True)
class Summary:
    """What was written where: rows by table, and the request that gives the same bytes again."""

    folder: Path
    customers: int
    products: int
    sellers: int
    days: int
    visits_per_day: float
    seed: int
    until: datetime
    rows: dict[str, int]


def generate(
    customers: int,
    days: int,
    seed: int,
    until: datetime,
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
    *,
    products: int = 0,
    sellers: int = 0,
    visits_per_day: float = VISITS_PER_DAY,
) -> Summary:
    """Write a simulated marketplace into `out` and return its sizes.

    Args:
        until: exclusive end of the window, with a time zone; everything in `truth/` and the tables happened before it.
        progress: told in one line what is being made.
        products, sellers: how many; 0 lets them follow from the customers.
        visits_per_day: of a customer, on average.
    Raises:
        InvalidInputError: too few or too many of something, or `until` without a time zone.
    """
    config = SimulationConfig(customers, days, seed, until, products, sellers, visits_per_day)
    writer = Writer(out, DESCRIPTION_FILE)
    news = _News(progress)
    progress(f"simulating {config.products:,} products of {config.sellers:,} sellers")
    catalogue = build_catalogue(config)
    for name, frame in product_tables(config, catalogue):
        writer.write(name, frame)
        news(f"  {writer.rows['products']:,} of {config.products:,} products")
    writer.write("customisations", catalogue.options.tables(config))
    traces, book = Traces(config), AddressBook()
    progress(f"simulating {days} days of {customers:,} customers")
    accounts, checkouts = _visits(config, catalogue, book, traces, writer, news)
    honest = sum(map(len, checkouts))
    fraud = plant_fraud(config, catalogue, accounts, book, honest=honest, first_session=traces.session_count)
    _write_visits(config, fraud.visits, traces, writer)
    writer.write("devices", traces.device_table())
    writer.write_all(traces.cart_tables())
    writer.write("wishlist_items", traces.wishlist_table())
    del traces
    ordered = join_checkouts([*checkouts, fraud.checkouts])
    del checkouts
    progress(f"simulating {len(ordered):,} orders and what became of them")
    orders = build_orders(config, catalogue, ordered, book.doors.town)
    _write_orders(config, catalogue, orders, book, writer)
    progress("writing accounts and addresses")
    shoppers = Shoppers(config, np.concatenate([accounts.signed_up_at, fraud.account_signed_up_at]))
    _write_people(config, catalogue, shoppers, book, writer)
    return _describe(config, out, writer.close())


def _visits(
    config: SimulationConfig,
    catalogue: Catalogue,
    book: AddressBook,
    traces: Traces,
    writer: Writer,
    news: "_News",
) -> tuple[Accounts, list[Checkouts]]:
    """Draw and write all honest customers and their visits, cohort by cohort; what remains to be known of them."""
    first, *others = config.cohorts
    people = build_people(config, first, book)
    shelves = build_shelves(catalogue, people.tastes)
    checkouts: list[Checkouts] = []
    accounts: list[Accounts] = []
    for cohort in (first, *others):
        if cohort is not first:
            people = build_people(config, cohort, book, people.tastes)
        writer.write("truth/customers", truth_table(config, people))
        visits = browse(config, catalogue, people, shelves, first_session=traces.session_count)
        _write_visits(config, visits, traces, writer)
        checkouts.append(honest_checkouts(config, visits, people))
        accounts.append(Accounts.of([people]))
        done = f"{cohort.stop:,} of {config.customers:,} customers, {writer.rows['events']:,} events"
        news(f"  {done}, {writer.megabytes:,.0f} MB written")
    return Accounts.of(accounts), checkouts


def _write_visits(config: SimulationConfig, visits: Visits, traces: Traces, writer: Writer) -> None:
    writer.write("sessions", sessions_table(config, visits))
    writer.write("events", events_table(config, visits, first_event=writer.rows.get("events", 0)))
    traces.add(visits)


def _write_orders(config: SimulationConfig, catalogue: Catalogue, orders: Orders, book: AddressBook, writer: Writer) -> None:
    money = build_money(config, orders)
    writer.write_all(order_tables(config, orders, money.status))
    writer.write_all(attempt_tables(config, orders, money.attempts, book.doors))
    writer.write_all(money_tables(config, orders, money))
    writer.write("payouts", payout_table(config, orders, money.refunds))
    returned = {"returned_line": money.returned_line, "returned_at": money.returned_at}
    writer.write_all(stock_tables(config, catalogue, orders, **returned))
    writer.write("reviews", review_table(config, catalogue, orders))
    writer.write("messages", message_table(config, catalogue, orders))
    writer.write("notifications", notification_table(config, orders))


def _write_people(config: SimulationConfig, catalogue: Catalogue, shoppers: Shoppers, book: AddressBook, writer: Writer) -> None:
    owners, sellers = seller_tables(config, catalogue)
    writer.write("users", users_table(config, owners, shoppers))
    writer.write("addresses", address_table(config, book.doors, shoppers.names()))
    writer.write("sellers", sellers)
    writer.write("truth/sellers", truth_of_sellers(config, catalogue))
    writer.write("categories", category_table())
    writer.write("networks", places.networks())


class _News:
    """Passes a line on to `progress` now and then."""

    def __init__(self, progress: Callable[[str], None]) -> None:
        self._progress = progress
        self._told = time.monotonic()

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._told >= _NEWS_EVERY:
            self._told = time.monotonic()
            self._progress(line)


def _describe(config: SimulationConfig, folder: Path, rows: dict[str, int]) -> Summary:
    """Write the description last: its presence says that the folder is complete."""
    asked = {name: value for name, value in asdict(config).items() if name in Summary.__dataclass_fields__}
    summary = Summary(folder=folder, rows=rows, **asked)
    described = asdict(summary) | {"is_simulated": True, "currency": CURRENCY, "time_zone": TIME_ZONE}
    described |= {"until": config.until.isoformat()}
    del described["folder"]
    (folder / DESCRIPTION_FILE).write_text(json.dumps(described, indent=2, sort_keys=True) + "\n")
    return summary
