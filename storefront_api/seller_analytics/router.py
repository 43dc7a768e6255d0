"""`/v1/sellers/{seller_id}`: a seller's own figures, what they mean, the rows behind them, and the forecast."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.analytics import rows
from storefront_api.analytics.days import Compare
from storefront_api.analytics.schemas import Definition, RowPage, TableName
from storefront_api.csv_files import csv_response
from storefront_api.dependencies import Connection, require_role
from storefront_api.problems import problem_responses
from storefront_api.seller_analytics import peers, performance, restock, review_analysis, service
from storefront_api.seller_analytics.customers_service import customers_of
from storefront_api.seller_analytics.insight_schemas import Customers, Places, ReviewAnalysis, Service
from storefront_api.seller_analytics.money_service import money_of
from storefront_api.seller_analytics.periods import Period, period_of
from storefront_api.seller_analytics.products_repository import ProductOrder
from storefront_api.seller_analytics.products_service import products_of
from storefront_api.seller_analytics.registry import DEFINITIONS, row_table
from storefront_api.seller_analytics.schemas import Forecast, Money, Overview, Products

router = APIRouter(prefix="/v1/sellers", tags=["seller analytics"], responses=problem_responses(401, 403, 404))

Seller = Annotated[User, Depends(require_role(Role.SELLER, Role.ADMIN))]
SellerId = Annotated[str, Path(min_length=1, max_length=64)]


async def own_seller(connection: Connection, user: Seller, seller_id: SellerId) -> DictRow:
    """The seller in the address, who must be the caller unless an administrator asks."""
    return await service.seller_of(connection, seller_id, user=user)


OwnSeller = Annotated[DictRow, Depends(own_seller)]


async def own_period(
    connection: Connection,
    seller: OwnSeller,
    first: Annotated[date | None, Query(alias="from", description="first day, in the seller's time zone")] = None,
    last: Annotated[date | None, Query(alias="to", description="last day, included")] = None,
    compare: Annotated[Compare, Query(description="with as many days before, or the same dates of last year")] = "previous",
) -> Period | None:
    """The days asked for, of the seller in the address; None until the pipeline has run."""
    return await period_of(connection, seller, first=first, last=last, compare=compare)


OwnPeriod = Annotated[Period | None, Depends(own_period)]


async def computed_period(period: OwnPeriod) -> Period:
    """The same, where there is nothing to give out before the pipeline has run.

    Raises:
        NotFoundError: no figures have been computed yet.
    """
    if period is None:
        raise NotFoundError("no figures have been computed for this seller yet; they come with the next run of the pipeline")
    return period


ComputedPeriod = Annotated[Period, Depends(computed_period)]


@router.get("/{seller_id}/overview", summary="A period of my shop", responses=problem_responses(422))
async def get_overview(connection: Connection, seller: OwnSeller, period: OwnPeriod) -> Overview:
    """A period beside the one it is compared with, with products, stock, performance and reviews."""
    if period is None:
        return Overview(status="not_computed", **seller)
    return await service.overview(connection, period)


@router.get("/{seller_id}/products", summary="My products in a period", responses=problem_responses(422))
async def get_products(connection: Connection, period: ComputedPeriod, order: ProductOrder = "revenue") -> Products:
    """From look to order, the products in the order asked for, what runs out, what was searched for."""
    return await products_of(connection, period, order=order)


@router.get("/{seller_id}/money", summary="My money in a period", responses=problem_responses(422))
async def get_money(connection: Connection, period: ComputedPeriod) -> Money:
    """From the price of the goods to what is the seller's, the latest payouts and the next."""
    return await money_of(connection, period)


@router.get("/{seller_id}/customers", summary="Who bought from me in a period", responses=problem_responses(422))
async def get_customers(connection: Connection, period: ComputedPeriod) -> Customers:
    """New and returning customers of the period, and those of all time by kind, month of first purchase and region."""
    return await customers_of(connection, period)


@router.get("/{seller_id}/performance", summary="How I serve", responses=problem_responses(422))
async def get_performance(connection: Connection, period: ComputedPeriod) -> Service:
    """Each measure of service beside its target as of the last day with figures, whatever days are asked for."""
    return Service.model_validate(await performance.performance(connection, period))


@router.get("/{seller_id}/reviews", summary="What customers say of me", responses=problem_responses(422))
async def get_reviews(connection: Connection, period: ComputedPeriod) -> ReviewAnalysis:
    """Stars, tones and themes of the year until the last day with figures, whatever days are asked for."""
    return ReviewAnalysis.model_validate(await review_analysis.review_analysis(connection, period))


@router.get("/{seller_id}/peers", summary="Where I stand among others", responses=problem_responses(422))
async def get_peers(connection: Connection, period: ComputedPeriod) -> Places:
    """Places among others of the same main category in the last three whole months, whatever days are asked for."""
    return Places.model_validate(await peers.places(connection, period))


@router.get("/{seller_id}/definitions", summary="What my figures mean")
async def get_definitions(seller: OwnSeller) -> list[Definition]:
    """Every figure with its definition in words, what it is read from, and the rows behind it."""
    return [definition.shown() for definition in DEFINITIONS.values()]


@router.get("/{seller_id}/rows/{table}.csv", summary="The rows behind a figure as CSV", response_class=Response)
async def get_rows_csv(request: Request, period: ComputedPeriod, table: TableName) -> Response:
    """All rows of the period; amounts in minor units, instants in UTC."""
    found = row_table(table)
    return csv_response(period.filename(found), found.names, rows.every_row(request.app.state.database, found, period))


@router.get("/{seller_id}/rows/{table}", summary="The rows behind a figure", responses=problem_responses(422))
async def get_rows(
    connection: Connection,
    period: ComputedPeriod,
    table: TableName,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> RowPage:
    """The rows of the period, newest first; the CSV file holds the same."""
    return await rows.read_page(connection, row_table(table), period, cursor=cursor, limit=limit)


@router.get("/{seller_id}/forecast", summary="My next days")
async def get_forecast(connection: Connection, user: Seller, seller_id: SellerId) -> Forecast:
    """The revenue that the next days are likely to bring."""
    return await service.forecast(connection, seller_id, user=user)


@router.get("/{seller_id}/restock", summary="What to order again")
async def get_restock(connection: Connection, seller: OwnSeller) -> restock.Restock:
    """Each product with what a week is expected to sell, when to order it, how many, and when it would be sold out."""
    return await restock.restock(connection, seller["seller_id"])


@router.put("/{seller_id}/restock-settings", summary="How I restock", responses=problem_responses(422))
async def put_restock_settings(connection: Connection, seller: OwnSeller, settings: restock.Settings) -> restock.Settings:
    """Lead time, service level and days that an order is to last; they count at once."""
    return await restock.set_settings(connection, seller["seller_id"], settings)
