"""`/v1/tag-suggestions`: for sellers, while they write a listing."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from marketplace.errors import PermissionDeniedError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import AppMetrics, Connection, ModelClients, Now, require_role
from storefront_api.problems import problem_responses
from storefront_api.tagging import service
from storefront_api.tagging.schemas import AnsweredTag, NewTagSuggestions, TagAnswer, TagSuggestions

router = APIRouter(prefix="/v1", tags=["tagging"])


async def own_seller_id(user: Annotated[User, Depends(require_role(Role.SELLER))]) -> str:
    """The seller that the signed-in person is.

    Raises:
        PermissionDeniedError: a seller's account whose shop is suspended or not set up.
    """
    if user.seller_id is None:
        raise PermissionDeniedError("your account has no active shop")
    return user.seller_id


OwnSellerId = Annotated[str, Depends(own_seller_id)]


@router.post(
    "/tag-suggestions",
    summary="Suggest tags for a listing",
    status_code=201,
    responses=problem_responses(401, 403, 404, 422),
)
async def suggest_tags(
    body: NewTagSuggestions,
    connection: Connection,
    clients: ModelClients,
    metrics: AppMetrics,
    seller_id: OwnSellerId,
    now: Now,
) -> TagSuggestions:
    """From the listing's own words; nothing is suggested while the service is away."""
    return await service.suggest(connection, clients.tagging, metrics, body, seller_id=seller_id, now=now)


@router.post(
    "/tag-suggestions/{tag_suggestion_id}/answer",
    summary="Accept, change or refuse a suggested tag",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def answer_suggestion(
    body: TagAnswer,
    connection: Connection,
    seller_id: OwnSellerId,
    tag_suggestion_id: Annotated[str, Path(min_length=1, max_length=64)],
    now: Now,
) -> AnsweredTag:
    """Once; a value that is taken goes onto the product."""
    return await service.answer(connection, tag_suggestion_id, body, seller_id=seller_id, now=now)
