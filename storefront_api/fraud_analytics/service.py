"""The figures of a period, and a threshold tried on its attempts."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud_analytics import figures, repository
from storefront_api.fraud_analytics.periods import Period
from storefront_api.fraud_analytics.schemas import Analytics, Day, OpenByAge, RowsBehind, Tried, WhatIf
from storefront_api.fraud_reviews.risk import REVIEW_SCORE

# A review costs a tenth of the usual attempt, as in the costs behind the model's thresholds (`models/fraud/config.py`).
REVIEW_COST_SHARE = 0.1
_THRESHOLDS = range(5, 100, 5)


async def analytics(connection: AsyncConnection[DictRow], period: Period) -> Analytics:
    """The desk and the score behind it in the period."""
    rows = await repository.by_score(connection, period)
    handling = await repository.handling(connection, period)
    return Analytics(
        from_date=period.first,
        to_date=period.last,
        currency=period.currency,
        figures=figures.figures(rows, handling, review_score=REVIEW_SCORE),
        bands=figures.bands(rows),
        days=[Day.model_validate(row) for row in await repository.by_day(connection, period)],
        open_by_age=OpenByAge(
            days_0_2=handling["open_0_2"],
            days_3_10=handling["open_3_10"],
            days_11_30=handling["open_11_30"],
            days_over_30=handling["open_over_30"],
        ),
    )


async def what_if(
    connection: AsyncConnection[DictRow], period: Period, *, threshold: int, cost_per_review_minor: int | None
) -> WhatIf:
    """What reviewing from `threshold` on would have meant in the period, beside today's threshold and others."""
    rows = await repository.by_score(connection, period)
    behind = await repository.rows_behind(connection, period)
    cost = cost_per_review_minor
    if cost is None:
        cost = round(REVIEW_COST_SHARE * behind["median_minor"])
    scored = [row for row in rows if row["score"] is not None]
    known = figures.total(scored, "frauds") + figures.total(scored, "legitimates")
    labelled = figures.total(scored, "labelled")

    def tried(at: int) -> Tried:
        return figures.tried(rows, at, days=period.days, cost_per_review_minor=cost)

    return WhatIf(
        from_date=period.first,
        to_date=period.last,
        currency=period.currency,
        cost_per_review_minor=cost,
        chosen=tried(threshold),
        current=tried(REVIEW_SCORE),
        thresholds=[tried(at) for at in _THRESHOLDS],
        rows=RowsBehind(
            attempts=behind["attempts"],
            known=known,
            labelled=labelled,
            silent=known - labelled,
            unknown=behind["attempts"] - known,
            alerted_below=sum(row["alerts"] for row in scored if row["score"] < REVIEW_SCORE),
            versions=behind["versions"],
            first_at=behind["first_at"],
            last_at=behind["last_at"],
        ),
    )
