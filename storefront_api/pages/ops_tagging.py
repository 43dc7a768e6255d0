"""How sellers answer what the tagging model suggests, all of them together."""

from fastapi import APIRouter
from fastapi.responses import Response

from marketplace.vocabulary import Role
from storefront_api.pages.context import PageContext
from storefront_api.tagging import acceptance

router = APIRouter(prefix="/ops/tagging", include_in_schema=False)


@router.get("")
async def acceptance_page(page: PageContext) -> Response:
    """Acceptance by category, attribute and model version."""
    page.need(Role.ANALYST, Role.ADMIN)
    return page.render("ops/tagging.html", section="ops", report=await acceptance.report(page.connection, seller_id=None))
