"""The figures of a period, and a threshold tried on its attempts."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud_analytics import figures, repository
from storefront_api.fraud_analytics.periods import Period
from storefront_api.fraud_analytics.repository import Counted
from storefront_api.fraud_analytics.schemas import Analytics, Day, OpenByAge, RowsBehind, Tried, WhatIf
from storefront_api.fraud_reviews.risk import REVIEW_SCORE

# A review costs a tenth of the usual attempt, as in the costs behind the model's thresholds (`models/fraud/config.py`).
REVIEW_COST_SHARE = 0.1
_THRESHOLDS = range(5, 100, 5)


async def analytics(connection: AsyncConnection[DictRow], period: Period, counted: Counted) -> Analytics:
    """The desk and the score behind it in the period."""
    handling = await repository.handling(connection, period)
    return Analytics(
        from_date=period.first,
        to_date=period.last,
        currency=period.currency,
        figures=figures.figures(counted.by_score, handling, review_score=REVIEW_SCORE),
        bands=figures.bands(counted.by_score),
        days=_days(period, {row["day"]: row for row in counted.by_day}),
        open_by_age=OpenByAge(
            days_0_2=handling["open_0_2"],
            days_3_10=handling["open_3_10"],
            days_11_30=handling["open_11_30"],
            days_over_30=handling["open_over_30"],
        ),
    )


def what_if(period: Period, counted: Counted, *, threshold: int, cost_per_review_minor: int | None) -> WhatIf:
    """What reviewing from `threshold` on would have meant in the period, beside today's threshold and others."""
    whole = counted.whole
    scored = [row for row in counted.by_score if row["score"] is not None]
    attempts, labelled = figures.total(scored, "attempts"), figures.total(scored, "labelled")
    known = figures.total(scored, "frauds") + figures.total(scored, "legitimates")
    cost = round(REVIEW_COST_SHARE * whole["median_minor"]) if cost_per_review_minor is None else cost_per_review_minor

    def tried(at: int) -> Tried:
        return figures.tried(scored, at, days=period.days, cost_per_review_minor=cost)

    return WhatIf(
        from_date=period.first,
        to_date=period.last,
        currency=period.currency,
        cost_per_review_minor=cost,
        chosen=tried(threshold),
        current=tried(REVIEW_SCORE),
        thresholds=[tried(at) for at in _THRESHOLDS],
        rows=RowsBehind(
            attempts=attempts,
            known=known,
            labelled=labelled,
            silent=known - labelled,
            unknown=attempts - known,
            alerted_below=sum(row["alerts"] for row in scored if row["score"] < REVIEW_SCORE),
            versions=whole["versions"],
            first_at=whole["first_at"],
            last_at=whole["last_at"],
        ),
    )


def _days(period: Period, known: Mapping[date, Mapping[str, Any]]) -> list[Day]:
    """Every day of the period, also those without an attempt."""
    nothing = dict.fromkeys(("attempts", "alerts", "reviewed", "reviewed_frauds"), 0)
    found = []
    for number in range(period.days):
        day = period.first + timedelta(days=number)
        row = known.get(day, nothing)
        frauds = row["reviewed_frauds"]
        found.append(
            Day(day=day, attempts=row["attempts"], alerts=row["alerts"], frauds=frauds, legitimates=row["reviewed"] - frauds)
        )
    return found
