"""The seller's listings: tags suggested while one is written."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form
from fastapi.responses import Response

from marketplace.vocabulary import TagStatus
from storefront_api.pages.context import PageContext
from storefront_api.pages.seller_area import SellerContext, shop_of
from storefront_api.tagging import service as tagging
from storefront_api.tagging.schemas import NewTagSuggestions, TagAnswer

router = APIRouter(prefix="/seller", include_in_schema=False)


@router.get("/listings")
async def listings_page(area: SellerContext) -> Response:
    """Where a new listing is described."""
    return area.render("seller/listings.html", "listings", tags=None)


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
