"""What the customers page and its answer of the API hold."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.seller_analytics import customers
from storefront_api.seller_analytics.cohorts import cohorts
from storefront_api.seller_analytics.insight_schemas import Customers
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.regions import regions
from storefront_api.seller_analytics.segments import segments


async def customers_of(connection: AsyncConnection[DictRow], period: Period) -> Customers:
    """The customers of the period beside the compared days, and those of all time as of the last day with figures."""
    seller_id, last = period.seller_id, period.known.last
    found = {
        "currency": period.currency,
        "figures": await customers.customer_figures(connection, period),
        "unit": customers.unit_of(period.days),
        "buckets": await customers.buckets(connection, period),
        "segments": await segments(connection, seller_id, last),
        "cohorts": await cohorts(connection, seller_id, last),
        "regions": await regions(connection, period),
    }
    return Customers.model_validate(found, from_attributes=True)
