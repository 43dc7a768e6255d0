"""The shop's pages for buying: cart, checkout, and orders."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response
from pydantic import ValidationError

from marketplace.errors import ConflictError, InvalidInputError, MarketplaceError
from marketplace.vocabulary import SALE_STATUSES, OrderStatus, Role
from storefront_api.cart import service as cart
from storefront_api.cart.schemas import CartItemChange, NewCartItem
from storefront_api.cart.service import CartOwner
from storefront_api.catalog import service as catalog
from storefront_api.catalog.pricing import InvalidChoicesError
from storefront_api.dependencies import AppMetrics, AppSigner
from storefront_api.disputes import service as disputes
from storefront_api.idempotency import once
from storefront_api.orders import service as orders
from storefront_api.orders.placing import Checkout, place
from storefront_api.orders.schemas import NewAddress, Order, Payment, PlaceOrder
from storefront_api.pages import repository, tracking
from storefront_api.pages.context import Page, PageContext, go_to
from storefront_api.pages.shelves import asker_of
from storefront_api.pages.shop import read_wish, render_product
from storefront_api.recommendations import service as recommendations
from storefront_api.security import new_id

router = APIRouter(include_in_schema=False)

_SHELF = 6
_COUNTRIES = {"BDT": ["BD", "IN", "GB", "US", "AE"], "BRL": ["BR", "AR", "PT", "US"]}
# Name in the form -> method and the test gateway's token, with what the shopper reads. A person's own card has a token of
# its own, as real gateways give; the shared one looks to the fraud check like what it is.
_PAYMENTS = {
    "visa": ("card", "tok_visa_{user_id}", "Your test card, Visa", "always authorised"),
    "mastercard": ("card", "tok_mastercard_{user_id}", "Your test card, Mastercard", "always authorised"),
    "bkash": ("bkash", "wallet_{user_id}", "bKash", "your test wallet"),
    "cod": ("cod", None, "Cash on delivery", "paid at the door"),
    "shared": ("card", "tok_visa", "A test card that other accounts use too", "authorised, but a fraud check may notice"),
    "refused": ("card", "tok_declined", "A test card that the bank refuses", "to see what happens then"),
}


def _owner(page: Page) -> CartOwner:
    return CartOwner(page.viewer.user_id if page.viewer else None, page.visitor.session_id)


@router.get("/cart")
async def cart_page(page: PageContext, told: Annotated[str | None, Query(max_length=20)] = None) -> Response:
    """The open cart at today's prices."""
    return await _cart(page, told={"added": "It is in your cart."}.get(told or ""))


async def _cart(page: Page, *, told: str | None = None, is_problem: bool = False) -> Response:
    found = await cart.get_cart(page.connection, _owner(page), page.settings.storefront)
    status = 409 if is_problem else 200
    asker = asker_of(page)
    goes_with = await recommendations.bought_with_cart(asker, k=_SHELF)
    on_it = [item.product.product_id for item in goes_with.items]
    shelves = [goes_with, await recommendations.buy_again(asker, k=_SHELF, without=on_it)]
    if not any(shelf.items for shelf in shelves):
        shelves.append(await recommendations.for_you(asker, k=_SHELF))
    return page.render("shop/cart.html", status, section="cart", cart=found, told=told, is_problem=is_problem, shelves=shelves)


@router.post("/cart/items")
async def add_to_cart(page: PageContext, product_id: Annotated[str, Form(min_length=1, max_length=64)]) -> Response:
    """Put the customised piece into the cart; what does not fit is said beside the form."""
    choices, quantity = await read_wish(page)
    try:
        async with page.connection.transaction():
            await cart.add(page.connection, _owner(page), NewCartItem(product_id=product_id, quantity=quantity, choices=choices))
    except (InvalidInputError, ConflictError) as error:
        product = await catalog.get_product(page.connection, product_id)
        problems = list(error.fields.values()) if isinstance(error, InvalidChoicesError) else [_sentence(error)]
        return await render_product(page, product, choices=choices, quantity=quantity, problems=problems)
    await tracking.note(page, tracking.cart_add(product_id, quantity))
    return go_to("/cart", told="added")


@router.post("/cart/items/{cart_item_id}")
async def change_quantity(page: PageContext, cart_item_id: str, quantity: Annotated[int, Form(ge=1, le=99)]) -> Response:
    """Another number of pieces."""
    try:
        async with page.connection.transaction():
            await cart.change(page.connection, _owner(page), cart_item_id, CartItemChange(quantity=quantity))
    except ConflictError as error:
        return await _cart(page, told=f"{error}".capitalize(), is_problem=True)
    return go_to("/cart")


@router.post("/cart/items/{cart_item_id}/remove")
async def remove_from_cart(page: PageContext, cart_item_id: str) -> Response:
    """Take a line out."""
    found = await cart.get_cart(page.connection, _owner(page), page.settings.storefront)
    line = next((item for item in found.items if item.cart_item_id == cart_item_id), None)
    await cart.remove(page.connection, _owner(page), cart_item_id)
    if line is not None:
        await tracking.note(page, tracking.cart_remove(line.product_id))
    return go_to("/cart")


@router.get("/checkout")
async def checkout_page(page: PageContext) -> Response:
    """Address, payment and the sum; a new key for this one intention to order."""
    page.need(Role.CUSTOMER, Role.SELLER)
    await tracking.note(page, tracking.checkout_start())
    return await _checkout(page, form={}, problems=[], key=new_id("checkout"))


async def _checkout(page: Page, *, form: dict[str, str], problems: list[str], key: str) -> Response:
    found = await cart.get_cart(page.connection, _owner(page), page.settings.storefront)
    if not found.can_be_ordered:
        return go_to("/cart")
    addresses = await repository.addresses(page.connection, page.need().user_id)
    default = addresses[0]["address_id"] if addresses else "new"
    return page.render(
        "shop/checkout.html",
        422 if problems else 200,
        section="cart",
        cart=found,
        addresses=addresses,
        chosen_address=form.get("address_id") or default,
        form=form,
        countries=_COUNTRIES.get(found.currency or "", ["US"]),
        payments=[
            (name, label, hint)
            for name, (method, _, label, hint) in _PAYMENTS.items()
            if method != "bkash" or found.currency == "BDT"
        ],
        chosen_payment=form.get("payment") or "visa",
        problems=problems,
        idempotency_key=key,
    )


@router.post("/checkout")
async def place_order(
    page: PageContext,
    signer: AppSigner,
    metrics: AppMetrics,
    payment: Annotated[str, Form(max_length=20)],
    idempotency_key: Annotated[str, Form(min_length=8, max_length=255)],
    address_id: Annotated[str, Form(max_length=64)] = "new",
    recipient_name: Annotated[str, Form(max_length=200)] = "",
    line_1: Annotated[str, Form(max_length=200)] = "",
    city: Annotated[str, Form(max_length=200)] = "",
    postcode: Annotated[str, Form(max_length=20)] = "",
    country_code: Annotated[str, Form(max_length=2)] = "",
) -> Response:
    """Place the order once, however often the button is pressed, and show what became of it."""
    user = page.need(Role.CUSTOMER, Role.SELLER)
    fields = {
        "recipient_name": recipient_name,
        "line_1": line_1,
        "city": city,
        "postcode": postcode,
        "country_code": country_code,
    }
    form = fields | {"address_id": address_id, "payment": payment}
    try:
        body = _order_of(form, fields, user.user_id)
    except ValidationError as error:
        return await _checkout(page, form=form, problems=_in_words(error), key=idempotency_key)
    checkout = Checkout(page.connection, page.settings.storefront, signer, page.clients.fraud, user, page.visitor, page.now)

    async def effect() -> Order:
        wanted = await cart.take(page.connection, customer_id=user.user_id)
        if not wanted:
            raise InvalidInputError("the cart is empty")
        order_id, decision = await place(checkout, body, wanted)
        if decision.is_fallback:
            metrics.fell_back("fraud")
        return await orders.get_order(page.connection, order_id, customer_id=user.user_id)

    try:
        async with page.connection.transaction():
            order = await once(
                page.connection,
                Response(),
                effect,
                principal=user.user_id,
                key=idempotency_key,
                request=("POST /v1/orders", body),
                answer=Order,
                now=page.now,
            )
    except (ConflictError, InvalidInputError) as error:
        return await _checkout(page, form=form, problems=[_sentence(error)], key=new_id("checkout"))
    return go_to(f"/orders/{order.order_id}")


def _order_of(form: dict[str, str], fields: dict[str, str], user_id: str) -> PlaceOrder:
    method, token, _, _ = _PAYMENTS.get(form["payment"], _PAYMENTS["visa"])
    payment = Payment.model_validate({"method": method, "token": token and token.format(user_id=user_id)[:100]})
    if form["address_id"] != "new":
        return PlaceOrder(shipping_address_id=form["address_id"], payment=payment)
    address = NewAddress.model_validate({name: value for name, value in fields.items() if value.strip()})
    return PlaceOrder(shipping_address=address, payment=payment)


_FIELD_WORDS = {"recipient_name": "a name", "line_1": "street and number", "city": "the city", "country_code": "the country"}


def _in_words(error: ValidationError) -> list[str]:
    names = [str(item["loc"][-1]) for item in error.errors() if item["loc"]]
    missing = [_FIELD_WORDS[name] for name in names if name in _FIELD_WORDS]
    return [f"For a new address we need {', '.join(missing)}."] if missing else ["Something in the form does not fit."]


def _sentence(error: MarketplaceError) -> str:
    words = str(error)
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")


@router.get("/orders")
async def orders_page(page: PageContext, cursor: Annotated[str | None, Query(max_length=400)] = None) -> Response:
    """The viewer's orders, newest first."""
    found = await orders.list_orders(page.connection, page.need().user_id, cursor=cursor, limit=20)
    return page.render("shop/orders.html", section="orders", page=found)


@router.get("/orders/{order_id}")
async def order_page(page: PageContext, order_id: str) -> Response:
    """One order: what became of it in words that accuse nobody, and its way."""
    viewer = page.need()
    owner = None if viewer.role is Role.ADMIN else viewer.user_id
    order = await orders.get_order(page.connection, order_id, customer_id=owner)
    dispute = await disputes.dispute_of(page.connection, order_id)
    return page.render(
        "shop/order.html",
        section="orders",
        order=order,
        outcome=outcome_of(order),
        steps=steps_of(order),
        can_cancel=order.status in _CANCELLABLE and owner is not None,
        dispute=dispute,
        can_dispute=dispute is None and order.status in SALE_STATUSES and owner is not None,
    )


@router.post("/orders/{order_id}/cancel")
async def cancel_order(page: PageContext, order_id: str) -> Response:
    """Cancel before it is shipped."""
    await orders.cancel(page.connection, order_id, customer_id=page.need().user_id, reason=None, now=page.now)
    return go_to(f"/orders/{order_id}")


_CANCELLABLE = (OrderStatus.CREATED, OrderStatus.HELD_FOR_REVIEW, OrderStatus.APPROVED, OrderStatus.PROCESSING)


@dataclass(frozen=True)
class Outcome:
    """What the page says on top."""

    title: str
    words: str
    tone: str
    symbol: str


def outcome_of(order: Order) -> Outcome:
    """What became of the order, without a word that would teach a thief what gave them away."""
    return _OUTCOMES.get(order.status, _OUTCOMES[OrderStatus.APPROVED])


_OUTCOMES = {
    OrderStatus.CREATED: Outcome("Thank you", "Your order is being placed.", "", "clock"),
    OrderStatus.HELD_FOR_REVIEW: Outcome(
        "Thank you, we are having a look",
        "A colleague checks this order before it goes on; that usually takes less than a day. Nothing has been charged yet.",
        "warn",
        "clock",
    ),
    OrderStatus.APPROVED: Outcome("Thank you", "Your order is approved and the workshop has begun.", "good", "check"),
    OrderStatus.PROCESSING: Outcome("In the making", "The workshop is making your order.", "good", "check"),
    OrderStatus.SHIPPED: Outcome("On its way", "Your parcel has left the workshop.", "good", "check"),
    OrderStatus.DELIVERED: Outcome("Delivered", "Your order has arrived. We hope you like it.", "good", "check"),
    OrderStatus.DECLINED: Outcome(
        "We could not accept this order",
        "The payment was not accepted and nothing was charged. Try another way to pay, or ask your bank.",
        "bad",
        "cross",
    ),
    OrderStatus.CANCELLED: Outcome("Cancelled", "This order was cancelled; what was paid has been given back.", "", "info"),
    OrderStatus.UNAVAILABLE: Outcome(
        "Not available", "The workshop could not make it; what was paid goes back.", "warn", "alert"
    ),
    OrderStatus.REFUNDED: Outcome("Refunded", "The money of this order was given back.", "", "info"),
}


def steps_of(order: Order) -> list[dict[str, Any]]:
    """The way of the order as a timeline: done, now, still to come, or ended."""
    steps: list[dict[str, Any]] = [_step("Ordered", order.ordered_at, "done")]
    if order.status is OrderStatus.DECLINED:
        return [*steps, _step("Not accepted", None, "bad", "nothing was charged")]
    if order.status is OrderStatus.HELD_FOR_REVIEW:
        steps.append(_step("Being checked", None, "now", "usually less than a day"))
    approved = order.approved_at or (order.ordered_at if order.status in _PAST_APPROVAL else None)
    if order.status in (OrderStatus.CANCELLED, OrderStatus.UNAVAILABLE) and order.approved_at is None:
        return [*steps, _step("Cancelled", order.cancelled_at, "bad")]
    steps.append(_step("Approved", approved, "done" if approved else "todo"))
    if order.status in (OrderStatus.CANCELLED, OrderStatus.UNAVAILABLE):
        return [*steps, _step("Cancelled", order.cancelled_at, "bad")]
    is_made = order.shipped_at is not None
    steps.append(_step("Shipped", order.shipped_at, "done" if is_made else "now" if approved else "todo", "within 3 days"))
    hint = f"expected by {order.estimated_delivery_at:%d %b}" if order.estimated_delivery_at else None
    steps.append(_step("Delivered", order.delivered_at, "done" if order.delivered_at else "now" if is_made else "todo", hint))
    if order.status is OrderStatus.REFUNDED:
        steps.append(_step("Refunded", None, "done"))
    return steps


_PAST_APPROVAL = (OrderStatus.APPROVED, OrderStatus.PROCESSING, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.REFUNDED)


def _step(title: str, at: datetime | None, state: str, hint: str | None = None) -> dict[str, Any]:
    return {"title": title, "at": at, "state": state, "hint": hint}
