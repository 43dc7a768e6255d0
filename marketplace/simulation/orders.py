"""Orders from checkouts: lines with their customisations and money, and how each went until the end of the window."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.addresses import ADDRESS_KIND
from marketplace.simulation.calendar import is_campaign_day
from marketplace.simulation.catalog import Catalogue
from marketplace.simulation.checkouts import Checkouts
from marketplace.simulation.columns import instants, named, parts
from marketplace.simulation.config import CURRENCY, DAY, HOUR, MICROSECONDS, SimulationConfig, customer_ids
from marketplace.simulation.customised import Customisations, customise
from marketplace.simulation.events import session_ids

PROMISED_DAYS = 5
STATUSES = (
    "created", "approved", "processing", "shipped", "delivered", "cancelled", "unavailable", "declined", "refunded",
)  # fmt: skip


@dataclass(frozen=True)
class Orders:
    """One order per checkout, lines sorted by order; times in microseconds, -1 where not (yet) happened by the end."""

    checkouts: Checkouts
    ordered_at: np.ndarray
    approved_at: np.ndarray
    shipped_at: np.ndarray
    delivered_at: np.ndarray
    cancelled_at: np.ndarray
    estimated_at: np.ndarray
    status: np.ndarray
    is_paid: np.ndarray
    total: np.ndarray
    line_order: np.ndarray
    line_product: np.ndarray
    line_seller: np.ndarray
    line_quantity: np.ndarray
    line_unit_price: np.ndarray
    line_customisation: np.ndarray
    line_discount: np.ndarray
    line_shipping: np.ndarray
    line_commission: np.ndarray
    line_total: np.ndarray
    line_ship_by: np.ndarray
    line_shipped_at: np.ndarray
    line_delivered_at: np.ndarray
    customisations: Customisations

    def __len__(self) -> int:
        return len(self.ordered_at)


def build_orders(config: SimulationConfig, catalogue: Catalogue, checkouts: Checkouts, address_town: np.ndarray) -> Orders:
    """Everything that was ordered, with its state at the end of the window."""
    rng = config.rng("orders")
    count, lines = len(checkouts), len(checkouts.line_checkout)
    order, product, quantity = checkouts.line_checkout, checkouts.line_product, checkouts.line_quantity
    seller = catalogue.seller[product]
    chosen = customise(config, catalogue, product)
    customisation = np.bincount(chosen.line, chosen.price, lines).astype(np.int64)
    unit_price = catalogue.price[product]
    goods = (unit_price + customisation) * quantity
    on_sale = is_campaign_day(checkouts.at) & (rng.random(count) < 0.3) | (rng.random(count) < 0.03)
    discount = np.where(on_sale[order], goods * 10 // 100, 0)
    ship_town, seller_town = address_town[checkouts.ship_to][order], catalogue.seller_town[seller]
    fee = np.where(places.IS_ABROAD[ship_town], 150_000, np.where(ship_town == seller_town, 6_000, 12_000))
    is_first_of_seller = np.r_[True, (np.diff(order) != 0) | (np.diff(seller) != 0)]
    shipping = np.where(is_first_of_seller, fee, 0)
    commission = (goods - discount) * catalogue.commission_bps[seller] // 10_000
    total = goods - discount + shipping
    quality = catalogue.seller_quality[seller]
    made = rng.lognormal(0.55, 0.45, lines) * (1.75 - 0.95 * quality) + np.where(
        rng.random(lines) < 0.12 * (1 - quality), rng.uniform(3, 9, lines), 0
    )
    travel = np.where(
        places.IS_ABROAD[ship_town],
        rng.uniform(6, 13, lines),
        np.where(ship_town == seller_town, rng.uniform(0.6, 1.8, lines), rng.uniform(1.2, 4, lines)),
    )
    approved_at = checkouts.at + (rng.uniform(1, 25, count) * 60).astype(np.int64) * MICROSECONDS
    line_shipped = approved_at[order] + (made * DAY).astype(np.int64)
    line_delivered = line_shipped + (travel * DAY).astype(np.int64)
    shipped_at, delivered_at = _latest(order, line_shipped, count), _latest(order, line_delivered, count)
    worst = -_latest(order, (-quality * 1e6).astype(np.int64), count) / 1e6
    cancels = rng.random(count) < 0.012 + 0.05 * (1 - worst) ** 2
    unavailable = ~cancels & (rng.random(count) < 0.006)
    stopped_at = checkouts.at + (rng.uniform(0.05, 0.95, count) * (shipped_at - checkouts.at)).astype(np.int64)
    stops = (cancels | unavailable) & ~checkouts.is_declined & (stopped_at > approved_at)
    status, known = _statuses(config, checkouts, approved_at, shipped_at, delivered_at, stopped_at, stops, unavailable)
    has_shipped, has_arrived = known["shipped"][order], known["delivered"][order]
    slowest = _latest(order, np.where(places.IS_ABROAD[ship_town], 12, np.where(ship_town == seller_town, 2, 4)), count)
    return Orders(
        checkouts=checkouts, ordered_at=checkouts.at,
        approved_at=np.where(known["approved"], approved_at, -1), shipped_at=np.where(known["shipped"], shipped_at, -1),
        delivered_at=np.where(known["delivered"], delivered_at, -1), cancelled_at=np.where(known["stopped"], stopped_at, -1),
        estimated_at=checkouts.at + (PROMISED_DAYS + slowest) * DAY, status=status, is_paid=~checkouts.is_declined,
        total=np.bincount(order, total, count).astype(np.int64), line_order=order, line_product=product,
        line_seller=seller, line_quantity=quantity, line_unit_price=unit_price, line_customisation=customisation,
        line_discount=discount, line_shipping=shipping, line_commission=commission, line_total=total,
        line_ship_by=checkouts.at[order] + PROMISED_DAYS * DAY,
        line_shipped_at=np.where(has_shipped | ((line_shipped < config.end) & known["moving"][order]), line_shipped, -1),
        line_delivered_at=np.where(has_arrived | ((line_delivered < config.end) & known["moving"][order]), line_delivered, -1),
        customisations=chosen,
    )  # fmt: skip


def order_tables(config: SimulationConfig, orders: Orders, status: np.ndarray) -> Iterator[tuple[str, pl.DataFrame]]:
    """`shop.orders`, `order_items` and `order_customisations`; `status` is what refunds made of it."""
    yield from (("orders", frame) for frame in _heads(config, orders, status))
    yield from (("order_items", frame) for frame in _items(config, orders))
    yield from (("order_customisations", frame) for frame in orders.customisations.tables(config))


def _heads(config: SimulationConfig, orders: Orders, status: np.ndarray) -> Iterator[pl.DataFrame]:
    order = orders.line_order
    goods = (orders.line_unit_price + orders.line_customisation) * orders.line_quantity
    subtotal, discount, shipping = (
        np.bincount(order, values, len(orders)).astype(np.int64) for values in (goods, orders.line_discount, orders.line_shipping)
    )
    for part in parts(len(orders)):
        checkouts = orders.checkouts
        yield pl.DataFrame(
            {
                "order_id": config.ids("o", np.arange(part.start, part.stop)),
                "customer_id": customer_ids(config, checkouts.customer[part]),
                "status": named(STATUSES, status[part]),
                "currency": CURRENCY,
                "subtotal_minor": subtotal[part],
                "discount_minor": discount[part],
                "shipping_minor": shipping[part],
                "total_minor": orders.total[part],
                "shipping_address_id": config.ids(ADDRESS_KIND, checkouts.ship_to[part]),
                "billing_address_id": config.ids(ADDRESS_KIND, checkouts.bill_to[part]),
                "session_id": session_ids(config, checkouts.session[part]),
                "ordered_at": instants(orders.ordered_at[part]),
                "approved_at": instants(orders.approved_at[part]),
                "shipped_at": instants(orders.shipped_at[part]),
                "delivered_at": instants(orders.delivered_at[part]),
                "estimated_delivery_at": instants(orders.estimated_at[part]),
                "cancelled_at": instants(orders.cancelled_at[part]),
            }
        )


def _items(config: SimulationConfig, orders: Orders) -> Iterator[pl.DataFrame]:
    order = orders.line_order
    first_line = np.searchsorted(order, np.arange(len(orders)))
    number = np.arange(len(order)) - first_line[order] + 1
    for part in parts(len(order)):
        yield pl.DataFrame(
            {
                "order_item_id": config.ids("i", np.arange(part.start, part.stop)),
                "order_id": config.ids("o", order[part]),
                "line_number": number[part].astype(np.int16),
                "product_id": config.ids("p", orders.line_product[part]),
                "seller_id": config.ids("s", orders.line_seller[part]),
                "quantity": orders.line_quantity[part].astype(np.int32),
                "unit_price_minor": orders.line_unit_price[part],
                "customisation_minor": orders.line_customisation[part],
                "discount_minor": orders.line_discount[part],
                "shipping_minor": orders.line_shipping[part],
                "commission_minor": orders.line_commission[part],
                "total_minor": orders.line_total[part],
                "currency": CURRENCY,
                "ship_by_at": instants(orders.line_ship_by[part]),
                "shipped_at": instants(orders.line_shipped_at[part]),
                "delivered_at": instants(orders.line_delivered_at[part]),
            }
        )


def _statuses(
    config: SimulationConfig, checkouts: Checkouts, approved_at: np.ndarray, shipped_at: np.ndarray, delivered_at: np.ndarray,
    stopped_at: np.ndarray, stops: np.ndarray, unavailable: np.ndarray,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:  # fmt: skip
    """The state of each order at the end of the window and which of its steps had happened by then."""
    refused, end = checkouts.is_declined, config.end
    stopped = stops & (stopped_at < end)
    moving = ~refused & ~stopped
    approved = ~refused & (approved_at < end)
    processing = approved & moving & (approved_at + 8 * HOUR < end)
    shipped, delivered = moving & (shipped_at < end), moving & (delivered_at < end)
    status = np.full(len(checkouts), STATUSES.index("created"), dtype=np.int8)
    for is_there, name in ((approved, "approved"), (processing, "processing"), (shipped, "shipped"), (delivered, "delivered")):
        status[is_there] = STATUSES.index(name)
    status[stopped] = STATUSES.index("cancelled")
    status[stopped & unavailable] = STATUSES.index("unavailable")
    status[refused] = STATUSES.index("declined")
    known = {"approved": approved, "shipped": shipped, "delivered": delivered, "stopped": stopped, "moving": moving}
    return status, known


def _latest(order: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """The greatest of `values` per order; lines are sorted by order and every order has one."""
    return np.maximum.reduceat(values, np.searchsorted(order, np.arange(count)))
