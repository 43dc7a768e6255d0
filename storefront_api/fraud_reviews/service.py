"""The rules of review: who may take a case, and what a decision sets in motion."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.vocabulary import FraudOutcome, OrderStatus
from storefront_api.accounts.service import User
from storefront_api.fraud_reviews import evidence_repository, queue_repository, repository
from storefront_api.fraud_reviews.case import summary_of
from storefront_api.fraud_reviews.case_schemas import Note
from storefront_api.fraud_reviews.locking import audit_case, each_case, lock_for
from storefront_api.fraud_reviews.schemas import (
    BulkDecided,
    BulkDecision,
    CaseDecision,
    CaseFilters,
    CaseSummary,
    Decided,
    NewNote,
)
from storefront_api.orders import repository as orders_repository
from storefront_api.orders import service as orders
from storefront_api.security import new_id


async def claim(connection: AsyncConnection[DictRow], fraud_case_id: str, *, analyst: User, now: datetime) -> CaseSummary:
    """The case, now the analyst's own for an hour.

    Raises:
        NotFoundError: there is no such case.
        CaseClosedError, CaseClaimedError: it cannot be taken any more.
    """
    await lock_for(connection, fraud_case_id, analyst, now=now)
    await repository.set_claim(connection, fraud_case_id, analyst_id=analyst.user_id, now=now)
    await audit_case(connection, "fraud_case.claimed", fraud_case_id, analyst, now=now)
    return CaseSummary.model_validate(await summary_of(connection, fraud_case_id, now=now))


async def claim_next(
    connection: AsyncConnection[DictRow], filters: CaseFilters, *, analyst: User, now: datetime
) -> CaseSummary | None:
    """The first open case of the filtered queue, now the analyst's own; None when none is left for them."""
    found = await queue_repository.next_open(connection, filters, analyst_id=analyst.user_id, is_locked=True, now=now)
    return None if found is None else await claim(connection, found, analyst=analyst, now=now)


async def release(connection: AsyncConnection[DictRow], fraud_case_id: str, *, analyst: User, now: datetime) -> CaseSummary:
    """The case, given back to the queue before its hour is over.

    Raises:
        NotFoundError: there is no such case.
        CaseClosedError, CaseClaimedError: it is not the analyst's to give back.
    """
    case = await lock_for(connection, fraud_case_id, analyst, now=now)
    if case["claimed_by"] is not None:
        await repository.set_claim(connection, fraud_case_id, analyst_id=None, now=now)
        await audit_case(connection, "fraud_case.released", fraud_case_id, analyst, now=now)
    return CaseSummary.model_validate(await summary_of(connection, fraud_case_id, now=now))


async def decide(
    connection: AsyncConnection[DictRow],
    fraud_case_id: str,
    decision: CaseDecision,
    *,
    analyst: User,
    filters: CaseFilters | None = None,
    now: datetime,
) -> Decided:
    """Write the label, settle the order and close the case; `unsure` is kept as a label but gives the case back.

    Fraud declines an order that waits and, unless told otherwise, cancels one that was approved but not shipped.

    Args:
        filters: the queue that the analyst works through, for the next case.
    Raises:
        NotFoundError: there is no such case.
        CaseClosedError, CaseClaimedError: it cannot be decided by this analyst any more.
        ConflictError: its order has moved on.
    """
    order_status, is_order_cancelled = await _decide_one(connection, fraud_case_id, decision, analyst=analyst, now=now)
    return Decided(
        fraud_case_id=fraud_case_id,
        status="open" if decision.outcome is FraudOutcome.UNSURE else "closed",
        outcome=decision.outcome,
        order_status=order_status,
        is_order_cancelled=is_order_cancelled,
        next_fraud_case_id=await queue_repository.next_open(
            connection, filters or CaseFilters(), analyst_id=analyst.user_id, except_id=fraud_case_id, now=now
        ),
    )


async def add_note(
    connection: AsyncConnection[DictRow], fraud_case_id: str, note: NewNote, *, analyst: User, now: datetime
) -> Note:
    """The note as the others read it; a case may get notes at any time, also when it is closed.

    Raises:
        NotFoundError: there is no such case.
    """
    await summary_of(connection, fraud_case_id, now=now)
    row = {
        "fraud_case_note_id": new_id("note"),
        "fraud_case_id": fraud_case_id,
        "body": note.body,
        "written_by": analyst.user_id,
        "written_at": now,
    }
    await repository.add_note(connection, row)
    await audit_case(connection, "fraud_case.noted", fraud_case_id, analyst, now=now)
    return Note.model_validate(row | {"written_by_name": analyst.full_name})


async def decide_many(
    connection: AsyncConnection[DictRow], decision: BulkDecision, *, analyst: User, now: datetime
) -> BulkDecided:
    """What became of each case: a case is decided whole or left as it was, and all of it is one transaction."""
    done, refused = await each_case(
        connection, decision.fraud_case_ids, lambda case_id: _decide_one(connection, case_id, decision, analyst=analyst, now=now)
    )
    return BulkDecided(decided=done, refused=refused)


async def _decide_one(
    connection: AsyncConnection[DictRow], fraud_case_id: str, decision: CaseDecision, *, analyst: User, now: datetime
) -> tuple[str | None, bool]:
    """The order's status after the decision, None where the attempt has no order; and whether it was cancelled by it."""
    # The order before its case, as a customer who cancels takes them: two who wait for each other would deadlock.
    if (order_id := await repository.order_of(connection, fraud_case_id)) is not None:
        await orders_repository.lock_order(connection, order_id)
    case = await lock_for(connection, fraud_case_id, analyst, now=now)
    await repository.add_label(
        connection,
        {
            "fraud_label_id": new_id("lbl"),
            "payment_attempt_id": case["payment_attempt_id"],
            "order_id": case["order_id"],
            "outcome": decision.outcome,
            "reason": decision.reason,
            "comment": decision.comment,
            "labelled_by": analyst.user_id,
            "labelled_at": now,
        },
    )
    is_cancelled = False
    if decision.outcome is FraudOutcome.UNSURE:
        await repository.set_claim(connection, fraud_case_id, analyst_id=None, now=now)
    else:
        await repository.close(connection, fraud_case_id, analyst_id=analyst.user_id, now=now)
        is_cancelled = await _settle(connection, case, decision, analyst=analyst, now=now)
    details = {"outcome": decision.outcome} | ({"order_cancelled": case["order_id"]} if is_cancelled else {})
    await audit_case(connection, "fraud_case.decided", fraud_case_id, analyst, reason=decision.reason, details=details, now=now)
    attempt = await evidence_repository.attempt(connection, case["payment_attempt_id"])
    status: str | None = attempt["order_status"]
    return status, is_cancelled


async def _settle(
    connection: AsyncConnection[DictRow], case: dict[str, Any], decision: CaseDecision, *, analyst: User, now: datetime
) -> bool:
    """Whether an approved order was cancelled; one that was shipped is a matter of refunds, not of review."""
    is_fraud = decision.outcome is FraudOutcome.FRAUD
    attempt = await evidence_repository.attempt(connection, case["payment_attempt_id"])
    if attempt["order_status"] == OrderStatus.HELD_FOR_REVIEW:
        settle = orders.decline_held if is_fraud else orders.approve_held
        await settle(connection, case["order_id"], now=now)
    elif is_fraud and decision.cancel_order and case["order_id"] is not None:
        return await orders.cancel_fraudulent(
            connection, case["order_id"], reason=decision.reason, requested_by=analyst.user_id, now=now
        )
    return False
