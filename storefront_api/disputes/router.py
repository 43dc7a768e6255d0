"""`/v1/fraud/chargebacks`, `/v1/fraud/disputes` and `/v1/orders/{order_id}/disputes`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.disputes import service
from storefront_api.disputes.schemas import (
    Chargeback,
    DeskChargeback,
    DeskDispute,
    Dispute,
    DisputeOutcome,
    NewChargeback,
    NewDispute,
)
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1", tags=["disputes"], responses=problem_responses(401, 403))

Analyst = Annotated[User, Depends(require_role(Role.ANALYST, Role.ADMIN))]
Buyer = Annotated[User, Depends(require_role(Role.CUSTOMER, Role.SELLER, Role.ADMIN))]
Id = Annotated[str, Path(min_length=1, max_length=64)]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.post("/fraud/chargebacks", summary="Tell of a chargeback", status_code=201, responses=problem_responses(404, 409, 422))
async def record_chargeback(connection: Connection, analyst: Analyst, body: NewChargeback, now: Now) -> Chargeback:
    """By the bank's reference: told twice it is written once. Its payment attempt is a known fraud from now on."""
    return await service.record_chargeback(connection, body, by=analyst, now=now)


@router.get("/fraud/chargebacks", summary="Chargebacks", responses=problem_responses(422))
async def list_chargebacks(connection: Connection, analyst: Analyst, limit: Limit = 100) -> list[DeskChargeback]:
    """The newest first."""
    return await service.list_chargebacks(connection, limit=limit)


@router.post(
    "/orders/{order_id}/disputes",
    summary="Say that an order is not mine",
    status_code=201,
    responses=problem_responses(404, 409, 422),
)
async def open_dispute(connection: Connection, user: Buyer, order_id: Id, body: NewDispute, now: Now) -> Dispute:
    """Somebody looks at it; told again while it waits, it is the same dispute."""
    return await service.open_dispute(connection, order_id, body, by=user, now=now)


@router.get("/fraud/disputes", summary="Disputes", responses=problem_responses(422))
async def list_disputes(
    connection: Connection, analyst: Analyst, status: Literal["open", "decided"] | None = None, limit: Limit = 100
) -> list[DeskDispute]:
    """Those that wait first."""
    return await service.list_disputes(connection, is_open=None if status is None else status == "open", limit=limit)


@router.post("/fraud/disputes/{dispute_id}/outcome", summary="Decide a dispute", responses=problem_responses(404, 409, 422))
async def decide_dispute(connection: Connection, analyst: Analyst, dispute_id: Id, body: DisputeOutcome, now: Now) -> Dispute:
    """The outcome becomes a label for training, known from now on."""
    return await service.decide(connection, dispute_id, body, by=analyst, now=now)
