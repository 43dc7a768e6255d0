"""`/v1/fraud/cases`: the queue, taking a case, deciding one or many."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.fraud_reviews import case, handling, queue, service
from storefront_api.fraud_reviews.case_schemas import Case, Note
from storefront_api.fraud_reviews.handling_schemas import Act, BulkAct, BulkHandled
from storefront_api.fraud_reviews.schemas import (
    BulkDecided,
    BulkDecision,
    CaseDecision,
    CaseFilters,
    CasePage,
    CaseQuery,
    CaseSummary,
    Decided,
    NewNote,
)
from storefront_api.idempotency import IdempotencyKey, OptionalIdempotencyKey, once
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/fraud", tags=["fraud review"], responses=problem_responses(401, 403))

Analyst = Annotated[User, Depends(require_role(Role.ANALYST, Role.ADMIN))]
CaseId = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/cases", summary="The queue", responses=problem_responses(422))
async def list_cases(connection: Connection, analyst: Analyst, now: Now, query: Annotated[CaseQuery, Query()]) -> CasePage:
    """The queue, the most urgent case first."""
    return await queue.list_cases(connection, query, cursor=query.cursor, limit=query.limit, now=now)


@router.post("/cases/claim-next", summary="Take the next case", responses=problem_responses(422))
async def claim_next_case(connection: Connection, analyst: Analyst, now: Now, filters: CaseFilters) -> CaseSummary | None:
    """Take the first open case that these filters let through; null when none is left for this analyst."""
    return await service.claim_next(connection, filters, analyst=analyst, now=now)


@router.post("/cases/decisions", summary="Decide several cases", responses=problem_responses(409, 422))
async def decide_cases(
    connection: Connection, analyst: Analyst, now: Now, response: Response, decision: BulkDecision, key: IdempotencyKey
) -> BulkDecided:
    """The same finding on up to a hundred cases; those that cannot be decided stay as they were and are named with the reason."""
    return await once(
        connection,
        response,
        lambda: service.decide_many(connection, decision, analyst=analyst, now=now),
        principal=analyst.user_id,
        key=key,
        request=("POST /v1/fraud/cases/decisions", decision),
        answer=BulkDecided,
        now=now,
    )


@router.post("/cases/handling", summary="Assign, tag or snooze several cases", responses=problem_responses(422))
async def handle_cases(connection: Connection, analyst: Analyst, now: Now, bulk: BulkAct) -> BulkHandled:
    """The same act on up to a hundred cases; those to which it cannot be done are named with the reason. Sent again, it changes
    nothing more.
    """
    return await handling.handle_many(connection, bulk.fraud_case_ids, bulk.act, analyst=analyst, now=now)


@router.get("/cases/{fraud_case_id}", summary="One case", responses=problem_responses(404))
async def get_case(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId) -> Case:
    """One case with its reasons, links, history and timeline."""
    return await case.get_case(connection, fraud_case_id, now=now)


@router.post("/cases/{fraud_case_id}/claim", summary="Take a case", responses=problem_responses(404, 409))
async def claim_case(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId) -> CaseSummary:
    """Take the case: for an hour nobody else can decide it."""
    return await service.claim(connection, fraud_case_id, analyst=analyst, now=now)


@router.post("/cases/{fraud_case_id}/release", summary="Give a case back", responses=problem_responses(404, 409))
async def release_case(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId) -> CaseSummary:
    """Give the case back to the queue before the hour is over."""
    return await service.release(connection, fraud_case_id, analyst=analyst, now=now)


@router.post(
    "/cases/{fraud_case_id}/handling", summary="Assign, tag or snooze a case", responses=problem_responses(404, 409, 422)
)
async def handle_case(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId, act: Act) -> CaseSummary:
    """Give the case to a colleague for an hour, put a tag on it or take one off, or put it off with a reason."""
    return await handling.handle(connection, fraud_case_id, act, analyst=analyst, now=now)


@router.post("/cases/{fraud_case_id}/decision", summary="Decide a case", responses=problem_responses(404, 409, 422))
async def decide_case(
    connection: Connection,
    analyst: Analyst,
    now: Now,
    response: Response,
    fraud_case_id: CaseId,
    decision: CaseDecision,
    key: OptionalIdempotencyKey = None,
) -> Decided:
    """Close the case: the outcome becomes a label for training, and a held order is approved or declined.

    A second decision is refused; with an `Idempotency-Key` the same one sent again gets the first answer.
    """

    async def decide() -> Decided:
        return await service.decide(connection, fraud_case_id, decision, analyst=analyst, now=now)

    if key is None:
        return await decide()
    return await once(
        connection,
        response,
        decide,
        principal=analyst.user_id,
        key=key,
        request=(f"POST /v1/fraud/cases/{fraud_case_id}/decision", decision),
        answer=Decided,
        now=now,
    )


@router.post("/cases/{fraud_case_id}/notes", summary="Leave a note", status_code=201, responses=problem_responses(404, 422))
async def add_note(connection: Connection, analyst: Analyst, now: Now, fraud_case_id: CaseId, note: NewNote) -> Note:
    """Write something on the case for the other analysts; notes are never changed."""
    return await service.add_note(connection, fraud_case_id, note, analyst=analyst, now=now)
