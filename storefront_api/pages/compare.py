"""Two models side by side for one person: what each would show, why, and what both would."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from marketplace.contracts.recommendation import Variant
from marketplace.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from marketplace.vocabulary import Role
from storefront_api.accounts import service as accounts
from storefront_api.accounts.service import User
from storefront_api.pages import repository
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.shelves import asker_of
from storefront_api.recommendations import service as recommendations
from storefront_api.recommendations.filling import Asker
from storefront_api.recommendations.schemas import RecommendationShelf

router = APIRouter(include_in_schema=False)

_PLACES = 10
# Nobody's visit: a list for another person follows their history alone.
_NO_SESSION = "onlooker"


@router.get("/compare")
async def compare_page(
    page: PageContext,
    person: Annotated[str, Query(max_length=64)] = "",
    beside: Literal["challenger", "trending"] = "trending",
) -> Response:
    """The champion's shelf for a person beside the challenger's, or beside what trends; looking leaves no impression."""
    viewer = page.need()
    chosen = await _person(page, viewer, person)
    asker = _onlooker(page, chosen)
    champion = await recommendations.for_you(asker, k=_PLACES)
    if beside == "trending":
        other = await recommendations.trending(asker, k=_PLACES)
    else:
        other = await recommendations.for_you(replace(asker, variant=Variant.CHALLENGER), k=_PLACES)
    people = await repository.demo_accounts(page.connection) if viewer.role is Role.ADMIN and page.is_demo else []
    versions = [{item.version for item in shelf.items} for shelf in (champion, other)]
    return page.render(
        "shop/compare.html",
        section="compare",
        person=chosen,
        is_self=chosen.user_id == viewer.user_id,
        about=await repository.demo_account(page.connection, chosen.user_id),
        people=[one for one in people if one["role"] == Role.CUSTOMER],
        beside=beside,
        columns=[_column("Champion", champion, other), _column(beside.capitalize(), other, champion)],
        in_both=len(_ids(champion) & _ids(other)),
        is_answered_by_one=beside == "challenger" and versions[0] == versions[1] and not champion.fallback,
    )


async def _person(page: Page, viewer: User, user_id: str) -> User:
    """Whose shelves are looked at: an admin chooses, a person of the demo sees their own.

    Raises:
        NotFoundError: no such customer.
        PermissionDeniedError: anybody else, and an admin's own shelves, which nobody shops by.
    """
    if viewer.role is not Role.ADMIN:
        if page.persona is None or viewer.role is not Role.CUSTOMER or user_id not in ("", viewer.user_id):
            raise PermissionDeniedError("comparing models is for admins, and in the demo for each shopper's own shelves")
        return viewer
    if not user_id:
        known = [one for one in await repository.demo_accounts(page.connection) if one["role"] == Role.CUSTOMER]
        if not known:
            raise NotFoundError("name a customer: /compare?person=<customer_id>")
        user_id = known[0]["user_id"]
    try:
        return await accounts.load_user(page.connection, user_id)
    except AuthenticationError as error:
        raise NotFoundError(f"no customer {user_id!r}") from error


def _onlooker(page: Page, person: User) -> Asker:
    own = asker_of(page)
    is_self = page.viewer is not None and page.viewer.user_id == person.user_id
    visitor = page.visitor if is_self else replace(page.visitor, session_id=_NO_SESSION)
    return replace(own, user=person, visitor=visitor, is_onlooker=True)


def _column(name: str, shelf: RecommendationShelf, other: RecommendationShelf) -> dict[str, Any]:
    """One model's shelf; each place says where the product stands with the other."""
    there = {item.product.product_id: item.position for item in other.items}
    places = [{"shown": item, "there": there.get(item.product.product_id)} for item in shelf.items]
    return {"name": name, "shelf": shelf, "places": places}


def _ids(shelf: RecommendationShelf) -> set[str]:
    return {item.product.product_id for item in shelf.items}
