"""The seller's overview: the figures of a period, its days, and what needs a look."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics import service
from storefront_api.seller_analytics.schemas import Forecast, Overview

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("")
async def overview_page(area: SellerContext) -> Response:
    """A period of the shop beside the one it is compared with."""
    if area.period is None:
        return area.not_computed("overview")
    connection, user = area.page.connection, area.page.need()
    overview = await service.overview(connection, area.period)
    forecast = await service.forecast(connection, area.period.seller_id, user=user)
    return area.render("seller/overview.html", "overview", overview=overview, forecast=forecast, chart=_chart(overview, forecast))


def _chart(overview: Overview, forecast: Forecast) -> str:
    """What the chart draws, as JSON for a data attribute."""
    given = {
        "currency": overview.currency,
        "days": [
            {"sale_date": day.sale_date, "revenue_minor": day.revenue_minor, "order_count": day.order_count}
            for day in overview.days
        ],
        # a forecast continues the newest day; under an older period it would hang in the air
        "forecast": [day.model_dump() for day in forecast.days] if overview.to_date == overview.last_date else [],
    }
    return orjson.dumps(given).decode()
