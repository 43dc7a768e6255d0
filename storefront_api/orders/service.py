"""Reading orders, and every legal step of their life after they are placed."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, InvalidInputError, NotFoundError
from marketplace.vocabulary import AWAITING_SHIPMENT, LEGAL_ORDER_MOVES, AttemptOutcome, OrderStatus
from storefront_api.accounts.repository import audit
from storefront_api.catalog.service import picture_url
from storefront_api.orders import refunds, repository, stock
from storefront_api.orders.placing import charge
from storefront_api.orders.schemas import Order, OrderPage, OrderSummary
from storefront_api.pagination import decode_cursor, encode_cursor

Connection = AsyncConnection[DictRow]


async def get_order(connection: Connection, order_id: str, *, customer_id: str | None) -> Order:
    """One order with its lines.

    Args:
        customer_id: whose order it must be; None reads any, for callers that have checked the role.
    Raises:
        NotFoundError: no such order, or somebody else's.
    """
    row = await repository.order(connection, order_id, customer_id)
    if row is None:
        raise NotFoundError(f"no order {order_id!r}")
    items = [item | {"picture_url": picture_url(item["product_id"])} for item in await repository.items(connection, order_id)]
    return Order.model_validate(row | {"items": items})


async def list_orders(connection: Connection, customer_id: str, *, cursor: str | None, limit: int) -> OrderPage:
    """One page of the customer's orders, newest first.

    Raises:
        InvalidInputError: a cursor that is not ours.
    """
    after = decode_cursor(cursor, length=2) if cursor else None
    if after is not None:
        try:
            after = [datetime.fromisoformat(after[0]), str(after[1])]
        except (TypeError, ValueError) as error:
            raise InvalidInputError("cursor: not one that this list gave; start again without it") from error
    rows = await repository.page_of_orders(connection, customer_id, after=after, limit=limit + 1)
    page = rows[:limit]
    more = encode_cursor(page[-1]["ordered_at"], page[-1]["order_id"]) if len(rows) > limit else None
    return OrderPage(items=[OrderSummary.model_validate(row) for row in page], next_cursor=more)


async def move(connection: Connection, order_id: str, to: OrderStatus, *, now: datetime) -> DictRow:
    """The order's row from before it moved; it stays locked until the transaction ends.

    Raises:
        NotFoundError: no such order.
        ConflictError: an order in its state never becomes this.
    """
    row = await repository.lock_order(connection, order_id)
    if row is None:
        raise NotFoundError(f"no order {order_id!r}")
    if to not in LEGAL_ORDER_MOVES[OrderStatus(row["status"])]:
        raise ConflictError(f"an order that is {row['status']} cannot become {to}")
    await repository.move_order(connection, order_id, to, now=now)
    return row


async def approve_held(connection: Connection, order_id: str, *, now: datetime) -> None:
    """Let an order go on that waited for a review, and collect its payment.

    Raises:
        NotFoundError: no such order.
        ConflictError: it does not wait for a review.
    """
    attempt = await _settle(connection, order_id, OrderStatus.APPROVED, AttemptOutcome.AUTHORISED, now=now)
    if attempt is not None and attempt["method"] != "cod":
        await charge(connection, order_id, now=now)


async def decline_held(connection: Connection, order_id: str, *, now: datetime) -> None:
    """End an order that waited for a review: nothing is charged and its pieces go back on the shelf.

    Raises:
        NotFoundError: no such order.
        ConflictError: it does not wait for a review.
    """
    await _settle(connection, order_id, OrderStatus.DECLINED, AttemptOutcome.DECLINED, now=now)
    await stock.release(connection, order_id, now=now)


async def _settle(
    connection: Connection, order_id: str, status: OrderStatus, outcome: AttemptOutcome, *, now: datetime
) -> DictRow | None:
    before = await move(connection, order_id, status, now=now)
    if before["status"] != OrderStatus.HELD_FOR_REVIEW:
        raise ConflictError(f"an order that is {before['status']} does not wait for a review")
    attempt = await repository.attempt_of(connection, order_id)
    if attempt is not None:
        await repository.set_outcome(connection, attempt["payment_attempt_id"], outcome)
    return attempt


async def cancel(connection: Connection, order_id: str, *, customer_id: str, reason: str | None, now: datetime) -> None:
    """Cancel the customer's own order before it is shipped: pieces go back on the shelf, and what was paid goes back too.

    Raises:
        NotFoundError: no such order, or somebody else's.
        ConflictError: too late.
    """
    if await repository.order(connection, order_id, customer_id) is None:
        raise NotFoundError(f"no order {order_id!r}")
    before = await move(connection, order_id, OrderStatus.CANCELLED, now=now)
    if before["status"] == OrderStatus.HELD_FOR_REVIEW:
        attempt = await repository.attempt_of(connection, order_id)
        if attempt is not None:
            await repository.set_outcome(connection, attempt["payment_attempt_id"], AttemptOutcome.DECLINED)
        await repository.close_case(connection, order_id, now=now)
    await _give_back(connection, before, reason=reason or "cancelled by the customer", requested_by=customer_id, now=now)


async def cancel_fraudulent(connection: Connection, order_id: str, *, reason: str, requested_by: str, now: datetime) -> bool:
    """Whether the order was stopped: one that goes on but was not shipped is cancelled, its pieces and its money go back.

    Any other order stays as it is: a parcel on its way can't be stopped, and one that waits for a review is declined there.
    The caller has checked that `requested_by` may decide what is fraud.

    Raises:
        NotFoundError: no such order.
    """
    order = await repository.lock_order(connection, order_id)
    if order is None:
        raise NotFoundError(f"no order {order_id!r}")
    if order["status"] not in AWAITING_SHIPMENT:
        return False
    await repository.move_order(connection, order_id, OrderStatus.CANCELLED, now=now)
    refunded_minor = await _give_back(connection, order, reason=reason, requested_by=requested_by, now=now)
    await audit(
        connection,
        actor_id=requested_by,
        action="order.cancelled_as_fraud",
        object_type="order",
        object_id=order_id,
        reason=reason,
        details={"refunded_minor": refunded_minor},
        now=now,
    )
    return True


async def _give_back(connection: Connection, order: DictRow, *, reason: str, requested_by: str, now: datetime) -> int:
    """Pieces back on the shelf, and whatever of the money is still here back to who paid; so many minor units."""
    await stock.release(connection, order["order_id"], now=now)
    return await refunds.return_everything(connection, order, reason=reason, requested_by=requested_by, now=now)
