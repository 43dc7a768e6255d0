"""Money back: never more than was paid, never twice, always written down."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, InvalidInputError, NotFoundError
from marketplace.vocabulary import LEGAL_ORDER_MOVES, OrderStatus, Role, TransactionKind
from storefront_api.accounts.repository import audit
from storefront_api.accounts.service import User
from storefront_api.orders import repository
from storefront_api.orders.schemas import NewRefund, Refund
from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]


async def refund(connection: Connection, order_id: str, request: NewRefund, *, user: User, now: datetime) -> Refund:
    """The refund, made. A seller gives back money on their own lines, an admin on any.

    The order is locked first, so that two refunds at once are counted one after the other.

    Raises:
        NotFoundError: no such order or line, or none of this seller's.
        InvalidInputError: a seller asked for the whole order.
        ConflictError: more than is left of the line's or the order's money.
    """
    order = await repository.lock_order(connection, order_id)
    if order is None or (
        user.role is not Role.ADMIN
        and (user.seller_id is None or not await repository.sells_in(connection, order_id, user.seller_id))
    ):
        raise NotFoundError(f"no order {order_id!r}")
    money = await repository.money_of(connection, order_id)
    left = money["paid_minor"] - money["returned_minor"]
    if request.order_item_id is not None:
        item = await repository.item_money(connection, order_id, request.order_item_id)
        if item is None or (user.role is not Role.ADMIN and item["seller_id"] != user.seller_id):
            raise NotFoundError(f"no line {request.order_item_id!r} in this order")
        left = min(left, item["total_minor"] - item["refunded_minor"])
    elif user.role is not Role.ADMIN:
        raise InvalidInputError("a seller refunds one line at a time; send order_item_id")
    if request.amount_minor > left:
        raise ConflictError(f"at most {left} {order['currency']} (minor units) can still be refunded")
    made = await _give_back(
        connection,
        order,
        order_item_id=request.order_item_id,
        amount_minor=request.amount_minor,
        method=money["method"],
        reason=request.reason,
        requested_by=user.user_id,
        now=now,
    )
    remaining = money["paid_minor"] - money["returned_minor"] - request.amount_minor
    if remaining == 0 and OrderStatus.REFUNDED in LEGAL_ORDER_MOVES[OrderStatus(order["status"])]:
        await repository.move_order(connection, order_id, OrderStatus.REFUNDED, now=now)
    return made.model_copy(update={"refundable_minor": left - request.amount_minor})


async def return_everything(connection: Connection, order: DictRow, *, reason: str, requested_by: str, now: datetime) -> int:
    """Give back whatever of the order's money is still here, in minor units; the order must be locked."""
    money = await repository.money_of(connection, order["order_id"])
    left: int = money["paid_minor"] - money["returned_minor"]
    if left > 0:
        await _give_back(
            connection,
            order,
            order_item_id=None,
            amount_minor=left,
            method=money["method"],
            reason=reason,
            requested_by=requested_by,
            now=now,
        )
    return max(0, left)


async def _give_back(
    connection: Connection,
    order: DictRow,
    *,
    order_item_id: str | None,
    amount_minor: int,
    method: str,
    reason: str,
    requested_by: str,
    now: datetime,
) -> Refund:
    order_id, currency = order["order_id"], order["currency"]
    made = Refund(
        refund_id=new_id("ref"),
        order_id=order_id,
        order_item_id=order_item_id,
        amount_minor=amount_minor,
        currency=currency,
        reason=reason,
        refunded_at=now,
        refundable_minor=0,
    )
    row = made.model_dump(exclude={"refundable_minor"}) | {"requested_by": requested_by}
    await repository.insert(connection, "refunds", [row])
    await repository.insert(
        connection,
        "transactions",
        [
            {
                "transaction_id": new_id("txn"),
                "order_id": order_id,
                "kind": TransactionKind.REFUND,
                "method": method,
                "amount_minor": amount_minor,
                "currency": currency,
                "occurred_at": now,
            }
        ],
    )
    await audit(
        connection,
        actor_id=requested_by,
        action="refund",
        object_type="order",
        object_id=order_id,
        reason=reason,
        details={"refund_id": made.refund_id, "order_item_id": order_item_id, "amount_minor": amount_minor},
        now=now,
    )
    return made
