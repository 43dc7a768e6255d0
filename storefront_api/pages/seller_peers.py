"""Where the seller stands among others of the same main category."""

from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.peers import FEWEST_PEERS, places

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/peers")
async def peers_page(area: SellerContext) -> Response:
    """Places, never another seller's figure."""
    if area.period is None:
        return area.not_computed("peers")
    found = await places(area.page.connection, area.period)
    return area.render("seller/peers.html", "peers", stands=found, fewest=FEWEST_PEERS)
