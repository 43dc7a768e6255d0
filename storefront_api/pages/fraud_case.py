"""One case at the fraud desk: the evidence, taking it, giving it back and deciding it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from marketplace.errors import ConflictError
from marketplace.vocabulary import AWAITING_SHIPMENT, FraudOutcome, OrderStatus
from storefront_api.fraud_reviews import case as cases
from storefront_api.fraud_reviews import handling_repository, service
from storefront_api.fraud_reviews.counters import COLUMNS, counter_rows
from storefront_api.fraud_reviews.links import links_of
from storefront_api.fraud_reviews.map import map_of
from storefront_api.fraud_reviews.schemas import CaseDecision, Decided, NewNote
from storefront_api.pages.context import Page, PageContext, go_to
from storefront_api.pages.fraud import MOST_TAGS_OFFERED, TOLD, analyst_of, filters_of
from storefront_api.pages.fraud_filters import QueueFilters, QueueView

router = APIRouter(prefix="/fraud/cases", include_in_schema=False)


@router.get("/{fraud_case_id}")
async def case_page(
    page: PageContext, view: QueueFilters, fraud_case_id: str, told: Annotated[str | None, Query(max_length=20)] = None
) -> Response:
    """Everything about one case, and the form that decides it."""
    return await case_after(page, view, fraud_case_id, told=_said(told))


@router.post("/{fraud_case_id}/claim")
async def claim_case(page: PageContext, view: QueueFilters, fraud_case_id: str) -> Response:
    """Take the case and look at it."""
    try:
        await service.claim(page.connection, fraud_case_id, analyst=analyst_of(page), now=page.now)
    except ConflictError as error:
        return await case_after(page, view, fraud_case_id, problem=str(error))
    return go_to(f"/fraud/cases/{fraud_case_id}", **view.said)


@router.post("/{fraud_case_id}/release")
async def release_case(page: PageContext, view: QueueFilters, fraud_case_id: str) -> Response:
    """Give the case back and return to the queue."""
    await service.release(page.connection, fraud_case_id, analyst=analyst_of(page), now=page.now)
    return go_to("/fraud", **view.said, told="released")


@router.post("/{fraud_case_id}/notes")
async def add_note(
    page: PageContext, view: QueueFilters, fraud_case_id: str, body: Annotated[str, Form(min_length=1, max_length=2000)]
) -> Response:
    """Leave a note and stay on the case."""
    await service.add_note(page.connection, fraud_case_id, NewNote(body=body), analyst=analyst_of(page), now=page.now)
    return go_to(f"/fraud/cases/{fraud_case_id}", **view.said, told="noted")


@router.post("/{fraud_case_id}/decision")
async def decide_case(
    page: PageContext,
    view: QueueFilters,
    fraud_case_id: str,
    outcome: Annotated[FraudOutcome, Form()],
    reason: Annotated[str, Form(min_length=3, max_length=200)],
    comment: Annotated[str, Form(max_length=2000)] = "",
    cancel_order: Annotated[bool, Form()] = False,
    then: Annotated[Literal["next", "queue"], Form()] = "next",
) -> Response:
    """Decide, then take the next case of the same list, or go back to it; a tick that is not sent was taken away."""
    analyst = analyst_of(page)
    decision = CaseDecision(outcome=outcome, reason=reason, comment=comment or None, cancel_order=cancel_order)
    try:
        async with page.connection.transaction():  # a refused decision leaves nothing behind, though the page is still answered
            decided = await service.decide(page.connection, fraud_case_id, decision, analyst=analyst, now=page.now)
    except ConflictError as error:
        return await case_after(page, view, fraud_case_id, problem=str(error))
    taken = None
    if then == "next":
        taken = await service.claim_next(page.connection, filters_of(page, view), analyst=analyst, now=page.now)
    place = f"/fraud/cases/{taken.fraud_case_id}" if taken else "/fraud"
    return go_to(place, **view.said, told=_told(decided))


async def case_after(
    page: Page, view: QueueView, fraud_case_id: str, *, told: str | None = None, problem: str | None = None
) -> Response:
    """The case as it stands now, with what has just happened to it; a conflict keeps its status."""
    analyst_of(page)
    case = await cases.get_case(page.connection, fraud_case_id, now=page.now)
    contributions = [abs(reason.contribution or 0) for reason in case.decisions[0].reasons] if case.decisions else []
    return page.render(
        "fraud/case.html",
        409 if problem else 200,
        section="fraud",
        case=case,
        view=view,
        counters=counter_rows(case.velocity),
        counter_columns=list(COLUMNS.values()),
        links=links_of(case.customer_name, case.linked_accounts),
        map=map_of(case.places),
        colleagues=await handling_repository.colleagues(page.connection),
        tags=await handling_repository.tags_in_use(page.connection, limit=MOST_TAGS_OFFERED),
        may_stop=case.order_status in AWAITING_SHIPMENT,
        largest=max([*contributions, 1e-9]),
        told=told,
        problem=problem,
    )


def _told(decided: Decided) -> str:
    """Which of `TOLD` says what the decision led to."""
    if decided.is_order_cancelled:
        return "cancelled"
    is_gone = decided.outcome is FraudOutcome.FRAUD and decided.order_status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
    return "shipped" if is_gone else decided.outcome.value


def _said(told: str | None) -> str | None:
    return _DONE_HERE.get(told or "") or (f"{TOLD[told]} This is the next case." if told in TOLD else None)


_DONE_HERE = {
    "noted": "Your note is kept.",
    "tag": "The tag is on the case.",
    "untag": "The tag is off the case.",
    "blocked": "It is on the list blocked, from the next attempt on.",
    "trusted": "It is on the list trusted, from the next attempt on.",
    "snoozed": "The rule is snoozed, from the next attempt on.",
}
