"""`/v1/tag-suggestions`, `/v1/tagging-jobs`, `/v1/tag-acceptance`: for sellers, over their own listings."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from marketplace.errors import PermissionDeniedError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import AppMetrics, Connection, ModelClients, Now, require_role
from storefront_api.problems import problem_responses
from storefront_api.tagging import acceptance, answers, jobs, service
from storefront_api.tagging.schemas import (
    AcceptanceReport,
    AnsweredTag,
    NewTagSuggestions,
    TagAnswer,
    TaggingJob,
    TagSuggestions,
    WaitingTags,
)

router = APIRouter(prefix="/v1", tags=["tagging"])

Seller = Annotated[User, Depends(require_role(Role.SELLER))]


async def own_seller_id(user: Seller) -> str:
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
    """From the listing's own words and picture; nothing is suggested while the service is away."""
    return await service.suggest(connection, clients.tagging, metrics, body, seller_id=seller_id, now=now)


@router.get("/tag-suggestions", summary="Suggested tags that wait for my answer", responses=problem_responses(401, 403, 422))
async def list_waiting(
    connection: Connection,
    seller_id: OwnSellerId,
    is_sure: Annotated[bool, Query(description="those that the model is sure of, instead of the others")] = False,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> WaitingTags:
    """About the seller's own listings, listing by listing."""
    return await service.list_waiting(connection, seller_id, is_sure=is_sure, cursor=cursor, limit=limit)


@router.post(
    "/tag-suggestions/{tag_suggestion_id}/answer",
    summary="Accept, change or refuse a suggested tag",
    responses=problem_responses(401, 403, 404, 409, 422),
)
async def answer_suggestion(
    body: TagAnswer,
    connection: Connection,
    user: Seller,
    seller_id: OwnSellerId,
    tag_suggestion_id: Annotated[str, Path(min_length=1, max_length=64)],
    now: Now,
) -> AnsweredTag:
    """Once; a value that is taken goes onto the product. The same answer again changes nothing."""
    return await answers.answer(connection, tag_suggestion_id, body, by=user, seller_id=seller_id, now=now)


@router.post("/tagging-jobs", summary="Tag my whole catalogue", status_code=202, responses=problem_responses(401, 403))
async def start_job(connection: Connection, user: Seller, seller_id: OwnSellerId, now: Now) -> TaggingJob:
    """Works in the background; while a job is under way, that one is the answer."""
    return await jobs.start(connection, by=user, seller_id=seller_id, now=now)


@router.get("/tagging-jobs/{tagging_job_id}", summary="How far a tagging job is", responses=problem_responses(401, 403, 404))
async def get_job(
    connection: Connection, seller_id: OwnSellerId, tagging_job_id: Annotated[str, Path(min_length=1, max_length=64)]
) -> TaggingJob:
    """Listings done of all, and how many suggestions they brought."""
    return await jobs.get(connection, tagging_job_id, seller_id=seller_id)


@router.get("/tag-acceptance", summary="How suggested tags were answered", responses=problem_responses(401, 403))
async def get_acceptance(
    connection: Connection, user: Annotated[User, Depends(require_role(Role.SELLER, Role.ANALYST, Role.ADMIN))]
) -> AcceptanceReport:
    """A seller's own answers; everybody's for analysts and administrators. Shares of few answers are left out."""
    seller_id = await own_seller_id(user) if user.role is Role.SELLER else None
    return await acceptance.report(connection, seller_id=seller_id)
