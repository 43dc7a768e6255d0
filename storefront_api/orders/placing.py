"""Placing an order: priced, decided upon, taken from stock and paid in one transaction.

The order of the steps matters:

1. The cart is locked, so that it is ordered once.
2. Prices and stock are read; a wish that cannot be met ends here.
3. The attempt's identities are locked, the velocity counted and the fraud service asked. Only other attempts of the same
   customer, device, card or address wait meanwhile, at most for the service's deadline; products are free for everybody.
4. Stock is taken by conditional updates in product order, so no two orders deadlock and the last piece is sold once.
5. The gateway is asked last: no card is charged for a piece that is gone.

Everything or nothing is committed; a crash at any point leaves neither an order nor a missing piece.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace.contracts.fraud import FraudScoreRequest
from marketplace.errors import OutOfStockError
from marketplace.houses import address_hash
from marketplace.settings import StorefrontSettings
from marketplace.vocabulary import AttemptOutcome, EventType, FraudDecision, OrderStatus, TransactionKind
from storefront_api.accounts.service import User
from storefront_api.accounts.visitor import Visitor
from storefront_api.clients import FraudClient
from storefront_api.fraud import service as fraud
from storefront_api.fraud.attempt import begin_attempt
from storefront_api.fraud.velocity import Identities
from storefront_api.orders import repository, stock
from storefront_api.orders.gateway import authorise
from storefront_api.orders.pricing import PricedOrder, WantedLine, price_order
from storefront_api.orders.schemas import PlaceOrder
from storefront_api.problems import FieldError
from storefront_api.security import Signer, new_id

_SHIP_WITHIN = timedelta(days=3)
_DELIVER_WITHIN = timedelta(days=7)

# What the fraud decision makes of the order, while the gateway agrees.
_STATUS = {
    FraudDecision.APPROVE: OrderStatus.APPROVED,
    FraudDecision.REVIEW: OrderStatus.HELD_FOR_REVIEW,
    FraudDecision.BLOCK_AND_REVIEW: OrderStatus.HELD_FOR_REVIEW,
    FraudDecision.DECLINE: OrderStatus.DECLINED,
}
_OUTCOME = {
    OrderStatus.APPROVED: AttemptOutcome.AUTHORISED,
    OrderStatus.HELD_FOR_REVIEW: AttemptOutcome.HELD,
    OrderStatus.DECLINED: AttemptOutcome.DECLINED,
}


@dataclass(frozen=True)
class Checkout:
    """One request to order, with everything around it that the request itself does not say."""

    connection: AsyncConnection[DictRow]
    settings: StorefrontSettings
    signer: Signer
    fraud_client: FraudClient
    user: User
    visitor: Visitor
    now: datetime


async def place(checkout: Checkout, request: PlaceOrder, wanted: Sequence[WantedLine]) -> tuple[str, fraud.Decision]:
    """The new order's id and the fraud decision about it.

    Raises:
        FieldError: a line, its choices or an address cannot be used.
        OutOfStockError: fewer pieces are left than wanted.
    """
    order = await _price(checkout, wanted)
    shipping = await _shipping_address(checkout, request)
    billing = (
        shipping
        if request.billing_address_id is None
        else await _own_address(checkout, request.billing_address_id, "/billing_address_id")
    )
    place_of_visitor = await checkout.visitor.remember(checkout.connection, customer_id=checkout.user.user_id, now=checkout.now)
    token = request.payment.token
    identities = Identities(
        customer_id=checkout.user.user_id,
        device_id=checkout.visitor.device_id,
        card_token=f"card_{checkout.signer.keyed_hash('card', token)}" if token else None,
        address_hash=shipping["address_hash"],
        seller_id=order.main_seller_id,
    )
    attempt = await begin_attempt(checkout.connection, identities, address=checkout.visitor.address)
    score_request = FraudScoreRequest(
        payment_attempt_id=new_id("pay"),
        customer_id=checkout.user.user_id,
        seller_ids=sorted({line.seller_id for line in order.lines}),
        device_id=identities.device_id,
        method=request.payment.method,
        amount_minor=order.total_minor,
        currency=order.currency,
        attempted_at=attempt.at,
        signed_up_at=checkout.user.signed_up_at,
        item_count=sum(line.quantity for line in order.lines),
        ip_country_code=place_of_visitor["country_code"],
        ip_latitude=place_of_visitor["latitude"],
        ip_longitude=place_of_visitor["longitude"],
        shipping_country_code=shipping["country_code"],
        shipping_latitude=shipping["latitude"],
        shipping_longitude=shipping["longitude"],
        billing_country_code=billing["country_code"],
        billing_latitude=billing["latitude"],
        billing_longitude=billing["longitude"],
        customer_travel_kmh=attempt.past.travel_kmh(place_of_visitor["latitude"], place_of_visitor["longitude"], at=attempt.at),
        velocity=attempt.past.velocity,
    )
    policy = fraud.HoldPolicy.of(checkout.settings)
    decision = await fraud.decide(checkout.fraud_client, score_request, attempt.rules, policy=policy)
    await _take_stock(checkout, order)
    status = _STATUS[decision.decision]
    if status is not OrderStatus.DECLINED and not authorise(request.payment.method, token).is_authorised:
        status = OrderStatus.DECLINED
    async with checkout.connection.pipeline():
        order_id = await _write(checkout, order, status, decision, identities, shipping, billing)
    return order_id, decision


async def _price(checkout: Checkout, wanted: Sequence[WantedLine]) -> PricedOrder:
    product_ids = sorted({line.product_id for line in wanted})
    products = await repository.products_for_pricing(checkout.connection, product_ids)
    customisations = await repository.customisations_of(checkout.connection, product_ids)
    return price_order(wanted, products, customisations, shipping_minor_per_seller=checkout.settings.shipping_minor_per_seller)


async def _shipping_address(checkout: Checkout, request: PlaceOrder) -> DictRow:
    if request.shipping_address is None:
        return await _own_address(checkout, request.shipping_address_id, "/shipping_address_id")
    new = request.shipping_address
    place = await repository.place_of_city(checkout.connection, new.city, new.country_code)
    row: dict[str, Any] = new.model_dump() | {
        "address_id": new_id("adr"),
        "user_id": checkout.user.user_id,
        "latitude": place["latitude"] if place else None,
        "longitude": place["longitude"] if place else None,
        "address_hash": address_hash(new.line_1, new.city),
        "is_default": False,
    }
    await repository.insert(checkout.connection, "addresses", [row])
    return row


async def _own_address(checkout: Checkout, address_id: str | None, pointer: str) -> DictRow:
    address = await repository.address(checkout.connection, checkout.user.user_id, address_id)
    if address is None:
        detail = "you have no such address" if address_id else "you have no address yet; send shipping_address"
        raise FieldError(pointer, detail)
    return address


async def _take_stock(checkout: Checkout, order: PricedOrder) -> None:
    units: dict[str, int] = {}
    for line in order.lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    for product_id in sorted(units):
        if not await repository.take_stock(checkout.connection, product_id, units[product_id]):
            title = next(line.title for line in order.lines if line.product_id == product_id)
            raise OutOfStockError(f"{title!r} has just been sold; fewer than {units[product_id]} are left")


async def _write(
    checkout: Checkout,
    order: PricedOrder,
    status: OrderStatus,
    decision: fraud.Decision,
    identities: Identities,
    shipping: DictRow,
    billing: DictRow,
) -> str:
    connection, now = checkout.connection, checkout.now
    order_id, request = new_id("ord"), decision.request
    await repository.insert(
        connection,
        "orders",
        [
            {
                "order_id": order_id,
                "customer_id": checkout.user.user_id,
                "status": status,
                "currency": order.currency,
                "subtotal_minor": order.subtotal_minor,
                "shipping_minor": order.shipping_minor,
                "total_minor": order.total_minor,
                "shipping_address_id": shipping["address_id"],
                "billing_address_id": billing["address_id"],
                "session_id": checkout.visitor.session_id,
                "ordered_at": now,
                "approved_at": now if status is OrderStatus.APPROVED else None,
                "estimated_delivery_at": now + _DELIVER_WITHIN,
            }
        ],
    )
    await _write_items(checkout, order, order_id)
    await repository.insert(
        connection,
        "payment_attempts",
        [
            {
                "payment_attempt_id": request.payment_attempt_id,
                "order_id": order_id,
                "customer_id": checkout.user.user_id,
                "session_id": checkout.visitor.session_id,
                "device_id": identities.device_id,
                "card_token": identities.card_token,
                "seller_id": identities.seller_id,
                "method": request.method,
                "amount_minor": request.amount_minor,
                "currency": request.currency,
                "item_count": request.item_count,
                "ip_address": checkout.visitor.address,
                "ip_country_code": request.ip_country_code,
                "ip_latitude": request.ip_latitude,
                "ip_longitude": request.ip_longitude,
                "shipping_address_id": shipping["address_id"],
                "billing_address_id": billing["address_id"],
                "shipping_address_hash": identities.address_hash,
                "outcome": _OUTCOME[status],
                "attempted_at": request.attempted_at,
            }
        ],
    )
    await stock.note_moves(connection, order_id, reason="sale", now=now)
    await fraud.store(connection, decision, event_id=request.payment_attempt_id, order_id=order_id, now=now)
    if status is OrderStatus.DECLINED:
        await stock.release(connection, order_id, now=now)
    elif status is OrderStatus.HELD_FOR_REVIEW:
        await fraud.open_case(connection, decision, order_id=order_id, now=now)
    elif request.method != "cod":
        await charge(connection, order_id, now=now)
    await _announce(checkout, order, order_id, status)
    return order_id


async def charge(connection: AsyncConnection[DictRow], order_id: str, *, now: datetime) -> None:
    """Collect what the order's attempt authorised; cash on delivery is collected at the door, not here."""
    attempt = await repository.attempt_of(connection, order_id)
    assert attempt is not None
    await repository.insert(
        connection,
        "transactions",
        [
            {
                "transaction_id": new_id("txn"),
                "order_id": order_id,
                "payment_attempt_id": attempt["payment_attempt_id"],
                "kind": TransactionKind.CHARGE,
                "method": attempt["method"],
                "amount_minor": attempt["amount_minor"],
                "currency": attempt["currency"],
                "occurred_at": now,
            }
        ],
    )


async def _write_items(checkout: Checkout, order: PricedOrder, order_id: str) -> None:
    ids = [new_id("itm") for _ in order.lines]
    await repository.insert(
        checkout.connection,
        "order_items",
        [
            {
                "order_item_id": item_id,
                "order_id": order_id,
                "line_number": number,
                "product_id": line.product_id,
                "seller_id": line.seller_id,
                "quantity": line.quantity,
                "unit_price_minor": line.unit_price_minor,
                "customisation_minor": line.customisation_minor,
                "shipping_minor": line.shipping_minor,
                "commission_minor": line.commission_minor,
                "total_minor": line.total_minor,
                "currency": line.currency,
                "ship_by_at": checkout.now + _SHIP_WITHIN,
            }
            for number, (item_id, line) in enumerate(zip(ids, order.lines, strict=True), start=1)
        ],
    )
    await repository.insert(
        checkout.connection,
        "order_customisations",
        [
            {
                "order_customisation_id": new_id("cus"),
                "order_item_id": item_id,
                "customisation_id": choice.customisation_id,
                "name": choice.name,
                "value": choice.label,
                "price_minor": choice.price_minor,
            }
            for item_id, line in zip(ids, order.lines, strict=True)
            for choice in line.choices
        ],
    )


async def _announce(checkout: Checkout, order: PricedOrder, order_id: str, status: OrderStatus) -> None:
    """Tell the features and the warehouse: one purchase event for each line that was sold, one message about the order."""
    visitor = checkout.visitor
    messages: list[dict[str, Any]] = [
        {"topic": "orders", "key": order_id, "payload": Jsonb({"order_id": order_id, "status": status})}
    ]
    if status is not OrderStatus.DECLINED:
        await repository.insert(
            checkout.connection,
            "events",
            [
                {
                    "event_id": f"evt_{order_id}_{number}",
                    "event_type": EventType.PURCHASE,
                    "session_id": visitor.session_id,
                    "customer_id": checkout.user.user_id,
                    "device_id": visitor.device_id,
                    "product_id": line.product_id,
                    "quantity": line.quantity,
                    "occurred_at": checkout.now,
                }
                for number, line in enumerate(order.lines, start=1)
            ],
        )
        payload = Jsonb({"session_id": visitor.session_id})
        messages.append({"topic": "session_events", "key": visitor.session_id, "payload": payload})
    await repository.insert(checkout.connection, "outbox", messages)
