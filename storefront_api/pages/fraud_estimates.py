"""How well the score does, estimated before labels arrive, beside what they realised, as a page with charts."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response

from storefront_api.fraud_analytics.estimates import estimates
from storefront_api.fraud_analytics.periods import ESTIMATED_DAYS, period_of
from storefront_api.fraud_analytics.schemas import Estimates, LabelLag
from storefront_api.fraud_reviews.risk import REVIEW_SCORE
from storefront_api.pages.context import PageContext
from storefront_api.pages.dated_area import day_in
from storefront_api.pages.fraud import analyst_of

router = APIRouter(prefix="/fraud/estimates", include_in_schema=False)


@router.get("")
async def estimates_page(
    page: PageContext,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
) -> Response:
    """Weeks as estimated and as realised, probabilities against shares of fraud, and the curve of label lag."""
    analyst_of(page)
    period = await period_of(page.connection, day_in(first), day_in(last), now=page.now, usual_days=ESTIMATED_DAYS)
    found = await estimates(page.connection, period)
    return page.render(
        "fraud/estimates.html",
        section="fraud",
        found=found,
        review_score=REVIEW_SCORE,
        charts={name: _weeks_chart(found, name) for name in ("average_precision", "frauds")},
        lag_chart=_lag_chart(found.label_lag),
    )


def _weeks_chart(found: Estimates, name: str) -> str:
    """One figure of every week as estimated, with its bounds, and as realised, oldest first, as JSON for a data attribute."""
    weeks = found.weeks[::-1]
    figures = [getattr(week, name) for week in weeks]
    return orjson.dumps(
        {
            "is_share": name != "frauds",
            "weeks": [[week.from_date, week.to_date, week.is_mature] for week in weeks],
            "estimated": [[one.estimated, one.low, one.high] for one in figures],
            "realised": [one.realised for one in figures],
        }
    ).decode()


def _lag_chart(lag: LabelLag) -> str:
    """The curve and the day from which silence counts, as JSON for a data attribute."""
    return orjson.dumps({"shares": lag.shares, "silence": lag.silence_days}).decode()
