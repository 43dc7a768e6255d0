"""From a case: put what it was paid with on a list, or let one of the rules that hit it pass somebody over for some days."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import Response

from marketplace.vocabulary import EntityKind
from storefront_api.fraud_reviews.case import summary_of
from storefront_api.fraud_rules import entities
from storefront_api.fraud_rules.schemas import NewListEntry, NewSnooze
from storefront_api.pages.context import Page, PageContext, go_to
from storefront_api.pages.fraud import analyst_of
from storefront_api.pages.fraud_filters import QueueFilters

router = APIRouter(prefix="/fraud/cases/{fraud_case_id}", include_in_schema=False)

Reason = Annotated[str, Form(min_length=3, max_length=200)]


@router.post("/lists")
async def add_to_list(
    page: PageContext,
    view: QueueFilters,
    fraud_case_id: str,
    list_name: Annotated[Literal["blocked", "trusted"], Form()],
    kind: Annotated[EntityKind, Form()],
    reason: Reason,
) -> Response:
    """Block or trust the customer, device, card, address or connection of this attempt, until somebody takes it off the list."""
    analyst = analyst_of(page)
    attempt_id = await _attempt_of(page, fraud_case_id)
    new = NewListEntry(list_name=list_name, kind=kind, payment_attempt_id=attempt_id, reason=reason)
    await entities.add_to_list(page.connection, new, by=analyst, now=page.now)
    return go_to(f"/fraud/cases/{fraud_case_id}", **view.said, told=list_name)


@router.post("/snoozes")
async def snooze_rule(
    page: PageContext,
    view: QueueFilters,
    fraud_case_id: str,
    rule_name: Annotated[str, Form(max_length=60)],
    kind: Annotated[EntityKind, Form()],
    reason: Reason,
    days: Annotated[int, Form(ge=1, le=365)] = 30,
) -> Response:
    """Let the rule pass this attempt's customer, device, card, address or connection over for some days."""
    analyst = analyst_of(page)
    attempt_id = await _attempt_of(page, fraud_case_id)
    new = NewSnooze(
        rule_name=rule_name, kind=kind, payment_attempt_id=attempt_id, reason=reason, expires_at=page.now + timedelta(days=days)
    )
    await entities.snooze(page.connection, new, by=analyst, now=page.now)
    return go_to(f"/fraud/cases/{fraud_case_id}", **view.said, told="snoozed")


async def _attempt_of(page: Page, fraud_case_id: str) -> str:
    return str((await summary_of(page.connection, fraud_case_id, now=page.now))["payment_attempt_id"])
