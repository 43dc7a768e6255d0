"""The pages of what comes back: an order that is not mine, and for analysts disputes, chargebacks and shadow decisions."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from marketplace.errors import ConflictError, NotFoundError
from marketplace.vocabulary import FraudOutcome, Role
from storefront_api.accounts.service import User
from storefront_api.disputes import service
from storefront_api.disputes.schemas import DisputeOutcome, NewChargeback, NewDispute
from storefront_api.fraud.shadow import shadow_report
from storefront_api.pages.context import Page, PageContext, go_to

router = APIRouter(include_in_schema=False)

_SHADOW_DAYS = 30

Reason = Annotated[str, Form(min_length=3, max_length=200)]
CancelOrder = Annotated[bool, Form()]


def _analyst(page: Page) -> User:
    return page.need(Role.ANALYST, Role.ADMIN)


@router.post("/orders/{order_id}/dispute")
async def dispute_order(page: PageContext, order_id: str, reason: Reason) -> Response:
    """Say that the order is not one's own; the order's page says that somebody looks at it."""
    await service.open_dispute(page.connection, order_id, NewDispute(reason=reason), by=page.need(), now=page.now)
    return go_to(f"/orders/{order_id}")


@router.get("/fraud/disputes")
async def disputes_page(page: PageContext) -> Response:
    """What waits, what was found, and what banks took back."""
    _analyst(page)
    return await _disputes(page)


@router.post("/fraud/disputes/{dispute_id}/outcome")
async def decide_dispute(
    page: PageContext,
    dispute_id: str,
    outcome: Annotated[FraudOutcome, Form()],
    reason: Reason,
    cancel_order: CancelOrder = False,
) -> Response:
    """Decide it; one that was decided otherwise meanwhile is shown as such."""
    analyst = _analyst(page)
    try:
        found = DisputeOutcome.model_validate({"outcome": outcome, "reason": reason, "cancel_order": cancel_order})
        await service.decide(page.connection, dispute_id, found, by=analyst, now=page.now)
    except ConflictError as error:
        return await _disputes(page, status_code=409, problem=str(error))
    except ValueError:
        return await _disputes(page, status_code=422, problem="A dispute ends as fraud or as legitimate.")
    return go_to("/fraud/disputes")


@router.post("/fraud/chargebacks")
async def record_chargeback(
    page: PageContext,
    chargeback_id: Annotated[str, Form(min_length=1, max_length=64)],
    order_id: Annotated[str, Form(min_length=1, max_length=64)],
    amount: Annotated[float, Form(gt=0, le=1e10)],
    reason: Reason,
    cancel_order: CancelOrder = False,
) -> Response:
    """Note a chargeback by the bank's reference; told twice it is noted once."""
    analyst = _analyst(page)
    told = NewChargeback(
        chargeback_id=chargeback_id.strip(),
        order_id=order_id.strip(),
        amount_minor=round(amount * 100),
        reason=reason,
        cancel_order=cancel_order,
    )
    try:
        await service.record_chargeback(page.connection, told, by=analyst, now=page.now)
    except NotFoundError as error:
        return await _disputes(page, status_code=404, problem=str(error))
    except ConflictError as error:
        return await _disputes(page, status_code=409, problem=str(error))
    return go_to("/fraud/disputes")


@router.get("/fraud/shadow")
async def shadow_page(page: PageContext) -> Response:
    """What the challenger would have decided on live attempts."""
    _analyst(page)
    found = await shadow_report(page.connection, since=page.now - timedelta(days=_SHADOW_DAYS))
    versions = list(dict.fromkeys(row.challenger_version for row in found))
    return page.render(
        "fraud_rules/shadow.html",
        section="fraud",
        days=_SHADOW_DAYS,
        versions={version: [row for row in found if row.challenger_version == version] for version in versions},
    )


async def _disputes(page: Page, *, status_code: int = 200, problem: str | None = None) -> Response:
    return page.render(
        "fraud_rules/disputes.html",
        status_code,
        section="fraud",
        waiting=await service.list_disputes(page.connection, is_open=True, limit=100),
        decided=await service.list_disputes(page.connection, is_open=False, limit=50),
        chargebacks=await service.list_chargebacks(page.connection, limit=50),
        problem=problem,
    )
