"""What visits leave behind for later stages: devices, carts and wishlists.

The views themselves are by far the largest part of a marketplace. They are written with their cohort and forgotten; this is
all that is remembered of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation.columns import instants, masked, named, parts
from marketplace.simulation.config import DAY, MICROSECONDS, SimulationConfig, customer_ids
from marketplace.simulation.events import session_ids
from marketplace.simulation.people import NOT_ONE
from marketplace.simulation.sessions import Visits

_FAMILIES = ("phone", "laptop", "tablet")
_MAKES = np.array([0] * 7 + [1] * 2 + [2])
_SYSTEMS = ("Android", "iOS", "Windows", "macOS")
_SYSTEM_OF_MAKE = np.array([0] * 5 + [1] * 2 + [2, 3, 0])
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class _Lines:
    """Lines put into carts, and products kept on wishlists, with their customers and instants."""

    session: np.ndarray
    customer: np.ndarray
    product: np.ndarray
    at: np.ndarray
    quantity: np.ndarray
    is_removed: np.ndarray
    is_paid: np.ndarray


class Traces:
    """Collects from visits in the order in which they are written."""

    def __init__(self, config: SimulationConfig) -> None:
        self._config = config
        self._first_seen = np.full(3 * config.customers, _NEVER)  # honest devices by number
        self._other_devices: list[tuple[np.ndarray, np.ndarray]] = []
        self._carts: list[_Lines] = []
        self._wishes: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.session_count = 0

    def add(self, visits: Visits) -> None:
        """Remember what later stages need of `visits`."""
        self.session_count += len(visits.customer)
        is_honest = visits.device < len(self._first_seen)
        np.minimum.at(self._first_seen, visits.device[is_honest], visits.started_at[is_honest])
        self._other_devices.append((visits.device[~is_honest], visits.started_at[~is_honest]))
        line, wish = visits.cart_view, visits.wish_view
        owner = visits.customer.astype(np.int32)
        self._carts.append(
            _Lines(
                session=(visits.first + visits.view_session[line]).astype(np.uint32),
                customer=owner[visits.view_session[line]],
                product=visits.view_product[line].astype(np.int32),
                at=visits.viewed_at[line],
                quantity=visits.cart_quantity.astype(np.int32),
                is_removed=visits.is_removed,
                is_paid=visits.cart_checkout != NOT_ONE,
            )
        )
        self._wishes.append(
            (owner[visits.view_session[wish]], visits.view_product[wish].astype(np.int32), visits.viewed_at[wish])
        )

    def device_table(self) -> Iterator[pl.DataFrame]:
        """`shop.devices`: those that made a session, with their first."""
        honest = np.flatnonzero(self._first_seen < _NEVER)
        device = np.concatenate([honest, *(device for device, _ in self._other_devices)])
        at = np.concatenate([self._first_seen[honest], *(at for _, at in self._other_devices)])
        order = np.lexsort((at, device))
        first = np.r_[True, np.diff(device[order]) != 0]
        device, at = device[order][first], at[order][first]
        for part in parts(len(device)):
            make = device[part] * 7919 % 10
            yield pl.DataFrame(
                {
                    "device_id": self._config.ids("d", device[part]),
                    "family": named(_FAMILIES, _MAKES[make]),
                    "operating_system": named(_SYSTEMS, _SYSTEM_OF_MAKE[make]),
                    "first_seen_at": instants(at[part]),
                }
            )

    def wishlist_table(self) -> Iterator[pl.DataFrame]:
        """`shop.wishlist_items`: the first time each customer kept a product; one in ten was taken off again."""
        config = self._config
        rng = config.rng("wishlist")
        customer, product, at = (np.concatenate(values) for values in zip(*self._wishes, strict=True))
        at = at + 3 * MICROSECONDS
        order = np.lexsort((at, product, customer))
        customer, product, at = customer[order], product[order], at[order]
        first = np.r_[True, (np.diff(customer) != 0) | (np.diff(product) != 0)] if len(at) else np.zeros(0, dtype=bool)
        customer, product, at = customer[first], product[first], at[first]
        later = at + (rng.exponential(9, len(at)) * DAY).astype(np.int64)
        removed = np.where((rng.random(len(at)) < 0.1) & (later < config.end), later, -1)
        for part in parts(len(at)):
            yield pl.DataFrame(
                {
                    "user_id": customer_ids(config, customer[part]),
                    "product_id": config.ids("p", product[part]),
                    "added_at": instants(at[part]),
                    "removed_at": instants(removed[part]),
                }
            )

    def cart_tables(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """`shop.carts` and `shop.cart_items`: one cart per visit with goods; a customer's newest unpaid one may be open."""
        config = self._config
        lines = _Lines(
            **{name: np.concatenate([getattr(part, name) for part in self._carts]) for name in _Lines.__dataclass_fields__}
        )
        session, first = np.unique(lines.session, return_index=True)
        owner, opened_at = lines.customer[first], lines.at[first]
        ordered = np.isin(session, lines.session[lines.is_paid])
        newest = np.zeros(len(session), dtype=bool)
        by_owner = np.lexsort((opened_at, owner))
        newest[by_owner[np.r_[np.diff(owner[by_owner]) != 0, True]]] = True
        is_open = ~ordered & newest & (owner != NOT_ONE) & (opened_at > config.end - 7 * DAY)
        status = np.where(ordered, 0, np.where(is_open, 1, 2))
        for part in parts(len(session)):
            yield (
                "carts",
                pl.DataFrame(
                    {
                        "cart_id": config.ids("b", session[part]),
                        "customer_id": masked(customer_ids(config, np.maximum(owner[part], 0)), owner[part] != NOT_ONE),
                        "session_id": session_ids(config, session[part]),
                        "status": named(("ordered", "open", "abandoned"), status[part]),
                    }
                ),
            )
        kept = np.flatnonzero(~lines.is_removed)
        for part in parts(len(kept)):
            rows = kept[part]
            yield (
                "cart_items",
                pl.DataFrame(
                    {
                        "cart_item_id": config.ids("l", rows),
                        "cart_id": config.ids("b", lines.session[rows]),
                        "product_id": config.ids("p", lines.product[rows]),
                        "quantity": lines.quantity[rows],
                    }
                ),
            )
