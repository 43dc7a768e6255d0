"""Checkouts: who pays for which lines, from where, with which card, to which door; honest and planted ones in one shape."""

from dataclasses import dataclass, fields, replace

import numpy as np

from marketplace.simulation.config import SimulationConfig
from marketplace.simulation.people import NOT_ONE, People
from marketplace.simulation.sessions import Visits

METHODS = np.array(["card", "bkash", "nagad", "cash_on_delivery"])
CARD, BKASH, CASH = 0, 1, 3
HONEST, RING, TESTER, TAKEOVER = range(4)
KINDS = np.array(["honest", "ring", "card_tester", "takeover"])


@dataclass(frozen=True)
class Checkouts:
    """One row per payment that was tried to the end; `line_*` are their goods.

    `session` is the number of the visit, `ring` of the gang or `NOT_ONE`; `retries` marks those with an earlier refused
    try a few minutes before, on the same order.
    """

    session: np.ndarray
    customer: np.ndarray
    device: np.ndarray
    ip_town: np.ndarray
    host: np.ndarray
    at: np.ndarray
    ship_to: np.ndarray
    bill_to: np.ndarray
    method: np.ndarray
    card: np.ndarray
    is_declined: np.ndarray
    retries: np.ndarray
    kind: np.ndarray
    ring: np.ndarray
    line_checkout: np.ndarray
    line_product: np.ndarray
    line_quantity: np.ndarray

    def __len__(self) -> int:
        return len(self.session)


def join_checkouts(parts: list[Checkouts]) -> Checkouts:
    """All parts in the order of time; lines follow their checkouts."""
    offsets = np.cumsum([0] + [len(part) for part in parts[:-1]])
    moved = [
        replace(part, line_checkout=part.line_checkout + offset) for part, offset in zip(parts, offsets.tolist(), strict=True)
    ]
    joined = {field.name: np.concatenate([getattr(part, field.name) for part in moved]) for field in fields(Checkouts)}
    order = np.argsort(joined["at"], kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    lines = np.argsort(rank[joined["line_checkout"]], kind="stable")
    by_line = {name: values[lines] for name, values in joined.items() if name.startswith("line_")}
    by_line["line_checkout"] = rank[by_line["line_checkout"]]
    return Checkouts(**{name: values[order] for name, values in joined.items() if not name.startswith("line_")}, **by_line)


def honest_checkouts(config: SimulationConfig, visits: Visits, people: People) -> Checkouts:
    """The payments of one block of honest visits."""
    rng = config.rng(f"checkouts-{visits.stage}")
    session = visits.checkout_session
    count = len(session)
    customer = visits.customer[session]
    lines = np.flatnonzero(visits.cart_checkout != NOT_ONE)
    method = _methods(rng, customer)
    who = customer - people.first
    is_gift = (rng.random(count) < 0.22) & (people.other_address[who] != NOT_ONE)
    new_card = rng.random(count) < 0.05
    refused_first = rng.random(count) < 0.035
    return Checkouts(
        session=visits.first + session,
        customer=customer,
        device=visits.device[session],
        ip_town=visits.ip_town[session],
        host=visits.host[session],
        at=visits.checkout_at,
        ship_to=np.where(is_gift, people.other_address[who], people.home[who]),
        bill_to=people.home[who],
        method=method,
        card=np.where(method == CARD, np.where(new_card, config.customers + customer, customer), NOT_ONE),
        is_declined=visits.is_declined,
        retries=refused_first & (method != CASH),
        kind=np.full(count, HONEST),
        ring=np.full(count, NOT_ONE),
        line_checkout=visits.cart_checkout[lines],
        line_product=visits.view_product[visits.cart_view[lines]],
        line_quantity=visits.cart_quantity[lines],
    )


def _methods(rng: np.random.Generator, customer: np.ndarray) -> np.ndarray:
    """A method that each customer mostly keeps to."""
    usual = np.array([CARD, CARD, CARD, CARD, CARD, BKASH, BKASH, BKASH, 2, CASH])[(customer * 7 + customer // 10) % 10]
    other = rng.choice(len(METHODS), len(customer), p=[0.55, 0.25, 0.08, 0.12])
    return np.where(rng.random(len(customer)) < 0.85, usual, other)
