"""Visits as shop tables: sessions, events, wishlists and carts."""

import numpy as np
import polars as pl

from marketplace.simulation import places, words
from marketplace.simulation.catalog import Catalogue, instants
from marketplace.simulation.config import DAY, MICROSECONDS, SimulationConfig
from marketplace.simulation.people import NOT_ONE, customer_ids
from marketplace.simulation.sessions import Visits


def sessions_table(config: SimulationConfig, visits: Visits) -> pl.DataFrame:
    """`shop.sessions`."""
    town, known = visits.ip_town, visits.ip_town != places.UNKNOWN
    return pl.DataFrame(
        {
            "session_id": session_ids(config, visits.first + np.arange(len(visits.customer))).astype(str),
            "customer_id": _customers(config, visits.customer),
            "device_id": config.ids("d", visits.device).astype(str),
            "ip_address": places.addresses_in(town, visits.host),
            "ip_country_code": _masked(places.COUNTRIES[town], known),
            "ip_latitude": _masked(places.LATITUDES[town], known),
            "ip_longitude": _masked(places.LONGITUDES[town], known),
            "started_at": instants(visits.started_at),
            "last_seen_at": instants(_last_seen(visits)),
        }
    )


def events_table(config: SimulationConfig, catalogue: Catalogue, visits: Visits, *, first_event: int) -> pl.DataFrame:
    """`shop.events` in the order of time; ids count from `first_event`."""
    rng = config.rng(f"events-{visits.first}")
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
    every_session = pl.Series(session_ids(config, visits.first + np.arange(len(visits.customer))).astype(str))
    every_product = pl.Series([*catalogue.product_ids.tolist(), None])
    return rows.select(
        pl.format("e{}", (pl.int_range(pl.len()) + first_event).cast(pl.String).str.zfill(10)).alias("event_id"),
        pl.col("event_type"),
        every_session.gather(number).alias("session_id"),
        _customers(config, visits.customer).gather(number).alias("customer_id"),
        pl.Series(config.ids("d", visits.device).astype(str)).gather(number).alias("device_id"),
        every_product.gather(np.where(product == NOT_ONE, len(every_product) - 1, product)).alias("product_id"),
        pl.col("quantity"),
        pl.col("search_query"),
        pl.col("occurred_at").cast(pl.Datetime("us", "UTC")),
    )


def wishlist_table(config: SimulationConfig, catalogue: Catalogue, visits: list[Visits]) -> pl.DataFrame:
    """`shop.wishlist_items`: the first time each customer kept a product; one in ten was taken off again."""
    rng = config.rng("wishlist")
    customer = np.concatenate([part.customer[part.view_session[part.wish_view]] for part in visits])
    product = np.concatenate([part.view_product[part.wish_view] for part in visits])
    at = np.concatenate([part.viewed_at[part.wish_view] for part in visits]) + 3 * MICROSECONDS
    order = np.lexsort((at, product, customer))
    customer, product, at = customer[order], product[order], at[order]
    first = np.r_[True, (np.diff(customer) != 0) | (np.diff(product) != 0)] if len(at) else np.zeros(0, dtype=bool)
    customer, product, at = customer[first], product[first], at[first]
    later = at + (rng.exponential(9, len(at)) * DAY).astype(np.int64)
    removed = np.where((rng.random(len(at)) < 0.1) & (later < config.end), later, -1)
    return pl.DataFrame(
        {
            "user_id": customer_ids(config, customer).astype(str),
            "product_id": catalogue.product_ids[product].astype(str),
            "added_at": instants(at),
            "removed_at": instants(removed),
        }
    )


def cart_tables(config: SimulationConfig, catalogue: Catalogue, visits: list[Visits]) -> dict[str, pl.DataFrame]:
    """`shop.carts` and `shop.cart_items`: one cart per visit with goods; a customer's newest unpaid one may still be open."""
    line_session = np.concatenate([part.first + part.view_session[part.cart_view] for part in visits])
    product = np.concatenate([part.view_product[part.cart_view] for part in visits])
    quantity = np.concatenate([part.cart_quantity for part in visits])
    kept = ~np.concatenate([part.is_removed for part in visits])
    customer = np.concatenate([part.customer[part.view_session[part.cart_view]] for part in visits])
    at = np.concatenate([part.viewed_at[part.cart_view] for part in visits])
    is_paid = np.concatenate([part.cart_checkout != NOT_ONE for part in visits])
    session, first = np.unique(line_session, return_index=True)
    owner, opened_at = customer[first], at[first]
    ordered = np.isin(session, line_session[is_paid])
    newest = np.zeros(len(session), dtype=bool)
    by_owner = np.lexsort((opened_at, owner))
    newest[by_owner[np.r_[np.diff(owner[by_owner]) != 0, True]]] = True
    is_open = ~ordered & newest & (owner != NOT_ONE) & (opened_at > config.end - 7 * DAY)
    carts = pl.DataFrame(
        {
            "cart_id": config.ids("b", session).astype(str),
            "customer_id": _customers(config, owner),
            "session_id": session_ids(config, session).astype(str),
            "status": np.where(ordered, "ordered", np.where(is_open, "open", "abandoned")),
        }
    )
    items = pl.DataFrame(
        {
            "cart_item_id": config.ids("l", np.arange(len(line_session))).astype(str),
            "cart_id": config.ids("b", line_session).astype(str),
            "product_id": catalogue.product_ids[product].astype(str),
            "quantity": quantity.astype(np.int32),
        }
    ).filter(pl.Series(kept))
    return {"carts": carts, "cart_items": items}


def devices_table(config: SimulationConfig, visits: list[Visits]) -> pl.DataFrame:
    """`shop.devices`: those that made a session, with their first."""
    device = np.concatenate([part.device for part in visits])
    at = np.concatenate([part.started_at for part in visits])
    order = np.lexsort((at, device))
    first = np.r_[True, np.diff(device[order]) != 0]
    device, at = device[order][first], at[order][first]
    make = device * 7919 % 10
    return pl.DataFrame(
        {
            "device_id": config.ids("d", device).astype(str),
            "family": np.array(["phone"] * 7 + ["laptop"] * 2 + ["tablet"])[make],
            "operating_system": np.array(["Android"] * 5 + ["iOS"] * 2 + ["Windows", "macOS", "Android"])[make],
            "first_seen_at": instants(at),
        }
    )


def session_ids(config: SimulationConfig, number: np.ndarray) -> np.ndarray:
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
    return _masked(customer_ids(config, np.maximum(customer, 0)).astype(str), customer != NOT_ONE)


def _masked(values: np.ndarray, known: np.ndarray) -> pl.Series:
    """`values` with nulls where not `known`."""
    return pl.Series(values).set(pl.Series(~known), None)
