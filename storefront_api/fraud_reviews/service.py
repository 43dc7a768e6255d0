"""The rules of review: who may take a case, and what a decision sets in motion."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, NotFoundError
from marketplace.vocabulary import FraudOutcome, OrderStatus
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.service import User
from storefront_api.fraud_reviews import evidence, repository
from storefront_api.fraud_reviews.schemas import (
    Case,
    CaseDecision,
    CasePage,
    CaseSummary,
    CustomerHistory,
    Decided,
    Decision,
    Device,
    Label,
    LinkedAccount,
    OrderLine,
    QueueOrder,
    RelatedAttempt,
)
from storefront_api.orders import service as orders
from storefront_api.pagination import decode_cursor, encode_cursor
from storefront_api.security import new_id

_LONGEST_RELATED = 15


async def list_cases(
    connection: AsyncConnection[DictRow],
    *,
    status: str | None,
    min_score: int | None,
    order: QueueOrder,
    cursor: str | None,
    limit: int,
    now: datetime,
) -> CasePage:
    """One page of the queue.

    The cursor is a place in the queue, not a case: priorities move while analysts work, and a case that left must not
    take the rest of the list with it.
    """
    offset = int(decode_cursor(cursor, length=1)[0]) if cursor else 0
    rows = await repository.queue(
        connection, status=status, min_score=min_score, order=order, offset=max(0, offset), limit=limit + 1, now=now
    )
    more = encode_cursor(offset + limit) if len(rows) > limit else None
    return CasePage(items=[CaseSummary.model_validate(row) for row in rows[:limit]], next_cursor=more)


async def get_case(connection: AsyncConnection[DictRow], fraud_case_id: str, *, now: datetime) -> Case:
    """Everything known around one case.

    Raises:
        NotFoundError: there is no such case.
    """
    row = await _summary(connection, fraud_case_id, now=now)
    attempt_id = row["payment_attempt_id"]
    attempt = await repository.attempt(connection, attempt_id)
    decisions = await repository.decisions(connection, attempt_id)
    labels = await repository.labels(connection, attempt_id)
    audit = await repository.audit_trail(connection, fraud_case_id, row["order_id"])
    history = await repository.customer_history(
        connection, row["customer_id"], before=attempt["attempted_at"], except_order_id=row["order_id"]
    )
    places = evidence.places_of(attempt)
    return Case(
        **row,
        order_status=attempt["order_status"],
        viewed_page_count=attempt["viewed_page_count"],
        session_started_at=attempt["session_started_at"],
        decisions=[Decision.model_validate(decision) for decision in decisions],
        velocity=evidence.velocity_in(decisions[0]["features"]) if decisions else {},
        places=places,
        distances=evidence.distances_between(places),
        device=Device(
            device_id=attempt["device_id"],
            family=attempt["family"],
            operating_system=attempt["operating_system"],
            first_seen_at=attempt["device_first_seen_at"],
        ),
        history=CustomerHistory(signed_up_at=attempt["signed_up_at"], **history),
        linked_accounts=[
            LinkedAccount.model_validate(found) for found in await repository.linked_accounts(connection, attempt_id)
        ],
        related_attempts=[
            RelatedAttempt.model_validate(found)
            for found in await repository.related_attempts(connection, attempt_id, limit=_LONGEST_RELATED)
        ],
        lines=[OrderLine.model_validate(line) for line in await repository.order_lines(connection, row["order_id"])],
        labels=[Label.model_validate(label) for label in labels],
        timeline=evidence.timeline(row, attempt, decisions, labels, audit),
    )


async def claim(connection: AsyncConnection[DictRow], fraud_case_id: str, *, analyst: User, now: datetime) -> CaseSummary:
    """The case, now the analyst's own for an hour.

    Raises:
        NotFoundError: there is no such case.
        ConflictError: it is closed, or another analyst has it.
    """
    await _lock_for(connection, fraud_case_id, analyst, now=now)
    await repository.set_claim(connection, fraud_case_id, analyst_id=analyst.user_id, now=now)
    await _audit(connection, "fraud_case.claimed", fraud_case_id, analyst, reason=None, details={}, now=now)
    return CaseSummary.model_validate(await _summary(connection, fraud_case_id, now=now))


async def decide(
    connection: AsyncConnection[DictRow], fraud_case_id: str, decision: CaseDecision, *, analyst: User, now: datetime
) -> Decided:
    """Write the label, settle the order and close the case; `unsure` is kept as a label but gives the case back.

    Raises:
        NotFoundError: there is no such case.
        ConflictError: it is closed, another analyst has it, or its order has moved on.
    """
    case = await _lock_for(connection, fraud_case_id, analyst, now=now)
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
    if decision.outcome is FraudOutcome.UNSURE:
        await repository.set_claim(connection, fraud_case_id, analyst_id=None, now=now)
    else:
        await repository.close(connection, fraud_case_id, analyst_id=analyst.user_id, now=now)
        await _settle(connection, case, approve=decision.outcome is FraudOutcome.LEGITIMATE, now=now)
    await _audit(
        connection,
        "fraud_case.decided",
        fraud_case_id,
        analyst,
        reason=decision.reason,
        details={"outcome": decision.outcome},
        now=now,
    )
    attempt = await repository.attempt(connection, case["payment_attempt_id"])
    return Decided(
        fraud_case_id=fraud_case_id,
        status="open" if decision.outcome is FraudOutcome.UNSURE else "closed",
        outcome=decision.outcome,
        order_status=attempt["order_status"],
        next_fraud_case_id=await repository.next_open(connection, except_id=fraud_case_id, now=now),
    )


async def _settle(connection: AsyncConnection[DictRow], case: dict[str, Any], *, approve: bool, now: datetime) -> None:
    """Only an order that waits for review is moved: one that was already shipped is a matter of refunds, not of review."""
    attempt = await repository.attempt(connection, case["payment_attempt_id"])
    if attempt["order_status"] == OrderStatus.HELD_FOR_REVIEW:
        settle = orders.approve_held if approve else orders.decline_held
        await settle(connection, case["order_id"], now=now)


async def _lock_for(connection: AsyncConnection[DictRow], fraud_case_id: str, analyst: User, *, now: datetime) -> dict[str, Any]:
    case = await repository.lock(connection, fraud_case_id)
    if case is None:
        raise NotFoundError(f"there is no fraud case {fraud_case_id!r}")
    if case["status"] == "closed":
        raise ConflictError("this case is closed already")
    is_held = case["status"] == "claimed" and case["claimed_at"] >= now - repository.CLAIM_LIFETIME
    if is_held and case["claimed_by"] != analyst.user_id:
        raise ConflictError("another analyst has claimed this case; it is free again an hour after the claim")
    return case


async def _summary(connection: AsyncConnection[DictRow], fraud_case_id: str, *, now: datetime) -> dict[str, Any]:
    row = await repository.summary(connection, fraud_case_id, now=now)
    if row is None:
        raise NotFoundError(f"there is no fraud case {fraud_case_id!r}")
    return row


async def _audit(
    connection: AsyncConnection[DictRow],
    action: str,
    fraud_case_id: str,
    analyst: User,
    *,
    reason: str | None,
    details: dict[str, Any],
    now: datetime,
) -> None:
    await accounts.audit(
        connection,
        actor_id=analyst.user_id,
        action=action,
        object_type="fraud_case",
        object_id=fraud_case_id,
        reason=reason,
        details=details,
        now=now,
    )
