"""Everything known about one case, put together for the analyst who looks at it."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from storefront_api.fraud_reviews import evidence, evidence_repository, queue_repository
from storefront_api.fraud_reviews.case_schemas import (
    Case,
    CustomerHistory,
    Decision,
    Device,
    Label,
    LinkedAccount,
    Note,
    OrderLine,
    RelatedAttempt,
    Rings,
)

_LONGEST_RELATED = 15


async def get_case(connection: AsyncConnection[DictRow], fraud_case_id: str, *, now: datetime) -> Case:
    """Everything known around one case.

    Raises:
        NotFoundError: there is no such case.
    """
    row = await summary_of(connection, fraud_case_id, now=now)
    attempt_id = row["payment_attempt_id"]
    attempt = await evidence_repository.attempt(connection, attempt_id)
    decisions = await evidence_repository.decisions(connection, attempt_id)
    labels = await evidence_repository.labels(connection, attempt_id)
    notes = await evidence_repository.notes(connection, fraud_case_id)
    audit = await evidence_repository.audit_trail(connection, fraud_case_id, row["order_id"])
    history = await evidence_repository.customer_history(
        connection, row["customer_id"], before=attempt["attempted_at"], except_order_id=row["order_id"]
    )
    previous = await evidence_repository.previous_place(connection, row["customer_id"], before=attempt["attempted_at"])
    rings = await evidence_repository.rings(connection, row["customer_id"], attempt["device_id"], at=attempt["attempted_at"])
    places = evidence.places_of(attempt)
    return Case(
        **row,
        order_status=attempt["order_status"],
        viewed_page_count=attempt["viewed_page_count"],
        session_started_at=attempt["session_started_at"],
        decisions=[Decision.model_validate(decision) for decision in decisions],
        velocity=evidence.velocity_in(decisions[0]) if decisions else {},
        places=places,
        distances=evidence.distances_between(places),
        travel=evidence.travel_since(attempt, previous),
        device=Device(
            device_id=attempt["device_id"],
            family=attempt["family"],
            operating_system=attempt["operating_system"],
            first_seen_at=attempt["device_first_seen_at"],
        ),
        history=CustomerHistory(signed_up_at=attempt["signed_up_at"], **history),
        linked_accounts=[
            LinkedAccount.model_validate(found) for found in await evidence_repository.linked_accounts(connection, attempt_id)
        ],
        rings=Rings.model_validate(rings),
        related_attempts=[
            RelatedAttempt.model_validate(found)
            for found in await evidence_repository.related_attempts(connection, attempt_id, limit=_LONGEST_RELATED)
        ],
        lines=[OrderLine.model_validate(line) for line in await evidence_repository.order_lines(connection, row["order_id"])],
        labels=[Label.model_validate(label) for label in labels],
        notes=[Note.model_validate(note) for note in notes],
        timeline=evidence.timeline(row, attempt, decisions, labels, notes, audit, now=now),
    )


async def summary_of(connection: AsyncConnection[DictRow], fraud_case_id: str, *, now: datetime) -> dict[str, Any]:
    """The case's row of the queue.

    Raises:
        NotFoundError: there is no such case.
    """
    row = await queue_repository.summary(connection, fraud_case_id, now=now)
    if row is None:
        raise NotFoundError(f"there is no fraud case {fraud_case_id!r}")
    return row
