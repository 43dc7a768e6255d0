"""`/v1/sellers/{seller_id}`: a seller's own figures and forecast."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, require_role
from storefront_api.problems import problem_responses
from storefront_api.seller_analytics import service
from storefront_api.seller_analytics.schemas import Forecast, Overview

router = APIRouter(prefix="/v1/sellers", tags=["seller analytics"], responses=problem_responses(401, 403, 404))

Seller = Annotated[User, Depends(require_role(Role.SELLER, Role.ADMIN))]
SellerId = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/{seller_id}/overview", summary="A period of my shop", responses=problem_responses(422))
async def get_overview(
    connection: Connection,
    user: Seller,
    seller_id: SellerId,
    first: Annotated[date | None, Query(alias="from", description="first day, in the seller's time zone")] = None,
    last: Annotated[date | None, Query(alias="to", description="last day, included")] = None,
) -> Overview:
    """A period beside the one before, with products, stock, performance and reviews."""
    return await service.overview(connection, seller_id, user=user, first=first, last=last)


@router.get("/{seller_id}/forecast", summary="My next days")
async def get_forecast(connection: Connection, user: Seller, seller_id: SellerId) -> Forecast:
    """The revenue that the next days are likely to bring."""
    return await service.forecast(connection, seller_id, user=user)
