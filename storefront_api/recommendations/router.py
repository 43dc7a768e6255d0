"""The shelves by HTTP, what a shopper does not want to see on them, and whether they follow the shopper at all."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from storefront_api.accounts import personalisation
from storefront_api.dependencies import (
    AppMetrics,
    AppSettings,
    Connection,
    CurrentVisitor,
    ModelClients,
    Now,
    OptionalUser,
    PublishedLists,
)
from storefront_api.problems import problem_responses
from storefront_api.recommendations import dismissals, service
from storefront_api.recommendations.filling import Asker
from storefront_api.recommendations.schemas import Dismissal, DismissedProduct, Personalisation, RecommendationShelf

router = APIRouter(prefix="/v1", tags=["recommendations"])


async def asker(
    connection: Connection,
    clients: ModelClients,
    top_lists: PublishedLists,
    metrics: AppMetrics,
    user: OptionalUser,
    visitor: CurrentVisitor,
    now: Now,
) -> Asker:
    """Who wants a shelf: the signed-in customer or the guest of this session."""
    return Asker(connection, clients.recommendation, top_lists, metrics, user, visitor, now)


ProductId = Annotated[str, Path(min_length=1, max_length=64)]
CurrentAsker = Annotated[Asker, Depends(asker)]
Places = Annotated[int, Query(ge=1, le=50, description="how many products")]
Category = Annotated[str | None, Query(max_length=64, description="this category and all below it")]


@router.get("/recommendations", summary="For you", responses=problem_responses(401, 422))
async def recommendations(asker: CurrentAsker, k: Places = 12, category_id: Category = None) -> RecommendationShelf:
    """For a customer by their history, for a guest by this visit; for whoever wants none, what is popular."""
    return await service.for_you(asker, k=k, category_id=category_id)


@router.get("/recommendations/because-you-viewed", summary="Like what you looked at last", responses=problem_responses(422))
async def because_you_viewed(asker: CurrentAsker, k: Places = 12) -> RecommendationShelf:
    """`about` names the product; empty before this visit looked at one."""
    return await service.because_you_viewed(asker, k=k)


@router.get("/recommendations/buy-again", summary="Buy again", responses=problem_responses(422))
async def buy_again(asker: CurrentAsker, k: Places = 12) -> RecommendationShelf:
    """What the customer bought before, as often and as lately as they did; empty for a guest."""
    return await service.buy_again(asker, k=k)


@router.get("/recommendations/new-from-sellers", summary="New from sellers you like", responses=problem_responses(422))
async def new_from_sellers(asker: CurrentAsker, k: Places = 12) -> RecommendationShelf:
    """Listings of the last thirty days from sellers of what the customer or this visit looked at, carted or bought."""
    return await service.new_from_sellers(asker, k=k)


@router.get("/recommendations/with-cart", summary="Goes with your cart", responses=problem_responses(422))
async def bought_with_cart(asker: CurrentAsker, k: Places = 12) -> RecommendationShelf:
    """What was bought in the same orders as the pieces of the open cart."""
    return await service.bought_with_cart(asker, k=k)


@router.get("/recommendations/not-interested", summary="What I do not want to see")
async def not_interested(asker: CurrentAsker) -> list[DismissedProduct]:
    """The latest first."""
    return list(await dismissals.dismissed(asker.connection, asker.shopper))


@router.post(
    "/recommendations/not-interested",
    summary="Not interested",
    status_code=201,
    responses=problem_responses(403, 404, 422),
)
async def dismiss(body: Dismissal, asker: CurrentAsker) -> DismissedProduct:
    """The product leaves every shelf of this shopper at once, a guest's for this visit; nobody else's shelves change."""
    return await dismissals.dismiss(asker.connection, asker.shopper, body, now=asker.now)


@router.delete(
    "/recommendations/not-interested/{product_id}",
    summary="Show it to me again",
    status_code=204,
    responses=problem_responses(403, 404),
)
async def take_back(product_id: ProductId, asker: CurrentAsker) -> Response:
    """The product may stand on this shopper's shelves again."""
    await dismissals.take_back(asker.connection, asker.shopper, product_id, now=asker.now)
    return Response(status_code=204)


@router.get("/products/{product_id}/similar", summary="Like this product", responses=problem_responses(404, 422))
async def similar(asker: CurrentAsker, product_id: ProductId, k: Places = 12) -> RecommendationShelf:
    """The product itself is never among them."""
    return await service.similar(asker, product_id, k=k)


@router.get("/products/{product_id}/bought-together", summary="Bought together", responses=problem_responses(404, 422))
async def bought_together(asker: CurrentAsker, product_id: ProductId, k: Places = 12) -> RecommendationShelf:
    """What was bought in the same orders, more often than chance; empty while too few orders say so."""
    return await service.bought_together(asker, product_id, k=k)


@router.get("/trending", summary="Popular now", responses=problem_responses(422))
async def trending(asker: CurrentAsker, k: Places = 12, category_id: Category = None) -> RecommendationShelf:
    """The same for everybody, apart from what you just bought or do not want to see."""
    return await service.trending(asker, k=k, category_id=category_id)


@router.get("/personalisation", summary="Are shelves made for me")
async def get_personalisation(asker: CurrentAsker) -> Personalisation:
    """A customer's own choice; a guest's is remembered by the browser."""
    return Personalisation(is_wanted=asker.wants_personalisation)


@router.put("/personalisation", summary="Switch personal shelves on or off", responses=problem_responses(403, 422))
async def set_personalisation(
    body: Personalisation, request: Request, asker: CurrentAsker, settings: AppSettings
) -> Personalisation:
    """Off means that shelves show what is popular and what is like the product on the page, and follow nobody."""
    await personalisation.choose(request, asker.connection, asker.user, settings, is_wanted=body.is_wanted)
    return body
