"""The seller's page: figures, forecast, stock, reviews, their rows as CSV, and tags for a new listing."""

import csv
import io
from datetime import date, timedelta
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Role, TagStatus
from storefront_api.pages.context import Page, PageContext
from storefront_api.seller_analytics import repository, service
from storefront_api.seller_analytics.schemas import Forecast, Overview
from storefront_api.tagging import service as tagging
from storefront_api.tagging.schemas import NewTagSuggestions, TagAnswer

router = APIRouter(prefix="/seller", include_in_schema=False)

_MOST_SELLERS = 100


@router.get("")
async def overview_page(
    page: PageContext,
    days: Annotated[int | None, Query(ge=1, le=365)] = None,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    seller_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """A period of the viewer's own shop; an administrator chooses whose."""
    user = page.need(Role.SELLER, Role.ADMIN)
    sellers = await repository.sellers_by_revenue(page.connection, limit=_MOST_SELLERS) if user.role is Role.ADMIN else []
    seller_id = await shop_of(page, seller_id)
    overview = await service.overview(page.connection, seller_id, user=user, first=_date(first), last=_date(last))
    if days is not None and overview.last_date is not None:
        start = overview.last_date - timedelta(days=days - 1)
        overview = await service.overview(page.connection, seller_id, user=user, first=start, last=overview.last_date)
    forecast = await service.forecast(page.connection, seller_id, user=user)
    length = len(overview.days)
    return page.render(
        "seller/overview.html",
        section="seller",
        overview=overview,
        forecast=forecast,
        chart=_chart(overview, forecast),
        chosen_days=length if overview.to_date == overview.last_date else None,
        sellers=sellers,
        keep=f"&seller_id={seller_id}" if sellers else "",
        tags=None,
    )


@router.post("/tags")
async def suggest_tags(
    page: PageContext,
    title: Annotated[str, Form(min_length=1, max_length=500)],
    description: Annotated[str, Form(max_length=5000)] = "",
    seller_id: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """Tags for a listing that is being written, each with a button to keep and one to refuse."""
    shop = await shop_of(page, seller_id)
    listing = NewTagSuggestions(title=title, description=description)
    metrics = page.request.app.state.metrics
    found = await tagging.suggest(page.connection, page.clients.tagging, metrics, listing, seller_id=shop, now=page.now)
    return page.render("seller/suggestions.html", tags=found, seller_id=shop)


@router.post("/tags/{tag_suggestion_id}")
async def answer_tag(
    page: PageContext,
    tag_suggestion_id: str,
    status: Annotated[Literal["accepted", "refused"], Form()],
    label: Annotated[str, Form(max_length=300)],
    seller_id: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """The seller's word on one suggestion; it becomes a label."""
    shop = await shop_of(page, seller_id)
    given = TagAnswer(status=TagStatus(status))  # type: ignore[arg-type]
    answered = await tagging.answer(page.connection, tag_suggestion_id, given, seller_id=shop, now=page.now)
    return page.render("seller/answered.html", answered=answered, label=label)


@router.get("/days.csv")
async def days_csv(
    page: PageContext,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    seller_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The days behind the page as a table: amounts in minor units, exactly as added up."""
    user = page.need(Role.SELLER, Role.ADMIN)
    seller_id = await shop_of(page, seller_id)
    overview = await service.overview(page.connection, seller_id, user=user, first=_date(first), last=_date(last))
    text = io.StringIO()
    table = csv.writer(text)
    names = ["sale_date", "order_count", "units_sold", "visit_count", "revenue_minor", "commission_minor", "refund_minor"]
    table.writerow([*names, "currency"])
    table.writerows([*(getattr(day, name) for name in names), overview.currency] for day in overview.days)
    filename = f"sales_{overview.from_date}_{overview.to_date}.csv"
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
    )


async def shop_of(page: Page, asked: str | None) -> str:
    """Whose figures are asked for: a seller's own, or for an administrator any, by default the largest.

    Raises:
        NotFoundError: the account has no shop, or asked for another's.
    """
    user = page.need(Role.SELLER, Role.ADMIN)
    if user.role is Role.ADMIN:
        if asked:
            return asked
        first = await repository.sellers_by_revenue(page.connection, limit=1)
        if first:
            return str(first[0]["seller_id"])
    seller_id = asked or user.seller_id
    if seller_id is None:
        raise NotFoundError("this account has no shop")
    return seller_id


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


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
