"""Suggested tags as a seller meets them: beside a listing that is being written, in the review list, and as a share accepted."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from marketplace.errors import ConflictError
from marketplace.vocabulary import MOST_VALUES, SEVERAL_VALUED, TagStatus
from storefront_api.catalog import service as catalog
from storefront_api.listings import service as listings
from storefront_api.listings.category_attributes import ATTRIBUTES, attributes_of
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.evidence import shown_words
from storefront_api.pages.seller_area import SellerContext
from storefront_api.pages.seller_listings import own_shop
from storefront_api.problems import FieldError
from storefront_api.tagging import acceptance, answers, jobs, repository, service
from storefront_api.tagging.questions import CATEGORY
from storefront_api.tagging.schemas import NewTagSuggestions, TagAnswer, TagSuggestions

router = APIRouter(prefix="/seller/tagging", include_in_schema=False)

_SHORTEST_TITLE = 3
_PAGE_SIZE = 25


@router.post("/suggest")
async def suggest(
    page: PageContext,
    title: Annotated[str, Form(max_length=500)] = "",
    description: Annotated[str, Form(max_length=5000)] = "",
    category_id: Annotated[str, Form(max_length=200)] = "",
    draft_id: Annotated[str | None, Form(pattern=r"^draft_[A-Za-z0-9]{8,58}$")] = None,
    product_id: Annotated[str | None, Form(max_length=64)] = None,
) -> Response:
    """Tags for the words as they stand in the form; asked whenever its writer pauses."""
    _, seller_id = own_shop(page)
    if len(title.strip()) < _SHORTEST_TITLE:
        attributes = await attributes_of(page.clients.tagging, category_id, title=title.strip())
        return page.render("seller/listings/suggestions.html", tags=None, attributes=attributes)
    about = {"category_id": category_id or None, "draft_id": draft_id, "product_id": product_id}
    try:
        listing = NewTagSuggestions.model_validate({"title": title, "description": description} | about)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
    metrics = page.request.app.state.metrics
    tags = await service.suggest(page.connection, page.clients.tagging, metrics, listing, seller_id=seller_id, now=page.now)
    return page.render(
        "seller/listings/suggestions.html",
        tags=tags,
        attributes=_attributes(tags, category_id),
        shown=[one for one in tags.suggestions if one.status not in (TagStatus.SETTLED, TagStatus.SUPERSEDED)],
        said=lambda one: shown_words(one, title, description),
        known={one.attribute: one.values for one in tags.known_values},
    )


def _attributes(tags: TagSuggestions, category_id: str) -> tuple[str, ...]:
    """Those of the chosen category; all of them where none is chosen, since a suggested one is not the seller's word."""
    return tuple(one.attribute for one in tags.known_values) if category_id and tags.known_values else ATTRIBUTES


@router.post("/answers/{tag_suggestion_id}")
async def answer(
    page: PageContext,
    tag_suggestion_id: str,
    status: Annotated[Literal["accepted", "changed", "refused"], Form()],
    final_value: Annotated[str, Form(max_length=200)] = "",
    place: Annotated[Literal["listing", "review"], Form()] = "listing",
    replaces: Annotated[list[str] | None, Form(max_length=MOST_VALUES)] = None,
) -> Response:
    """The seller's word on one suggestion, shown in its place; the form beside it takes the value over."""
    user, seller_id = own_shop(page)
    problem, answered = None, None
    try:
        value = (final_value or None) if status == "changed" else None
        given = TagAnswer(status=TagStatus(status), final_value=value, replaces=replaces or [])  # type: ignore[arg-type]
        answered = await answers.answer(
            page.connection, tag_suggestion_id, given, by=user, seller_id=seller_id, now=page.now, place=place
        )
    except ValidationError:
        problem = "Choose a value to put in its place."
    except (ConflictError, FieldError) as error:
        problem = str(error)
    label, etag = answered.final_value if answered else None, None
    if answered and answered.attribute == CATEGORY and answered.final_value:
        label = (await catalog.category_paths(page.connection))[answered.final_value]
    if answered and answered.product_id and place == "listing":
        etag = listings.etag_of(await listings.get(page.connection, answered.product_id, seller_id=seller_id))
    counts = await repository.waiting_counts(page.connection, seller_id) if place == "review" else None
    response = page.render(
        "seller/listings/answered.html", answered=answered, label=label, problem=problem, etag=etag, waiting=counts
    )
    if answered and answered.final_value:
        is_several = answered.attribute in SEVERAL_VALUED
        taken = {"attribute": answered.attribute, "value": answered.final_value, "is_several": is_several}
        response.headers["HX-Trigger"] = json.dumps({"tag-taken": taken})
    return response


@router.get("")
async def review_page(
    area: SellerContext,
    show: Annotated[Literal["uncertain", "sure"], Query()] = "uncertain",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """What waits for an answer, listing by listing; single keys answer it."""
    page = area.page
    _, seller_id = own_shop(page)
    found = await service.list_waiting(page.connection, seller_id, is_sure=show == "sure", cursor=cursor, limit=_PAGE_SIZE)
    return area.render(
        "seller/listings/review.html",
        "listings",
        show=show,
        tags=found,
        several=SEVERAL_VALUED,
        said=lambda one: shown_words(one, one.product_title, one.product_description),
        known=await page.request.app.state.values_in_use.now(page.connection, page.now),
        categories=await catalog.category_paths(page.connection),
        job=await jobs.newest(page.connection, seller_id),
        waiting={"uncertain_count": found.uncertain_count, "sure_count": found.sure_count},
    )


@router.post("/job")
async def start_job(page: PageContext) -> Response:
    """Begin to tag the whole catalogue, and show how far it is."""
    user, seller_id = own_shop(page)
    job = await jobs.start(page.connection, by=user, seller_id=seller_id, now=page.now)
    return await _job(page, seller_id, job)


@router.get("/job")
async def job_progress(page: PageContext) -> Response:
    """How far the catalogue's tagging is; asked while it goes on."""
    _, seller_id = own_shop(page)
    return await _job(page, seller_id, await jobs.newest(page.connection, seller_id))


async def _job(page: Page, seller_id: str, job: Any) -> Response:
    counts = await repository.waiting_counts(page.connection, seller_id)
    return page.render("seller/listings/job.html", job=job, waiting=counts)


@router.get("/acceptance")
async def acceptance_page(area: SellerContext) -> Response:
    """How often the seller took what was suggested; an administrator chooses whose answers."""
    page, seller_id = area.page, area.seller["seller_id"]
    return area.render(
        "seller/listings/acceptance.html",
        "listings",
        report=await acceptance.report(page.connection, seller_id=seller_id),
        waiting=await repository.waiting_counts(page.connection, seller_id),
    )
