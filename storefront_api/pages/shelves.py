"""A shopper's say over the shelves: not interested and taken back, personal shelves on or off."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from pydantic import ValidationError

from marketplace.errors import InvalidInputError
from storefront_api.accounts import personalisation
from storefront_api.pages.account import own_path
from storefront_api.pages.context import Page, PageContext, go_to
from storefront_api.recommendations import dismissals
from storefront_api.recommendations.filling import Asker
from storefront_api.recommendations.schemas import Dismissal

router = APIRouter(include_in_schema=False)

ProductId = Annotated[str, Form(min_length=1, max_length=64)]


def asker_of(page: Page) -> Asker:
    """Whoever looks at the page, as the shelves know them."""
    state = page.request.app.state
    return Asker(
        page.connection, page.clients.recommendation, state.top_lists, state.metrics, page.viewer, page.visitor, page.now
    )


@router.get("/your-shelves")
async def your_shelves(page: PageContext) -> Response:
    """What follows the shopper and what they do not want to see, each with its way back."""
    asker = asker_of(page)
    return page.render(
        "shop/your_shelves.html",
        section="shop",
        is_wanted=asker.wants_personalisation,
        dismissed=await dismissals.dismissed(page.connection, asker.shopper),
    )


@router.post("/personalisation")
async def choose_personalisation(
    page: PageContext, is_wanted: Annotated[bool, Form()], next_path: Annotated[str, Form(alias="next", max_length=500)] = "/"
) -> Response:
    """Switch personal shelves on or off and stay where one is."""
    await personalisation.choose(page.request, page.connection, page.viewer, page.settings, is_wanted=is_wanted)
    return go_to(own_path(next_path))


@router.post("/not-interested")
async def not_interested(
    page: PageContext,
    product_id: ProductId,
    request_id: Annotated[str, Form(max_length=64)] = "",
    shelf: Annotated[str, Form(max_length=64)] = "",
    position: Annotated[int | None, Form()] = None,
) -> Response:
    """In place of the card a line that says so, with its undo; every other card of the product goes too."""
    try:
        wish = Dismissal(product_id=product_id, request_id=request_id or None, shelf=shelf or None, position=position)
    except ValidationError as error:
        raise InvalidInputError("this is no card of our shelves; load the page again") from error
    product = await dismissals.dismiss(page.connection, asker_of(page).shopper, wish, now=page.now)
    if not page.is_fragment:
        return go_to("/your-shelves")
    return _telling(page.render("shop/refused.html", product=product), "product-refused", product_id)


@router.post("/not-interested/undo")
async def undo(page: PageContext, product_id: ProductId) -> Response:
    """The cards come back."""
    await dismissals.take_back(page.connection, asker_of(page).shopper, product_id, now=page.now)
    if not page.is_fragment:
        return go_to("/your-shelves")
    return _telling(HTMLResponse(""), "product-back", product_id)


def _telling(answer: HTMLResponse, event: str, product_id: str) -> Response:
    """The answer, after which the page's script hears of the event."""
    answer.headers["HX-Trigger-After-Swap"] = orjson.dumps({event: {"product_id": product_id}}).decode()
    return answer
