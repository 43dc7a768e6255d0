"""What customers say: stars over time, how the words read, themes with quotes."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.review_analysis import DEFINITIONS, StarMonth, review_analysis

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/reviews")
async def reviews_page(area: SellerContext) -> Response:
    """The reviews of the year that ends with the last day with figures."""
    if area.period is None:
        return area.not_computed("reviews")
    found = await review_analysis(area.page.connection, area.period)
    meant = {one.name: one for one in DEFINITIONS}
    return area.render("seller/reviews.html", "reviews", said=found, meant=meant, chart=_chart(found.months))


def _chart(months: list[StarMonth]) -> str:
    """What the chart draws, as JSON for a data attribute."""
    rows = [{"month": one.month, "mean": one.star_mean, "count": one.review_count} for one in months]
    return orjson.dumps(rows).decode()
