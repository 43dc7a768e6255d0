"""How the seller serves: measures against their targets, how mature they are, and month by month."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.performance import FEWEST, MATURE_DAYS, Month, performance
from storefront_api.seller_analytics.stars import STARS

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/performance")
async def performance_page(area: SellerContext) -> Response:
    """The measures as of the last day with figures."""
    if area.period is None:
        return area.not_computed("performance")
    found = await performance(area.page.connection, area.period)
    return area.render(
        "seller/performance.html",
        "performance",
        service=found,
        stars=STARS,
        mature_days=MATURE_DAYS,
        fewest=FEWEST,
        chart=_chart(found.months),
    )


def _chart(months: list[Month]) -> str:
    """What the chart draws, as JSON for a data attribute."""
    rows = [{"month": one.month, "share": _share(one), "orders": one.order_count, "is_mature": one.is_mature} for one in months]
    return orjson.dumps(rows).decode()


def _share(month: Month) -> float | None:
    """The share that is drawn; none of too few orders."""
    return month.defect_count / month.order_count if month.order_count >= FEWEST else None
