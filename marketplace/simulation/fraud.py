"""Planted fraud: rings that share devices, doors and cards; testers of stolen cards; takeovers of old accounts.

About 4 % of all payment attempts. Honest families share devices, honest people travel and send large gifts, and part of the
fraud is dressed as an ordinary order, so that no single rule separates the two. Only `truth/` names the kinds.
"""

from dataclasses import dataclass

import numpy as np

from marketplace.simulation import places
from marketplace.simulation.addresses import AddressBook
from marketplace.simulation.catalog import Catalogue
from marketplace.simulation.checkouts import CARD, RING, TAKEOVER, TESTER, Checkouts
from marketplace.simulation.config import DAY, HOUR, MICROSECONDS, SimulationConfig
from marketplace.simulation.people import NOT_ONE, Accounts
from marketplace.simulation.sessions import Visits

FRAUD_SHARE = 0.038
RING_SHARE, TESTER_SHARE = 0.36, 0.28  # of fraudulent attempts; the rest are takeovers
TAKEOVERS_PER_THIEF = 3
_NIGHT = (17, 23)  # hours UTC: eleven in the evening to five in the morning in Dhaka
_MINUTE = 60 * MICROSECONDS


@dataclass(frozen=True)
class Fraud:
    """Planted visits and checkouts, and the accounts opened for them (numbers after the honest customers)."""

    visits: Visits
    checkouts: Checkouts
    account_number: np.ndarray
    account_signed_up_at: np.ndarray


@dataclass(frozen=True)
class _Attempts:
    """Rows of one kind of fraud before visits are built around them; `visit` groups attempts of one session."""

    customer: np.ndarray
    device: np.ndarray
    ip_town: np.ndarray
    at: np.ndarray
    ship_to: np.ndarray
    bill_to: np.ndarray
    card: np.ndarray
    is_declined: np.ndarray
    kind: np.ndarray
    ring: np.ndarray
    visit: np.ndarray
    lines: np.ndarray
    dearness: np.ndarray
    quantity: np.ndarray


def plant_fraud(
    config: SimulationConfig, catalogue: Catalogue, people: Accounts, book: AddressBook, *, honest: int, first_session: int
) -> Fraud:
    """Fraud beside `honest` honest checkouts; its sessions are numbered from `first_session`."""
    rng = config.rng("fraud")
    total = max(6, round(honest * FRAUD_SHARE / (1 - FRAUD_SHARE)))
    rings, testers = max(2, round(total * RING_SHARE)), max(2, round(total * TESTER_SHARE))
    takeovers = max(2, total - rings - testers)
    first = len(people)
    ring, ring_accounts, ring_times = _rings(rng, config, people, book, attempts=rings, first_account=first)
    tester, tester_accounts, tester_times = _testers(
        rng, config, people, book, attempts=testers, first_account=first + len(ring_accounts)
    )
    taken = _takeovers(rng, config, people, book, attempts=takeovers)
    parts = [ring, tester, taken]
    starts = np.cumsum([0] + [int(part.visit.max()) + 1 for part in parts[:-1]])
    columns = {
        name: np.concatenate(
            [getattr(part, name) + (start if name == "visit" else 0) for part, start in zip(parts, starts, strict=True)]
        )
        for name in _Attempts.__dataclass_fields__
    }
    columns["is_declined"] = columns["is_declined"].astype(bool)
    attempts = _Attempts(**columns)
    visits, checkouts = _visits_around(rng, config, catalogue, attempts, first_session=first_session)
    return Fraud(visits, checkouts, np.concatenate([ring_accounts, tester_accounts]), np.concatenate([ring_times, tester_times]))


def _rings(
    rng: np.random.Generator, config: SimulationConfig, people: Accounts, book: AddressBook, *, attempts: int, first_account: int
) -> tuple[_Attempts, np.ndarray, np.ndarray]:
    """Gangs of three to six new accounts with shared devices, doors and cards, active for a few days."""
    count = max(1, round(attempts / 6.5))
    size = rng.integers(3, 7, count)
    ring_of_account = np.repeat(np.arange(count), size)
    accounts = first_account + np.arange(len(ring_of_account))
    begun = config.start + (rng.random(count) * (config.days - 3) * DAY).astype(np.int64)
    signed_up = begun[ring_of_account] + (rng.random(len(accounts)) * 1.5 * DAY).astype(np.int64)
    signed_up = np.minimum(signed_up, config.end - 8 * HOUR) // 1000 * 1000
    town = rng.choice(places.AT_HOME, count)
    house = 50_000_000 + ring_of_account * 2 + rng.integers(0, 2, len(accounts))
    doors = book.add(accounts, town[ring_of_account], house=house, is_default=True)
    row = np.repeat(np.arange(len(accounts)), rng.integers(1, 3, len(accounts)))[: max(attempts, count)]
    ring = ring_of_account[row]
    wait = np.where(rng.random(len(row)) < 0.6, rng.uniform(0.1, 6, len(row)), rng.uniform(6, 72, len(row)))
    at = np.minimum(
        signed_up[row] + (wait * HOUR).astype(np.int64), config.end - rng.integers(2 * _MINUTE * 10, 7 * HOUR, len(row))
    )
    ring_town = np.where(rng.random(count) < 0.4, rng.choice(places.ABROAD, count), rng.choice(places.AT_HOME, count))
    own_device = rng.random(len(row)) < 0.15
    device = np.where(own_device, 4 * len(people) + 10_000_000 + row, 3 * len(people) + 2 * ring + rng.integers(0, 2, len(row)))
    found = _Attempts(
        customer=accounts[row], device=device, ip_town=np.where(rng.random(len(row)) < 0.75, ring_town[ring], town[ring]), at=at,
        ship_to=doors[row], bill_to=doors[row], card=10**8 + ring * 4 + rng.integers(0, 4, len(row)),
        is_declined=rng.random(len(row)) < 0.24, kind=np.full(len(row), RING), ring=ring, visit=np.arange(len(row)),
        lines=rng.integers(1, 3, len(row)), dearness=rng.normal(0.6, 0.55, len(row)), quantity=rng.integers(1, 3, len(row)),
    )  # fmt: skip
    return found, accounts, signed_up


def _testers(
    rng: np.random.Generator, config: SimulationConfig, people: Accounts, book: AddressBook, *, attempts: int, first_account: int
) -> tuple[_Attempts, np.ndarray, np.ndarray]:
    """Scripts that try stolen cards on cheap goods within an hour or two; most are refused."""
    count = max(1, round(attempts / 9))
    tries = np.maximum(2, np.diff(np.round(np.linspace(0, attempts, count + 1))).astype(int))
    accounts = first_account + np.arange(count)
    begun = config.start + DAY + (rng.random(count) * (config.days - 2) * DAY).astype(np.int64)
    signed_up = (
        begun - np.where(rng.random(count) < 0.6, rng.uniform(0.02, 3, count), rng.uniform(24, 600, count)) * HOUR
    ).astype(np.int64)
    town = rng.choice(places.AT_HOME, count)
    doors = book.add(accounts, town, house=60_000_000 + np.arange(count), is_default=True)
    row = np.repeat(np.arange(count), tries)
    step = np.arange(len(row)) - (np.cumsum(tries) - tries)[row]
    at = begun[row] + ((step * rng.uniform(2.5, 9, count)[row] + rng.uniform(0, 2, len(row))) * _MINUTE).astype(np.int64)
    found = _Attempts(
        customer=accounts[row], device=5 * len(people) + 20_000_000 + row % count, at=at,
        ip_town=rng.choice(len(places.TOWNS), count)[row],
        ship_to=doors[row], bill_to=doors[row], card=2 * 10**8 + np.arange(len(row)), is_declined=rng.random(len(row)) < 0.8,
        kind=np.full(len(row), TESTER), ring=np.full(len(row), NOT_ONE), visit=row, lines=np.ones(len(row), dtype=int),
        dearness=rng.normal(-1.3, 0.4, len(row)), quantity=np.ones(len(row), dtype=int),
    )  # fmt: skip
    return found, accounts, signed_up // 1000 * 1000


def _takeovers(
    rng: np.random.Generator, config: SimulationConfig, people: Accounts, book: AddressBook, *, attempts: int
) -> _Attempts:
    """Old accounts used by somebody else: a device new to them, mostly a far network and another door, dear goods by night.

    A thief empties a few accounts within three weeks, mostly on one machine and towards one or two doors.
    """
    thieves = max(1, round(attempts / TAKEOVERS_PER_THIEF))
    thief = np.sort(rng.integers(0, thieves, attempts))
    begun = rng.random(thieves) ** 0.9 * (config.days - 0.5) * DAY
    since_start = np.minimum(begun[thief] + rng.random(attempts) * 21 * DAY, (config.days - 0.5) * DAY)
    at_night = since_start // DAY * DAY + rng.uniform(*_NIGHT, attempts) * HOUR
    is_night = (rng.random(attempts) < 0.55) & (at_night < (config.days - 0.2) * DAY)
    at = config.start + np.where(is_night, at_night, since_start).astype(np.int64)
    old = np.flatnonzero(people.signed_up_at < config.start - 20 * DAY)
    weights = people.activity[old] + 0.05
    victim = rng.choice(old, attempts, p=weights / weights.sum(), replace=attempts > len(old))
    far = rng.choice(places.ABROAD, thieves)[thief]
    near = rng.choice(places.AT_HOME, thieves)[thief]
    elsewhere = rng.random(attempts) < 0.68
    drops = book.add(victim, near, house=70_000_000 + 2 * thief + rng.integers(0, 2, attempts), is_default=False)
    own_card = rng.random(attempts) < 0.6
    own_machine = rng.random(attempts) < 0.75
    return _Attempts(
        customer=victim, device=6 * len(people) + 30_000_000 + np.where(own_machine, thief, thieves + np.arange(attempts)),
        ip_town=np.where(rng.random(attempts) < 0.68, far, near), at=at,
        ship_to=np.where(elsewhere, drops, people.home[victim]), bill_to=people.home[victim],
        card=np.where(own_card, victim, 3 * 10**8 + np.arange(attempts)), is_declined=rng.random(attempts) < 0.28,
        kind=np.full(attempts, TAKEOVER), ring=np.full(attempts, NOT_ONE), visit=np.arange(attempts),
        lines=rng.integers(1, 3, attempts), dearness=rng.normal(0.75, 0.6, attempts), quantity=rng.integers(1, 4, attempts),
    )  # fmt: skip


def _visits_around(
    rng: np.random.Generator, config: SimulationConfig, catalogue: Catalogue, attempts: _Attempts, *, first_session: int
) -> tuple[Visits, Checkouts]:
    """Short visits that lead to the attempts: look at the goods, put them in the cart, pay."""
    order = np.lexsort((attempts.at, attempts.visit))
    rows = _Attempts(**{name: getattr(attempts, name)[order] for name in _Attempts.__dataclass_fields__})
    count = len(rows.at)
    line = np.repeat(np.arange(count), rows.lines)
    step = np.arange(len(line)) - (np.cumsum(rows.lines) - rows.lines)[line]
    viewed_at = rows.at[line] - (rows.lines[line] - step) * 15 * MICROSECONDS
    product = _goods(rng, catalogue, rows.dearness[line], rows.at[line])
    firsts = np.searchsorted(rows.visit, np.unique(rows.visit))
    host = rng.integers(0, 254 * 254, len(firsts))
    quantity = np.where(rng.random(len(line)) < 0.6, 1, rows.quantity[line])
    visits = Visits(
        stage="fraud", first=first_session, customer=rows.customer[firsts], device=rows.device[firsts],
        ip_town=rows.ip_town[firsts], host=host,
        started_at=viewed_at[np.searchsorted(rows.visit[line], np.arange(len(firsts)))] - 5 * MICROSECONDS,
        search_leaf=np.full(len(firsts), NOT_ONE), view_session=rows.visit[line], view_product=product, viewed_at=viewed_at,
        cart_view=np.arange(len(line)), cart_quantity=quantity, cart_checkout=line,
        is_removed=np.zeros(len(line), dtype=bool), wish_view=np.zeros(0, dtype=np.int64), checkout_session=rows.visit,
        checkout_at=rows.at, is_declined=rows.is_declined, abandoned_session=np.zeros(0, dtype=np.int64),
    )  # fmt: skip
    checkouts = Checkouts(
        session=first_session + rows.visit, customer=rows.customer, device=rows.device, ip_town=rows.ip_town,
        host=host[rows.visit], at=rows.at, ship_to=rows.ship_to, bill_to=rows.bill_to, method=np.full(count, CARD),
        card=rows.card, is_declined=rows.is_declined, retries=(rows.kind == TAKEOVER) & (rng.random(count) < 0.2),
        kind=rows.kind, ring=rows.ring,
        line_checkout=line, line_product=product, line_quantity=quantity,
    )  # fmt: skip
    return visits, checkouts


def _goods(rng: np.random.Generator, catalogue: Catalogue, dearness: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Listed products around a price: `dearness` is how far from the mean of log prices, in standard deviations."""
    by_price = np.argsort(catalogue.price, kind="stable")
    log_price = np.log(catalogue.price[by_price])
    wanted = log_price.mean() + dearness * log_price.std()
    spot = np.searchsorted(log_price, wanted)
    chosen = by_price[np.clip(spot, 0, len(by_price) - 1)]
    for _ in range(12):
        unlisted = catalogue.listed_at[chosen] >= at - HOUR
        if not unlisted.any():
            break
        spot = np.where(unlisted, spot + rng.integers(-8, 9, len(spot)), spot)
        chosen = by_price[np.clip(spot, 0, len(by_price) - 1)]
    oldest = int(np.argmin(catalogue.listed_at))
    return np.where(catalogue.listed_at[chosen] >= at - HOUR, oldest, chosen)
