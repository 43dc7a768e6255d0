"""Orders from checkouts: lines with their customisations and money, and how each went until the end of the window."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from marketplace.simulation import places
from marketplace.simulation.calendar import is_campaign_day
from marketplace.simulation.catalog import Catalogue, instants
from marketplace.simulation.checkouts import Checkouts
from marketplace.simulation.config import CURRENCY, DAY, HOUR, MICROSECONDS, SimulationConfig
from marketplace.simulation.events import session_ids
from marketplace.simulation.people import customer_ids

PROMISED_DAYS = 5
ADDRESS_KIND = "a"
_NAMES_TO_ENGRAVE = (
    "Ma",
    "Baba",
    "Nusrat",
    "Tanvir & Sadia",
    "শুভ জন্মদিন",
    "Forever",
    "Happy Eid",
    "Ayesha",
    "A + R",
    "মা",
    "Class of 26",
    "Home",
)


@dataclass(frozen=True)
class Orders:
    """One order per checkout, lines sorted by order; times in microseconds, -1 where not (yet) happened by the end.

    `true_*_at` say when it will have happened, whether or not the window has reached it.
    """

    checkouts: Checkouts
    ids: np.ndarray
    ordered_at: np.ndarray
    approved_at: np.ndarray
    shipped_at: np.ndarray
    delivered_at: np.ndarray
    cancelled_at: np.ndarray
    estimated_at: np.ndarray
    status: np.ndarray
    is_paid: np.ndarray
    total: np.ndarray
    line_ids: np.ndarray
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
    customisations: pl.DataFrame


def build_orders(config: SimulationConfig, catalogue: Catalogue, checkouts: Checkouts, address_town: np.ndarray) -> Orders:
    """Everything that was ordered, with its state at the end of the window."""
    rng = config.rng("orders")
    count, lines = len(checkouts), len(checkouts.line_checkout)
    order, product, quantity = checkouts.line_checkout, checkouts.line_product, checkouts.line_quantity
    seller = catalogue.seller[product]
    line_ids = config.ids("i", np.arange(lines))
    customisation, chosen = _customise(config, catalogue, product, line_ids)
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
        checkouts=checkouts, ids=config.ids("o", np.arange(count)), ordered_at=checkouts.at,
        approved_at=np.where(known["approved"], approved_at, -1), shipped_at=np.where(known["shipped"], shipped_at, -1),
        delivered_at=np.where(known["delivered"], delivered_at, -1), cancelled_at=np.where(known["stopped"], stopped_at, -1),
        estimated_at=checkouts.at + (PROMISED_DAYS + slowest) * DAY, status=status, is_paid=~checkouts.is_declined,
        total=np.bincount(order, total, count).astype(np.int64), line_ids=line_ids, line_order=order, line_product=product,
        line_seller=seller, line_quantity=quantity, line_unit_price=unit_price, line_customisation=customisation,
        line_discount=discount, line_shipping=shipping, line_commission=commission, line_total=total,
        line_ship_by=checkouts.at[order] + PROMISED_DAYS * DAY,
        line_shipped_at=np.where(has_shipped | ((line_shipped < config.end) & known["moving"][order]), line_shipped, -1),
        line_delivered_at=np.where(has_arrived | ((line_delivered < config.end) & known["moving"][order]), line_delivered, -1),
        customisations=chosen,
    )  # fmt: skip


def order_tables(config: SimulationConfig, catalogue: Catalogue, orders: Orders, status: np.ndarray) -> dict[str, pl.DataFrame]:
    """`shop.orders`, `order_items` and `order_customisations`; `status` is what refunds made of it."""
    count, order = len(orders.ids), orders.line_order
    goods = (orders.line_unit_price + orders.line_customisation) * orders.line_quantity

    def summed(values: np.ndarray) -> np.ndarray:
        return np.bincount(order, values, count).astype(np.int64)

    head = pl.DataFrame(
        {
            "order_id": orders.ids.astype(str),
            "customer_id": customer_ids(config, orders.checkouts.customer).astype(str),
            "status": status.astype(str),
            "currency": CURRENCY,
            "subtotal_minor": summed(goods),
            "discount_minor": summed(orders.line_discount),
            "shipping_minor": summed(orders.line_shipping),
            "total_minor": orders.total,
            "shipping_address_id": config.ids(ADDRESS_KIND, orders.checkouts.ship_to).astype(str),
            "billing_address_id": config.ids(ADDRESS_KIND, orders.checkouts.bill_to).astype(str),
            "session_id": session_ids(config, orders.checkouts.session).astype(str),
            "ordered_at": instants(orders.ordered_at),
            "approved_at": instants(orders.approved_at),
            "shipped_at": instants(orders.shipped_at),
            "delivered_at": instants(orders.delivered_at),
            "estimated_delivery_at": instants(orders.estimated_at),
            "cancelled_at": instants(orders.cancelled_at),
        }
    )
    first_line = np.searchsorted(order, np.arange(count))
    items = pl.DataFrame(
        {
            "order_item_id": orders.line_ids.astype(str),
            "order_id": orders.ids[order].astype(str),
            "line_number": (np.arange(len(order)) - first_line[order] + 1).astype(np.int16),
            "product_id": catalogue.product_ids[orders.line_product].astype(str),
            "seller_id": catalogue.seller_ids[orders.line_seller].astype(str),
            "quantity": orders.line_quantity.astype(np.int32),
            "unit_price_minor": orders.line_unit_price,
            "customisation_minor": orders.line_customisation,
            "discount_minor": orders.line_discount,
            "shipping_minor": orders.line_shipping,
            "commission_minor": orders.line_commission,
            "total_minor": orders.line_total,
            "currency": CURRENCY,
            "ship_by_at": instants(orders.line_ship_by),
            "shipped_at": instants(orders.line_shipped_at),
            "delivered_at": instants(orders.line_delivered_at),
        }
    )
    return {"orders": head, "order_items": items, "order_customisations": orders.customisations}


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
    status = np.full(len(checkouts), "created", dtype=object)
    for is_there, name in ((approved, "approved"), (processing, "processing"), (shipped, "shipped"), (delivered, "delivered")):
        status[is_there] = name
    status[stopped] = "cancelled"
    status[stopped & unavailable] = "unavailable"
    status[refused] = "declined"
    known = {"approved": approved, "shipped": shipped, "delivered": delivered, "stopped": stopped, "moving": moving}
    return status, known


def _customise(
    config: SimulationConfig, catalogue: Catalogue, product: np.ndarray, line_ids: np.ndarray
) -> tuple[np.ndarray, pl.DataFrame]:
    """Added price per unit of each line, and `shop.order_customisations`."""
    rng = config.rng("customisations")
    options = catalogue.options
    offered = options.start[product + 1] - options.start[product]
    line = np.repeat(np.arange(len(product)), offered)
    option = options.start[product][line] + np.arange(len(line)) - (np.cumsum(offered) - offered)[line]
    taken = options.is_required[option] | (rng.random(len(option)) < 0.38)
    line, option = line[taken], option[taken]
    which = options.choice_set[option]
    sizes = np.array([len(choices.values) for choices in options.choice_sets] or [1])
    starts = np.cumsum(sizes) - sizes
    pick = np.where(which >= 0, (rng.random(len(option)) ** 1.6 * sizes[which]).astype(np.int64), 0)
    choice_prices = np.array([price for choices in options.choice_sets for price in choices.prices] or [0])
    choice_values = np.array([value for choices in options.choice_sets for value in choices.values] or [""], dtype=object)
    spot = np.where(which >= 0, starts[which] + pick, 0)
    price = options.price[option] + np.where(which >= 0, choice_prices[spot], 0)
    engraved = np.array(_NAMES_TO_ENGRAVE, dtype=object)[rng.integers(0, len(_NAMES_TO_ENGRAVE), len(option))]
    kind = options.kind[option]
    value = np.where(kind == "choice", choice_values[spot], np.where(kind == "photo", "photo-on-file.jpg", engraved))
    limit = options.max_length[option]
    texts = [text[:most] if most else text for text, most in zip(value.tolist(), limit.tolist(), strict=True)]
    table = pl.DataFrame(
        {
            "order_customisation_id": config.ids("q", np.arange(len(line))).astype(str),
            "order_item_id": line_ids[line].astype(str),
            "customisation_id": options.ids[option].astype(str),
            "name": options.name[option].astype(str),
            "value": texts,
            "price_minor": price,
        }
    )
    return np.bincount(line, price, len(product)).astype(np.int64), table


def _latest(order: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """The greatest of `values` per order; lines are sorted by order and every order has one."""
    return np.maximum.reduceat(values, np.searchsorted(order, np.arange(count)))
