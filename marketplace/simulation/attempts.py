"""Attempts to pay: one per order, and the refused ones before it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.addresses import ADDRESS_KIND, Doors
from marketplace.simulation.checkouts import KINDS, METHODS
from marketplace.simulation.columns import instants, masked, named, parts
from marketplace.simulation.config import CURRENCY, MICROSECONDS, SimulationConfig, customer_ids
from marketplace.simulation.events import session_ids
from marketplace.simulation.orders import Orders
from marketplace.simulation.people import NOT_ONE

_OUTCOMES = ("authorised", "declined")


@dataclass(frozen=True)
class Attempts:
    """Attempts by time: the order of each, when, with which card; and the number of the last attempt of each order."""

    order: np.ndarray
    at: np.ndarray
    is_declined: np.ndarray
    card: np.ndarray
    final: np.ndarray


def build_attempts(config: SimulationConfig, orders: Orders) -> Attempts:
    """All attempts to pay `orders`."""
    rng = config.rng("attempts")
    source = orders.checkouts
    again = np.flatnonzero(source.retries)
    row = np.concatenate([np.arange(len(source)), again])
    is_retry = np.arange(len(row)) >= len(source)
    at = source.at[row] - np.where(is_retry, rng.uniform(0.4, 6, len(row)) * 60 * MICROSECONDS, 0).astype(np.int64)
    other_card = is_retry & (rng.random(len(row)) < 0.3) & (source.card[row] >= 0)
    card = np.where(other_card, source.card[row] + 4 * 10**8, source.card[row])
    order = np.argsort(at, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    is_declined = source.is_declined[row] | is_retry
    return Attempts(row[order], at[order], is_declined[order], card[order], rank[: len(source)])


def attempt_tables(
    config: SimulationConfig, orders: Orders, attempts: Attempts, doors: Doors
) -> Iterator[tuple[str, pl.DataFrame]]:
    """`shop.payment_attempts`, and the kind and ring of each for `truth/`."""
    source = orders.checkouts
    item_count = np.bincount(orders.line_order, orders.line_quantity, len(source)).astype(np.int32)
    for part in parts(len(attempts.order)):
        row, card = attempts.order[part], attempts.card[part]
        ids = config.ids("t", np.arange(part.start, part.stop))
        town = source.ip_town[row]
        known = town != places.UNKNOWN
        table = pl.DataFrame(
            {
                "payment_attempt_id": ids,
                "order_id": config.ids("o", row),
                "customer_id": customer_ids(config, source.customer[row]),
                "session_id": session_ids(config, source.session[row]),
                "device_id": config.ids("d", source.device[row]),
                "card_token": masked(config.ids("card-", np.maximum(card, 0)), card != NOT_ONE),
                "method": named(METHODS, source.method[row]),
                "amount_minor": orders.total[row],
                "currency": CURRENCY,
                "item_count": item_count[row],
                "ip_address": places.addresses_in(town, source.host[row]),
                "ip_country_code": masked(named(places.COUNTRIES, np.maximum(town, 0)), known),
                "ip_latitude": masked(places.LATITUDES[town], known),
                "ip_longitude": masked(places.LONGITUDES[town], known),
                "shipping_address_id": config.ids(ADDRESS_KIND, source.ship_to[row]),
                "billing_address_id": config.ids(ADDRESS_KIND, source.bill_to[row]),
                "shipping_address_hash": doors.hashes(source.ship_to[row]),
                "outcome": named(_OUTCOMES, attempts.is_declined[part]),
                "attempted_at": instants(attempts.at[part]),
            }
        )
        yield "payment_attempts", table
        ring = masked(source.ring[row], source.ring[row] != NOT_ONE)
        kind = named(KINDS, source.kind[row])
        yield "truth/fraud_attempts", pl.DataFrame({"payment_attempt_id": ids, "fraud_kind": kind, "ring": ring})
