"""`/v1/recommendations`, `/v1/products/{id}/similar`, `/v1/trending`: the same rules for each shelf."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from storefront_api.dependencies import AppMetrics, Connection, CurrentVisitor, ModelClients, Now, OptionalUser
from storefront_api.problems import problem_responses
from storefront_api.recommendations import service
from storefront_api.recommendations.schemas import RecommendationShelf
from storefront_api.recommendations.service import Asker

router = APIRouter(prefix="/v1", tags=["recommendations"])


async def asker(
    connection: Connection,
    clients: ModelClients,
    metrics: AppMetrics,
    user: OptionalUser,
    visitor: CurrentVisitor,
    now: Now,
) -> Asker:
    """Who wants a shelf: the signed-in customer or the guest of this session."""
    return Asker(connection, clients.recommendation, metrics, user, visitor, now)


CurrentAsker = Annotated[Asker, Depends(asker)]
Places = Annotated[int, Query(ge=1, le=50, description="how many products")]
Category = Annotated[str | None, Query(max_length=64, description="this category and all below it")]


@router.get("/recommendations", summary="For you", responses=problem_responses(401, 422))
async def recommendations(asker: CurrentAsker, k: Places = 12, category_id: Category = None) -> RecommendationShelf:
    """For a customer by their history, for a guest by this visit; for whoever wants none, what is popular."""
    return await service.for_you(asker, k=k, category_id=category_id)


@router.get("/products/{product_id}/similar", summary="Like this product", responses=problem_responses(404, 422))
async def similar(
    asker: CurrentAsker, product_id: Annotated[str, Path(min_length=1, max_length=64)], k: Places = 12
) -> RecommendationShelf:
    """The product itself is never among them."""
    return await service.similar(asker, product_id, k=k)


@router.get("/trending", summary="Popular now", responses=problem_responses(422))
async def trending(asker: CurrentAsker, k: Places = 12, category_id: Category = None) -> RecommendationShelf:
    """The same for everybody, apart from what you just bought."""
    return await service.trending(asker, k=k, category_id=category_id)
