"""The seller's customers: new and returning, kinds in plain words, cohorts, regions."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics import customers
from storefront_api.seller_analytics.cohorts import cohorts
from storefront_api.seller_analytics.customers import Bucket
from storefront_api.seller_analytics.segments import segments

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/customers")
async def customers_page(area: SellerContext) -> Response:
    """The customers of a period, and those of all time as of the last day with figures."""
    period = area.period
    if period is None:
        return area.not_computed("customers")
    connection, last = area.page.connection, period.known.last
    buckets = await customers.buckets(connection, period)
    return area.render(
        "seller/customers.html",
        "customers",
        figures=await customers.customer_figures(connection, period),
        buckets=buckets,
        unit=customers.unit_of(period.days),
        chart=_chart(buckets, customers.unit_of(period.days)),
        segments=await segments(connection, period.seller_id, last),
        cohorts=await cohorts(connection, period.seller_id, last),
        regions=await customers.regions(connection, period.seller_id, last),
    )


def _chart(buckets: list[Bucket], unit: str) -> str:
    """What the chart draws, as JSON for a data attribute."""
    rows = [{"day": one.day, "new": one.new_count, "returning": one.returning_count} for one in buckets]
    return orjson.dumps({"unit": unit, "steps": rows}).decode()
