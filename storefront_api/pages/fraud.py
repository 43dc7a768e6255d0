"""The fraud analyst's pages: the queue, a case, and the decision."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from marketplace.vocabulary import FraudOutcome, Role
from storefront_api.accounts.service import User
from storefront_api.fraud_reviews import repository, service
from storefront_api.fraud_reviews.schemas import CaseDecision, QueueOrder
from storefront_api.pages.context import Page, PageContext, go_to

router = APIRouter(prefix="/fraud", include_in_schema=False)

_PAGE_SIZE = 50


def _analyst(page: Page) -> User:
    return page.need(Role.ANALYST, Role.ADMIN)


@router.get("")
async def queue_page(
    page: PageContext,
    status: Annotated[str | None, Query(pattern="^(open|claimed|closed)?$")] = None,
    min_score: Annotated[str, Query(pattern="^[0-9]{0,2}$")] = "",
    order: QueueOrder = "priority",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    told: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """The queue with its filters; htmx swaps the list alone."""
    _analyst(page)
    filters = {"status": status or None, "min_score": int(min_score) if min_score else None, "order": order}
    cases = await service.list_cases(page.connection, **filters, cursor=cursor, limit=_PAGE_SIZE, now=page.now)  # type: ignore[arg-type]
    said = {name: value for name, value in (filters | {"cursor": cases.next_cursor}).items() if value is not None}
    return page.render(
        "fraud/queue.html",
        section="fraud",
        page=cases,
        filters=filters,
        more=urlencode(said),
        told=_TOLD.get(told or ""),
        counts=await repository.counts(page.connection, now=page.now),
    )


@router.get("/cases/{fraud_case_id}")
async def case_page(page: PageContext, fraud_case_id: str, told: Annotated[str | None, Query(max_length=20)] = None) -> Response:
    """Everything about one case, and the form that decides it."""
    _analyst(page)
    case = await service.get_case(page.connection, fraud_case_id, now=page.now)
    contributions = [abs(reason.contribution or 0) for reason in case.decisions[0].reasons] if case.decisions else []
    return page.render(
        "fraud/case.html",
        section="fraud",
        case=case,
        largest=max([*contributions, 1e-9]),
        told=f"{_TOLD[told]} This is the next case." if told in _TOLD else None,
    )


@router.post("/cases/{fraud_case_id}/claim")
async def claim_case(page: PageContext, fraud_case_id: str) -> Response:
    """Take the case and look at it."""
    await service.claim(page.connection, fraud_case_id, analyst=_analyst(page), now=page.now)
    return go_to(f"/fraud/cases/{fraud_case_id}")


@router.post("/cases/{fraud_case_id}/decision")
async def decide_case(
    page: PageContext,
    fraud_case_id: str,
    outcome: Annotated[FraudOutcome, Form()],
    reason: Annotated[str, Form(min_length=3, max_length=200)],
    comment: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Decide, then go on to the next case that waits."""
    decision = CaseDecision(outcome=outcome, reason=reason, comment=comment or None)
    decided = await service.decide(page.connection, fraud_case_id, decision, analyst=_analyst(page), now=page.now)
    if decided.next_fraud_case_id is None:
        return go_to("/fraud", told=outcome.value)
    return go_to(f"/fraud/cases/{decided.next_fraud_case_id}", told=outcome.value)


_TOLD = {
    "fraud": "Noted as fraud.",
    "legitimate": "Noted as legitimate.",
    "unsure": "Noted as unsure and given back to the queue.",
}
