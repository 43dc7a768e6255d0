"""The seller's customers: new and returning, kinds in plain words, cohorts, regions."""

from datetime import timedelta

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.customers_service import customers_of
from storefront_api.seller_analytics.insight_schemas import Customers
from storefront_api.seller_analytics.regions import region_days
from storefront_api.seller_analytics.segments import VALUE_DAYS

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/customers")
async def customers_page(area: SellerContext) -> Response:
    """The customers of a period, and those of all time as of the last day with figures."""
    if area.period is None:
        return area.not_computed("customers")
    found = await customers_of(area.page.connection, area.period)
    earlier = area.period.known.last - timedelta(days=VALUE_DAYS)
    return area.render(
        "seller/customers.html",
        "customers",
        found=found,
        chart=_chart(found),
        value_day=earlier,
        region_days=region_days(area.period),
    )


def _chart(found: Customers) -> str:
    """What the chart draws, as JSON for a data attribute."""
    rows = [{"day": one.day, "new": one.new_count, "returning": one.returning_count} for one in found.buckets]
    return orjson.dumps({"unit": found.unit, "steps": rows}).decode()
