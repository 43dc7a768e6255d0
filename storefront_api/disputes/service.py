"""The rules of money that comes back by force, and of claims that an order is not one's own."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, NotFoundError
from marketplace.vocabulary import FraudOutcome, LabelSource, Role, TransactionKind
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.service import User
from storefront_api.disputes import repository
from storefront_api.disputes.schemas import (
    Chargeback,
    DeskChargeback,
    DeskDispute,
    Dispute,
    DisputeOutcome,
    NewChargeback,
    NewDispute,
)
from storefront_api.orders import repository as orders
from storefront_api.orders.service import cancel_fraudulent
from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]


async def record_chargeback(connection: Connection, new: NewChargeback, *, by: User, now: datetime) -> Chargeback:
    """The chargeback, written once however often it is told; its attempt counts as fraud from now on.

    Raises:
        NotFoundError: there is no such order.
        ConflictError: the same reference came with other contents, nobody paid the order, or more is taken than was paid.
    """
    told = new.model_dump(exclude={"cancel_order"})
    order = await orders.lock_order(connection, new.order_id)
    if order is None:
        raise NotFoundError(f"no order {new.order_id!r}")
    if (known := await repository.chargeback(connection, new.chargeback_id)) is not None:
        if any(known[name] != value for name, value in told.items()):
            raise ConflictError(f"chargeback {new.chargeback_id!r} was told before with other contents; look at it")
        await _stop(connection, new.order_id, new.reason, by, now, is_wanted=new.cancel_order)
        return Chargeback.model_validate(known)
    attempt = await repository.paid_attempt(connection, new.order_id)
    money = await orders.money_of(connection, new.order_id)
    if attempt is None or money["paid_minor"] == 0:
        raise ConflictError("this order was never paid, so nothing of it can be taken back")
    left = money["paid_minor"] - await repository.charged_back_minor(connection, new.order_id)
    if new.amount_minor > left:
        raise ConflictError(f"at most {left} {order['currency']} (minor units) can still be taken back")
    row = told | {
        "payment_attempt_id": attempt["payment_attempt_id"],
        "currency": order["currency"],
        "received_at": now,
    }
    await orders.insert(connection, "chargebacks", [row])
    await orders.insert(
        connection,
        "transactions",
        [
            {
                "transaction_id": new_id("txn"),
                "order_id": new.order_id,
                "payment_attempt_id": attempt["payment_attempt_id"],
                "kind": TransactionKind.CHARGEBACK,
                "method": money["method"],
                "amount_minor": new.amount_minor,
                "currency": order["currency"],
                "occurred_at": now,
            }
        ],
    )
    await _audit(connection, "chargeback.recorded", new.order_id, by, new.reason, {"chargeback_id": new.chargeback_id}, now)
    await _stop(connection, new.order_id, new.reason, by, now, is_wanted=new.cancel_order)
    return Chargeback.model_validate(row)


async def list_chargebacks(connection: Connection, *, limit: int) -> list[DeskChargeback]:
    """The newest first."""
    return [DeskChargeback.model_validate(row) for row in await repository.chargebacks(connection, limit=limit)]


async def open_dispute(connection: Connection, order_id: str, new: NewDispute, *, by: User, now: datetime) -> Dispute:
    """The order's dispute; told again, it is the one that waits already.

    Raises:
        NotFoundError: no such order, or somebody else's.
        ConflictError: nobody paid it.
    """
    owner = None if by.role is Role.ADMIN else by.user_id
    if await orders.order(connection, order_id, owner) is None:
        raise NotFoundError(f"no order {order_id!r}")
    await orders.lock_order(connection, order_id)
    if (waiting := await repository.open_dispute(connection, order_id)) is not None:
        return Dispute.model_validate(waiting)
    attempt = await repository.paid_attempt(connection, order_id)
    if attempt is None:
        raise ConflictError("nobody paid this order, so there is nothing to dispute")
    row: dict[str, Any] = {
        "dispute_id": new_id("dsp"),
        "order_id": order_id,
        "payment_attempt_id": attempt["payment_attempt_id"],
        "reason": new.reason,
        "opened_by": by.user_id,
        "opened_at": now,
    }
    await orders.insert(connection, "disputes", [row])
    await _audit(connection, "dispute.opened", order_id, by, new.reason, {"dispute_id": row["dispute_id"]}, now)
    return Dispute.model_validate(row | {"outcome": None, "decided_at": None})


async def dispute_of(connection: Connection, order_id: str) -> Dispute | None:
    """The order's newest dispute; the caller has checked whose the order is."""
    row = await repository.latest_dispute(connection, order_id)
    return None if row is None else Dispute.model_validate(row)


async def list_disputes(connection: Connection, *, is_open: bool | None, limit: int) -> list[DeskDispute]:
    """Those that wait first."""
    return [DeskDispute.model_validate(row) for row in await repository.disputes(connection, is_open=is_open, limit=limit)]


async def decide(connection: Connection, dispute_id: str, found: DisputeOutcome, *, by: User, now: datetime) -> Dispute:
    """The dispute, decided; the outcome is a label of the attempt from now on.

    Raises:
        NotFoundError: there is no such dispute.
        ConflictError: it is decided already, otherwise than now.
    """
    row = await repository.dispute(connection, dispute_id)
    if row is None:
        raise NotFoundError(f"there is no dispute {dispute_id!r}")
    # The order before anything that points to it: whoever decides its case meanwhile waits here and does not deadlock.
    await orders.lock_order(connection, row["order_id"])
    is_stopped = found.outcome is FraudOutcome.FRAUD and found.cancel_order
    if row["outcome"] is not None:
        if row["outcome"] != found.outcome:
            raise ConflictError(f"this dispute was decided before: {row['outcome']}")
        await _stop(connection, row["order_id"], found.reason, by, now, is_wanted=is_stopped)
        return Dispute.model_validate(row)
    await repository.decide(connection, dispute_id, outcome=found.outcome, by=by.user_id, now=now)
    await orders.insert(
        connection,
        "fraud_labels",
        [
            {
                "fraud_label_id": new_id("lbl"),
                "payment_attempt_id": row["payment_attempt_id"],
                "order_id": row["order_id"],
                "outcome": found.outcome,
                "label_source": LabelSource.DISPUTE,
                "reason": found.reason,
                "comment": found.comment,
                "labelled_by": by.user_id,
                "labelled_at": now,
            }
        ],
    )
    details = {"dispute_id": dispute_id, "outcome": found.outcome}
    await _audit(connection, "dispute.decided", row["order_id"], by, found.reason, details, now)
    await _stop(connection, row["order_id"], found.reason, by, now, is_wanted=is_stopped)
    return Dispute.model_validate(row | {"outcome": found.outcome, "decided_at": now})


async def _stop(connection: Connection, order_id: str, reason: str, by: User, now: datetime, *, is_wanted: bool) -> None:
    """Cancel an order that is not shipped yet; told again, it is cancelled already."""
    if is_wanted:
        await cancel_fraudulent(connection, order_id, reason=reason, requested_by=by.user_id, now=now)


async def _audit(
    connection: Connection, action: str, order_id: str, by: User, reason: str, details: dict[str, Any], now: datetime
) -> None:
    await accounts.audit(
        connection,
        actor_id=by.user_id,
        action=action,
        object_type="order",
        object_id=order_id,
        reason=reason,
        details=details,
        now=now,
    )
