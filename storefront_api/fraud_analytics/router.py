"""`/v1/fraud/analytics`, `estimates` and `report`: the desk's figures, a threshold tried, estimates before labels, the report."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.fraud_analytics import repository, service
from storefront_api.fraud_analytics.estimates import estimates
from storefront_api.fraud_analytics.periods import ESTIMATED_DAYS, period_of
from storefront_api.fraud_analytics.report import fraud_report
from storefront_api.fraud_analytics.schemas import Analytics, Estimates, FraudReport, WhatIf
from storefront_api.fraud_reviews.risk import REVIEW_SCORE
from storefront_api.fraud_reviews.router import Analyst
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/fraud", tags=["fraud review"], responses=problem_responses(401, 403, 422))

First = Annotated[date | None, Query(alias="from", description="first of the shop's days; by default thirty until the last")]
Last = Annotated[date | None, Query(alias="to", description="last of the shop's days; by default today")]


@router.get("/analytics", summary="Figures of the fraud desk")
async def get_analytics(connection: Connection, analyst: Analyst, now: Now, first: First = None, last: Last = None) -> Analytics:
    """Alerts, precision and recall by band, time to decision, age and money, each with its definition."""
    period = await period_of(connection, first, last, now=now)
    return await service.analytics(connection, period, await repository.counted(connection, period))


@router.get("/analytics/what-if", summary="Try a review threshold on the past")
async def get_what_if(
    connection: Connection,
    analyst: Analyst,
    now: Now,
    first: First = None,
    last: Last = None,
    threshold: Annotated[int, Query(ge=0, le=99)] = REVIEW_SCORE,
    cost_per_review_minor: Annotated[
        int | None, Query(ge=0, le=2**53, description="by default a tenth of the middle amount")
    ] = None,
) -> WhatIf:
    """Volume, precision, recall and money if every scored attempt from this score on had been an alert."""
    period = await period_of(connection, first, last, now=now)
    counted = await repository.counted(connection, period)
    return service.what_if(period, counted, threshold=threshold, cost_per_review_minor=cost_per_review_minor)


@router.get("/estimates", summary="How well the score does, estimated before labels come and as they realised it")
async def get_estimates(connection: Connection, analyst: Analyst, now: Now, first: First = None, last: Last = None) -> Estimates:
    """Frauds, average precision, precision and recall, estimated and realised; how late labels come. Ten weeks usually."""
    return await estimates(connection, await period_of(connection, first, last, now=now, usual_days=ESTIMATED_DAYS))


@router.get("/report", summary="The fraud report")
async def get_report(
    connection: Connection,
    admin: Annotated[User, Depends(require_role(Role.ADMIN))],
    now: Now,
    first: First = None,
    last: Last = None,
) -> FraudReport:
    """Losses and savings by kind of decision and payment method, chargebacks, and what analysts found; for administrators."""
    return await fraud_report(connection, await period_of(connection, first, last, now=now))
