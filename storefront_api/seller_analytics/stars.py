"""The stars of the latest reviews, as one of the measures of service."""

from dataclasses import dataclass
from datetime import timedelta

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.days import Days
from storefront_api.analytics.definitions import FigureDefinition
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.suppression import FEWEST_REVIEWS

STARS_DAYS = 90
STARS = FigureDefinition(
    "service_stars",
    "Stars",
    "count",
    f"Mean stars of the reviews of the last {STARS_DAYS} days that are not hidden; told from {FEWEST_REVIEWS} reviews on.",
    "marts.fct_reviews",
    "reviews",
)


@dataclass(frozen=True)
class Stars:
    """The reviews of `days`; `mean` is None where they are too few."""

    days: Days
    review_count: int
    mean: float | None


async def stars_of(connection: AsyncConnection[DictRow], period: Period) -> Stars:
    """The stars as of the last day with figures."""
    days = Days(period.known.last - timedelta(days=STARS_DAYS - 1), period.known.last)
    query = """
        select count(*)::int as review_count, avg(rating)::float8 as mean from marts.fct_reviews
        where seller_id = %(seller_id)s and reviewed_at >= %(since)s and reviewed_at < %(until)s
    """
    row = await (await connection.execute(query, period.values(days))).fetchone()
    assert row is not None
    return Stars(days, row["review_count"], row["mean"] if row["review_count"] >= FEWEST_REVIEWS else None)
