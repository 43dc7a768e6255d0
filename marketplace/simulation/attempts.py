"""Attempts to pay: one per order, and the refused ones before it."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.catalog import instants
from marketplace.simulation.checkouts import KINDS, METHODS
from marketplace.simulation.config import CURRENCY, MICROSECONDS, SimulationConfig
from marketplace.simulation.events import session_ids
from marketplace.simulation.orders import ADDRESS_KIND, Orders
from marketplace.simulation.people import NOT_ONE, customer_ids


@dataclass(frozen=True)
class Attempts:
    """`shop.payment_attempts` by time, kind and ring of each for `truth/`, and the id of the last attempt of each order."""

    table: pl.DataFrame
    truth: pl.DataFrame
    final_ids: np.ndarray


def build_attempts(config: SimulationConfig, orders: Orders, address_hash: np.ndarray) -> Attempts:
    """All attempts of `orders`; `address_hash` by number of address."""
    rng = config.rng("attempts")
    source = orders.checkouts
    again = np.flatnonzero(source.retries)
    row = np.concatenate([np.arange(len(source)), again])
    is_retry = np.arange(len(row)) >= len(source)
    at = source.at[row] - np.where(is_retry, rng.uniform(0.4, 6, len(row)) * 60 * MICROSECONDS, 0).astype(np.int64)
    outcome = np.where(source.is_declined[row] | is_retry, "declined", "authorised")
    card = np.where(
        is_retry & (rng.random(len(row)) < 0.3) & (source.card[row] >= 0), source.card[row] + 4 * 10**8, source.card[row]
    )
    order = np.argsort(at, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    row, at, outcome, card = row[order], at[order], outcome[order], card[order]
    ids = config.ids("t", np.arange(len(row)))
    town = source.ip_town[row]
    known = town != places.UNKNOWN
    item_count = np.bincount(orders.line_order, orders.line_quantity, len(source)).astype(np.int32)

    def masked(values: np.ndarray, keep: np.ndarray) -> pl.Series:
        return pl.Series(values).set(pl.Series(~keep), None)

    table = pl.DataFrame(
        {
            "payment_attempt_id": ids.astype(str),
            "order_id": orders.ids[row].astype(str),
            "customer_id": customer_ids(config, source.customer[row]).astype(str),
            "session_id": session_ids(config, source.session[row]).astype(str),
            "device_id": config.ids("d", source.device[row]).astype(str),
            "card_token": masked(config.ids("card-", np.maximum(card, 0)).astype(str), card != NOT_ONE),
            "method": METHODS[source.method[row]],
            "amount_minor": orders.total[row],
            "currency": CURRENCY,
            "item_count": item_count[row],
            "ip_address": places.addresses_in(town, source.host[row]),
            "ip_country_code": masked(places.COUNTRIES[town], known),
            "ip_latitude": masked(places.LATITUDES[town], known),
            "ip_longitude": masked(places.LONGITUDES[town], known),
            "shipping_address_id": config.ids(ADDRESS_KIND, source.ship_to[row]).astype(str),
            "billing_address_id": config.ids(ADDRESS_KIND, source.bill_to[row]).astype(str),
            "shipping_address_hash": address_hash[source.ship_to[row]].astype(str),
            "outcome": outcome,
            "attempted_at": instants(at),
        }
    )
    truth = pl.DataFrame(
        {
            "payment_attempt_id": ids.astype(str),
            "fraud_kind": KINDS[source.kind[row]],
            "ring": masked(source.ring[row], source.ring[row] != NOT_ONE),
        }
    )
    return Attempts(table, truth, config.ids("t", rank[: len(source)]))
