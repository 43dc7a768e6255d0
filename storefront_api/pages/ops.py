"""The operator's pages: the state of the platform, and a card for each model."""

from fastapi import APIRouter
from fastapi.responses import Response

from marketplace.vocabulary import Role
from storefront_api.ops import service
from storefront_api.pages.context import PageContext
from storefront_api.pages.markdown import blocks_of

router = APIRouter(prefix="/ops", include_in_schema=False)


@router.get("")
async def overview_page(page: PageContext) -> Response:
    """Parts, models, freshness and quarantine."""
    page.need(Role.ADMIN, Role.ANALYST)
    status = await service.status(page.connection, page.settings, now=page.now)
    return page.render("ops/overview.html", section="ops", status=status, settings=page.settings)


@router.get("/models/{name}")
async def model_page(page: PageContext, name: str) -> Response:
    """The card of the version that serves."""
    page.need(Role.ADMIN, Role.ANALYST)
    model = await service.model_card(page.connection, page.settings, name)
    return page.render("ops/model.html", section="ops", model=model, card_blocks=blocks_of(model.card or ""))
