"""The seller's products: from look to order, the best by several orders, what runs out, what was searched for."""

import orjson
from fastapi import APIRouter
from fastapi.responses import Response

from storefront_api.analytics.schemas import Figure
from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.products import SEARCHED_FOR
from storefront_api.seller_analytics.products_repository import ProductOrder
from storefront_api.seller_analytics.products_service import products_of
from storefront_api.seller_analytics.suppression import FEWEST_CUSTOMERS

router = APIRouter(prefix="/seller/products", include_in_schema=False)

ORDERS: dict[ProductOrder, str] = {
    "revenue": "Revenue",
    "units": "Sold",
    "views": "Views",
    "cart": "To cart",
    "sold_per_view": "Sold per view",
    "favourites": "Favourites",
}


@router.get("")
async def products_page(area: SellerContext, order: ProductOrder = "revenue") -> Response:
    """The products of a period."""
    if area.period is None:
        return area.not_computed("products")
    found = await products_of(area.page.connection, area.period, order=order)
    return area.render(
        "seller/products.html",
        "products",
        found=found,
        searched_for=SEARCHED_FOR,
        fewest=FEWEST_CUSTOMERS,
        order=order,
        orders=ORDERS,
        chart=_chart(found.funnel),
    )


def _chart(funnel: list[Figure]) -> str:
    """The steps of the funnel as JSON for a data attribute."""
    return orjson.dumps([{"name": step.label, "value": step.value} for step in funnel]).decode()
