"""Visits as shop tables: sessions and events."""

import numpy as np
import polars as pl

from marketplace.simulation import places, words
from marketplace.simulation.columns import instants, masked, named
from marketplace.simulation.config import MICROSECONDS, SimulationConfig, customer_ids
from marketplace.simulation.people import NOT_ONE
from marketplace.simulation.sessions import Visits


def sessions_table(config: SimulationConfig, visits: Visits) -> pl.DataFrame:
    """`shop.sessions`."""
    town, known = visits.ip_town, visits.ip_town != places.UNKNOWN
    return pl.DataFrame(
        {
            "session_id": session_ids(config, visits.first + np.arange(len(visits.customer))),
            "customer_id": _customers(config, visits.customer),
            "device_id": config.ids("d", visits.device),
            "ip_address": places.addresses_in(town, visits.host),
            "ip_country_code": masked(named(places.COUNTRIES, np.maximum(town, 0)), known),
            "ip_latitude": masked(places.LATITUDES[town], known),
            "ip_longitude": masked(places.LONGITUDES[town], known),
            "started_at": instants(visits.started_at),
            "last_seen_at": instants(_last_seen(visits)),
        }
    )


def events_table(config: SimulationConfig, visits: Visits, *, first_event: int) -> pl.DataFrame:
    """`shop.events` in the order of time; ids count from `first_event`."""
    rng = config.rng(f"events-{visits.stage}")
    session = visits.view_session
    line_session, line_product = session[visits.cart_view], visits.view_product[visits.cart_view]
    carted_at = visits.viewed_at[visits.cart_view] + 4 * MICROSECONDS
    paid = np.flatnonzero((visits.cart_checkout != NOT_ONE) & ~_declined_lines(visits))
    removed = np.flatnonzero(visits.is_removed)
    searched = np.flatnonzero(visits.search_leaf != NOT_ONE)
    last = visits.last_view_at
    queries = _queries(rng, visits.search_leaf[searched])
    parts = [
        _events("product_view", session, visits.view_product, None, visits.viewed_at),
        _events("cart_add", line_session, line_product, visits.cart_quantity, carted_at),
        _events("cart_remove", line_session[removed], line_product[removed], visits.cart_quantity[removed],
                last[line_session[removed]] + 9 * MICROSECONDS),
        _events("search", searched, None, None, visits.started_at[searched] + 2 * MICROSECONDS, queries),
        _events("checkout_start", visits.checkout_session, None, None, visits.checkout_at - 7 * MICROSECONDS),
        _events("checkout_start", visits.abandoned_session, None, None, last[visits.abandoned_session] + 25 * MICROSECONDS),
        _events("purchase", line_session[paid], line_product[paid], visits.cart_quantity[paid],
                visits.checkout_at[visits.cart_checkout[paid]] + MICROSECONDS),
        _events("wishlist_add", session[visits.wish_view], visits.view_product[visits.wish_view], None,
                visits.viewed_at[visits.wish_view] + 3 * MICROSECONDS),
    ]  # fmt: skip
    rows = pl.concat(parts).sort("occurred_at", "session", maintain_order=True)
    number, product = rows["session"].to_numpy(), rows["product"].to_numpy()
    return rows.select(
        pl.format("e{}", (pl.int_range(pl.len()) + first_event).cast(pl.String).str.zfill(10)).alias("event_id"),
        pl.col("event_type"),
        session_ids(config, visits.first + np.arange(len(visits.customer))).gather(number).alias("session_id"),
        _customers(config, visits.customer).gather(number).alias("customer_id"),
        config.ids("d", visits.device).gather(number).alias("device_id"),
        masked(config.ids("p", np.maximum(product, 0)), product != NOT_ONE).alias("product_id"),
        pl.col("quantity"),
        pl.col("search_query"),
        pl.col("occurred_at").cast(pl.Datetime("us", "UTC")),
    )


def session_ids(config: SimulationConfig, number: np.ndarray) -> pl.Series:
    """Ids of sessions by number."""
    return config.ids("n", number)


def _events(
    kind: str,
    session: np.ndarray,
    product: np.ndarray | None,
    quantity: np.ndarray | None,
    at: np.ndarray,
    query: list | None = None,
) -> pl.DataFrame:
    count = len(session)
    return pl.DataFrame(
        {
            "event_type": pl.repeat(kind, count, dtype=pl.String, eager=True),
            "session": np.asarray(session, dtype=np.int64),
            "product": np.full(count, NOT_ONE) if product is None else np.asarray(product, dtype=np.int64),
            "quantity": pl.Series([None] * count, dtype=pl.Int32) if quantity is None else pl.Series(quantity.astype(np.int32)),
            "search_query": pl.Series(query if query is not None else [None] * count, dtype=pl.String),
            "occurred_at": np.asarray(at, dtype=np.int64),
        }
    )


def _queries(rng: np.random.Generator, leaf: np.ndarray) -> list[str]:
    """What people type for a category: one of its names, sometimes in Bengali, sometimes with a colour."""
    colours = tuple(words.COLOURS)
    draws = zip(
        leaf.tolist(),
        rng.integers(0, 3, len(leaf)).tolist(),
        rng.random(len(leaf)).tolist(),
        rng.integers(0, len(colours), len(leaf)).tolist(),
        strict=True,
    )
    return [
        words.LEAVES[number].noun_bn
        if chance < 0.12
        else (f"{colours[colour]} " if chance > 0.72 else "") + words.LEAVES[number].nouns[noun]
        for number, noun, chance, colour in draws
    ]


def _declined_lines(visits: Visits) -> np.ndarray:
    place = np.maximum(visits.cart_checkout, 0)
    if not len(visits.is_declined):
        return np.zeros(len(place), dtype=bool)
    declined: np.ndarray = (visits.cart_checkout != NOT_ONE) & visits.is_declined[place]
    return declined


def _last_seen(visits: Visits) -> np.ndarray:
    last: np.ndarray = visits.last_view_at + 12 * MICROSECONDS
    np.maximum.at(last, visits.checkout_session, visits.checkout_at + 2 * MICROSECONDS)
    return last


def _customers(config: SimulationConfig, customer: np.ndarray) -> pl.Series:
    """Ids of customers, null for visits without log-in."""
    return masked(customer_ids(config, np.maximum(customer, 0)), customer != NOT_ONE)
