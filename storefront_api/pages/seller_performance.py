"""How the seller serves: measures against their targets, how mature they are, and month by month."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.performance import MATURE_DAYS, Month, performance

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/performance")
async def performance_page(area: SellerContext) -> Response:
    """The measures as of the last day with figures."""
    if area.period is None:
        return area.not_computed("performance")
    found = await performance(area.page.connection, area.period)
    return area.render(
        "seller/performance.html", "performance", service=found, mature_days=MATURE_DAYS, chart=_chart(found.months)
    )


def _chart(months: list[Month]) -> str:
    """What the chart draws, as JSON for a data attribute."""
    rows = [
        {"month": one.month, "share": one.defect_count / one.order_count, "orders": one.order_count, "is_mature": one.is_mature}
        for one in months
    ]
    return orjson.dumps(rows).decode()
