"""The figures of the fraud desk as a page, with a threshold to try on the past."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response

from storefront_api.fraud_analytics import repository, service
from storefront_api.fraud_analytics.periods import period_of
from storefront_api.fraud_analytics.schemas import Analytics, WhatIf
from storefront_api.fraud_reviews.risk import REVIEW_SCORE
from storefront_api.pages.context import PageContext
from storefront_api.pages.dated_area import day_in
from storefront_api.pages.fraud import analyst_of

router = APIRouter(prefix="/fraud/analytics", include_in_schema=False)


@router.get("")
async def analytics_page(
    page: PageContext,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    threshold: Annotated[int, Query(ge=0, le=99)] = REVIEW_SCORE,
    cost: Annotated[str, Query(pattern="^[0-9]{0,9}$")] = "",
) -> Response:
    """Figures, bands, ages and the threshold; htmx swaps the threshold's part alone."""
    analyst_of(page)
    period = await period_of(page.connection, day_in(first), day_in(last), now=page.now)
    counted = await repository.counted(page.connection, period)
    found = await service.analytics(page.connection, period, counted)
    tried = service.what_if(period, counted, threshold=threshold, cost_per_review_minor=int(cost) * 100 if cost else None)
    return page.render(
        "fraud/analytics.html",
        section="fraud",
        found=found,
        tried=tried,
        days=period.days,
        chart=_days_chart(found),
        thresholds=_thresholds_chart(tried),
    )


def _days_chart(found: Analytics) -> str:
    """Alerts of each day by what they turned out to be, as JSON for a data attribute."""
    series = {
        "fraud": [day.frauds for day in found.days],
        "legitimate": [day.legitimates for day in found.days],
        "not reviewed": [day.alerts - day.frauds - day.legitimates for day in found.days],
    }
    return orjson.dumps({"days": [day.day for day in found.days], "series": series}).decode()


def _thresholds_chart(tried: WhatIf) -> str:
    """Precision and recall of every threshold, as JSON for a data attribute."""
    return orjson.dumps(
        {
            "chosen": tried.chosen.threshold,
            "current": tried.current.threshold,
            "points": [[one.threshold, one.precision.value, one.recall.value, one.alerts_per_day] for one in tried.thresholds],
        }
    ).decode()
