"""`/v1/orders`: placing, reading, cancelling, refunding."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from marketplace.errors import InvalidInputError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.cart import service as cart
from storefront_api.dependencies import (
    AppMetrics,
    AppSettings,
    AppSigner,
    Connection,
    CurrentUser,
    CurrentVisitor,
    ModelClients,
    Now,
    require_role,
)
from storefront_api.idempotency import IdempotencyKey, once
from storefront_api.orders import refunds, service
from storefront_api.orders.gateway import TEST_TOKENS
from storefront_api.orders.placing import Checkout, place
from storefront_api.orders.pricing import WantedLine
from storefront_api.orders.schemas import (
    CancelOrder,
    NewRefund,
    Order,
    OrderPage,
    PaymentMethods,
    PlaceOrder,
    Refund,
)
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1", tags=["orders"])

OrderId = Annotated[str, Path(min_length=1, max_length=64)]
Customer = Annotated[User, Depends(require_role(Role.CUSTOMER, Role.SELLER))]
SellerOrAdmin = Annotated[User, Depends(require_role(Role.SELLER, Role.ADMIN))]


@router.post("/orders", summary="Place an order", status_code=201, responses=problem_responses(401, 403, 409, 422, 503))
async def place_order(
    body: PlaceOrder,
    response: Response,
    connection: Connection,
    user: Customer,
    visitor: CurrentVisitor,
    clients: ModelClients,
    settings: AppSettings,
    signer: AppSigner,
    metrics: AppMetrics,
    key: IdempotencyKey,
    now: Now,
) -> Order:
    """Order the cart, or the lines sent. Look at `status`: `held_for_review` is being looked at, `declined` was not charged.

    The same key with the same body gives the stored answer, however often it is sent.
    """
    checkout = Checkout(connection, settings.storefront, signer, clients.fraud, user, visitor, now)

    async def effect() -> Order:
        if body.items is None:
            wanted = await cart.take(connection, customer_id=user.user_id)
            if not wanted:
                raise InvalidInputError("the cart is empty; put something in or send items")
        else:
            wanted = [WantedLine(line.product_id, line.quantity, line.choices) for line in body.items]
        order_id, decision = await place(checkout, body, wanted)
        if decision.is_fallback:
            metrics.fell_back("fraud")
        return await service.get_order(connection, order_id, customer_id=user.user_id)

    return await once(
        connection,
        response,
        effect,
        principal=user.user_id,
        key=key,
        request=("POST /v1/orders", body),
        answer=Order,
        now=now,
    )


@router.get("/orders", summary="My orders", responses=problem_responses(401, 422))
async def list_orders(
    connection: Connection,
    user: CurrentUser,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> OrderPage:
    """Newest first."""
    return await service.list_orders(connection, user.user_id, cursor=cursor, limit=limit)


@router.get("/orders/{order_id}", summary="One of my orders", responses=problem_responses(401, 404))
async def get_order(connection: Connection, user: CurrentUser, order_id: OrderId) -> Order:
    """Somebody else's order is answered as if it did not exist; an admin may read any."""
    owner = None if user.role is Role.ADMIN else user.user_id
    return await service.get_order(connection, order_id, customer_id=owner)


@router.post("/orders/{order_id}/cancel", summary="Cancel my order", responses=problem_responses(401, 404, 409))
async def cancel_order(
    connection: Connection, user: CurrentUser, order_id: OrderId, now: Now, body: CancelOrder | None = None
) -> Order:
    """Possible until it is shipped; what was paid goes back."""
    reason = body.reason if body else None
    await service.cancel(connection, order_id, customer_id=user.user_id, reason=reason, now=now)
    return await service.get_order(connection, order_id, customer_id=user.user_id)


@router.post(
    "/orders/{order_id}/refunds",
    summary="Give money back",
    status_code=201,
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def refund(
    body: NewRefund,
    response: Response,
    connection: Connection,
    user: SellerOrAdmin,
    order_id: OrderId,
    key: IdempotencyKey,
    now: Now,
) -> Refund:
    """A seller refunds their own lines, an admin anything; never more than was paid."""
    return await once(
        connection,
        response,
        lambda: refunds.refund(connection, order_id, body, user=user, now=now),
        principal=user.user_id,
        key=key,
        request=(f"POST /v1/orders/{order_id}/refunds", body),
        answer=Refund,
        now=now,
    )


@router.get("/payment-methods", summary="How one can pay")
async def payment_methods() -> PaymentMethods:
    """What checkout takes, and the test tokens of the built-in gateway."""
    return PaymentMethods(methods=["card", "bkash", "cod"], test_tokens=TEST_TOKENS)
