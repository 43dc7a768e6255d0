"""`/v1/fraud/cases`: the queue, a case, claiming it and deciding it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.fraud_reviews import service
from storefront_api.fraud_reviews.schemas import Case, CaseDecision, CasePage, CaseStatus, CaseSummary, Decided, QueueOrder
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/fraud", tags=["fraud review"], responses=problem_responses(401, 403))

Analyst = Annotated[User, Depends(require_role(Role.ANALYST, Role.ADMIN))]
CaseId = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/cases", summary="The queue", responses=problem_responses(422))
async def list_cases(
    connection: Connection,
    analyst: Analyst,
    now: Now,
    status: Annotated[CaseStatus | None, Query(description="without it, every case that is not closed")] = None,
    min_score: Annotated[int | None, Query(ge=0, le=99)] = None,
    order: QueueOrder = "priority",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> CasePage:
    """The queue, the most urgent case first."""
    return await service.list_cases(
        connection, status=status, min_score=min_score, order=order, cursor=cursor, limit=limit, now=now
    )


@router.get("/cases/{fraud_case_id}", summary="One case", responses=problem_responses(404))
async def get_case(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId) -> Case:
    """One case with its reasons, links, history and timeline."""
    return await service.get_case(connection, fraud_case_id, now=now)


@router.post("/cases/{fraud_case_id}/claim", summary="Take a case", responses=problem_responses(404, 409))
async def claim_case(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId) -> CaseSummary:
    """Take the case: for an hour nobody else can decide it."""
    return await service.claim(connection, fraud_case_id, analyst=analyst, now=now)


@router.post("/cases/{fraud_case_id}/decision", summary="Decide a case", responses=problem_responses(404, 409))
async def decide_case(
    connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId, decision: CaseDecision
) -> Decided:
    """Close the case: the outcome becomes a label for training, and a held order is approved or declined."""
    return await service.decide(connection, fraud_case_id, decision, analyst=analyst, now=now)
