"""The seller's forecast: revenue of the next four weeks with its bands and its last error, and what to order again."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from storefront_api.csv_files import csv_response
from storefront_api.pages.context import PageContext
from storefront_api.pages.seller_area import SellerArea, SellerContext, shop_of
from storefront_api.seller_analytics import forecast as forecast_figures
from storefront_api.seller_analytics import repository, restock, service
from storefront_api.seller_analytics.schemas import Forecast

router = APIRouter(prefix="/seller/forecast", include_in_schema=False)

# Past days that stand before the forecast in the chart.
_DAYS_BEFORE = 56
_ROWS_SHOWN = 20


@router.get("")
async def forecast_page(area: SellerContext) -> Response:
    """What the next days are likely to bring, and the products that will run out."""
    if area.period is None and area.is_computed:
        return area.not_computed("forecast")
    connection, seller_id = area.page.connection, area.seller["seller_id"]
    forecast = await service.forecast(connection, seller_id, user=area.page.need())
    advice = await restock.restock(connection, seller_id)
    known = [product for product in advice.products if product.status != "not_enough_data"]
    told = [product for product in known if product.order_on]
    return area.render(
        "seller/forecast.html",
        "forecast",
        forecast=forecast,
        expected_minor=sum(round(day.revenue_minor) for day in forecast.days),
        meant={one.name: one for one in forecast_figures.DEFINITIONS},
        chart=await _chart(area, forecast),
        restock=advice,
        told=told[:_ROWS_SHOWN],
        more=max(len(told) - _ROWS_SHOWN, 0),
        no_order=[product for product in known if not product.order_on],
        blank=[product for product in advice.products if product.status == "not_enough_data"],
        due_count=sum(product.is_due for product in known),
    )


@router.post("/settings")
async def save_settings(
    page: PageContext,
    lead_time_days: Annotated[int, Form(ge=1, le=180)],
    service_level: Annotated[float, Form(ge=50, le=99.9)],
    cover_days: Annotated[int, Form(ge=1, le=365)],
    seller_id: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """The seller's own lead time, service level (in percent) and days of an order; the page comes back with them."""
    shop = await shop_of(page, seller_id)
    settings = restock.Settings(lead_time_days=lead_time_days, service_level=service_level / 100, cover_days=cover_days)
    await restock.set_settings(page.connection, shop, settings)
    keep = f"?seller_id={shop}" if seller_id else ""
    return RedirectResponse(f"/seller/forecast{keep}#restock", status_code=303)


@router.get("/restock.csv")
async def restock_csv(area: SellerContext) -> Response:
    """Every product's advice as a table."""
    advice = await restock.restock(area.page.connection, area.seller["seller_id"])
    names = list(restock.ProductRestock.model_fields)

    async def batches() -> AsyncIterator[Iterator[list[Any]]]:
        yield ([getattr(product, name) for name in names] for product in advice.products)

    return csv_response("restock.csv", names, batches())


async def _chart(area: SellerArea, forecast: Forecast) -> str:
    """The newest days and those ahead, as JSON for a data attribute."""
    days = []
    if area.period is not None:
        last = area.period.known.last
        days = await repository.days(
            area.page.connection, area.seller["seller_id"], last - timedelta(days=_DAYS_BEFORE - 1), last
        )
    given = {
        "currency": forecast.currency or area.seller["currency"],
        "days": [{name: day[name] for name in ("sale_date", "revenue_minor", "order_count")} for day in days],
        "forecast": [day.model_dump() for day in forecast.days],
    }
    return orjson.dumps(given).decode()
