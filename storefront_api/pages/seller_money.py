"""The seller's money: from the price of the goods to the payout."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.money_service import money_of
from storefront_api.seller_analytics.schemas import Money

router = APIRouter(prefix="/seller/money", include_in_schema=False)


@router.get("")
async def money_page(area: SellerContext) -> Response:
    """The money of a period, the latest payouts and the next."""
    if area.period is None:
        return area.not_computed("money")
    found = await money_of(area.page.connection, area.period)
    by_name = {figure.name: figure for figure in found.figures}
    return area.render("seller/money.html", "money", found=found, by_name=by_name, chart=_chart(found))


def _chart(found: Money) -> str:
    """The steps of the waterfall as JSON for a data attribute."""
    steps = [step.model_dump() for step in found.waterfall]
    return orjson.dumps({"currency": found.currency, "steps": steps}).decode()
