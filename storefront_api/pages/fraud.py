"""The fraud desk's queue: its filters, taking the next case, and one finding for many cases."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from marketplace.vocabulary import FraudOutcome, Role
from storefront_api.accounts.service import User
from storefront_api.fraud_reviews import handling_repository, queue, queue_repository, service
from storefront_api.fraud_reviews.handling_schemas import Act, BulkHandled
from storefront_api.fraud_reviews.schemas import MOST_AT_ONCE, BulkDecided, BulkDecision, CaseFilters
from storefront_api.pages.context import Page, PageContext, go_to
from storefront_api.pages.fraud_filters import QueueFilters, QueueView

router = APIRouter(prefix="/fraud", include_in_schema=False)

_PAGE_SIZE = 50
MOST_TAGS_OFFERED = 50
TOLD = {
    "fraud": "Noted as fraud.",
    "cancelled": "The order is cancelled: its pieces are back on the shelf, and what was paid goes back. Noted as fraud.",
    "shipped": "The order was shipped and stays as it is. Noted as fraud.",
    "legitimate": "Noted as legitimate.",
    "unsure": "Noted as unsure and given back to the queue; another analyst should look.",
    "released": "Given back to the queue.",
    "snooze": "The case is out of the queue and comes back by itself.",
    "assign": "The case is your colleague's for an hour.",
    "nothing": "Nothing in this list waits for you any more.",
}


def analyst_of(page: Page) -> User:
    """The viewer, who must be an analyst or an administrator."""
    return page.need(Role.ANALYST, Role.ADMIN)


def filters_of(page: Page, view: QueueView) -> CaseFilters:
    """The filters of the address, in this shop's days and for this viewer."""
    return view.filters(time_zone=page.shop["time_zone"], viewer_id=analyst_of(page).user_id)


@router.get("")
async def queue_page(
    page: PageContext,
    view: QueueFilters,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    told: Annotated[str | None, Query(max_length=20)] = None,
) -> Response:
    """The queue with its filters; htmx swaps the list alone."""
    return await queue_after(page, view, cursor=cursor, told=told)


@router.post("/review")
async def start_review(page: PageContext, view: QueueFilters) -> Response:
    """Take the first case of this list and look at it; each decision then leads to the next."""
    taken = await service.claim_next(page.connection, filters_of(page, view), analyst=analyst_of(page), now=page.now)
    if taken is None:
        return go_to("/fraud", **view.said, told="nothing")
    return go_to(f"/fraud/cases/{taken.fraud_case_id}", **view.said)


@router.post("/decisions")
async def decide_many(
    page: PageContext,
    view: QueueFilters,
    outcome: Annotated[FraudOutcome, Form()],
    reason: Annotated[str, Form(min_length=3, max_length=200)],
    cancel_order: Annotated[bool, Form()] = False,
    cases: Annotated[list[str] | None, Form(max_length=MOST_AT_ONCE)] = None,
) -> Response:
    """The same finding on every ticked case; the queue comes back and says which could not be decided."""
    analyst = analyst_of(page)
    done = BulkDecided(decided=[], refused=[])
    if cases:
        decision = BulkDecision(fraud_case_ids=cases, outcome=outcome, reason=reason, cancel_order=cancel_order)
        done = await service.decide_many(page.connection, decision, analyst=analyst, now=page.now)
    return await queue_after(page, view, done=done, outcome=outcome)


async def queue_after(
    page: Page,
    view: QueueView,
    *,
    cursor: str | None = None,
    told: str | None = None,
    done: BulkDecided | None = None,
    outcome: FraudOutcome | None = None,
    handled: BulkHandled | None = None,
    act: Act | None = None,
) -> Response:
    """The queue as it stands now, with what has just happened to some of it."""
    filters = filters_of(page, view)
    found = await queue.list_cases(page.connection, filters, cursor=cursor, limit=_PAGE_SIZE, now=page.now)
    return page.render(
        "fraud/queue.html",
        section="fraud",
        page=found,
        view=view,
        is_narrow=filters.is_narrow,
        is_first=cursor is None,
        told=TOLD.get(told or ""),
        done=done,
        outcome=outcome,
        handled=handled,
        act=act,
        analysts=await queue_repository.analysts(page.connection),
        colleagues=await handling_repository.colleagues(page.connection),
        tags=await handling_repository.tags_in_use(page.connection, limit=MOST_TAGS_OFFERED),
        counts=await queue_repository.counts(page.connection, analyst_id=analyst_of(page).user_id, now=page.now),
    )
