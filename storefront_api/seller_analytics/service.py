"""The rules of a seller's figures: whose they are, and what a page or an answer of the API holds."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.analytics.figures import figures_of, values_of
from storefront_api.analytics.schemas import Figure
from storefront_api.seller_analytics import products_repository, repository, sales
from storefront_api.seller_analytics.performance import measures
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.schemas import (
    Day,
    Forecast,
    ForecastDay,
    LowStock,
    Overview,
    Review,
    ServiceMeasure,
    TopProduct,
)

_TOP_PRODUCTS = 10
_LOW_STOCK = 8
_REVIEWS = 4


def check_owner(user: User, seller_id: str) -> None:
    """Raise `NotFoundError` unless the figures are the user's own: a stranger may not even know that the shop exists."""
    if user.role is not Role.ADMIN and user.seller_id != seller_id:
        raise NotFoundError(f"there is no seller {seller_id!r}")


async def seller_of(connection: AsyncConnection[DictRow], seller_id: str, *, user: User) -> DictRow:
    """The seller's name, time zone and currency.

    Raises:
        NotFoundError: no such seller, or not the user's own.
    """
    check_owner(user, seller_id)
    seller = await repository.seller(connection, seller_id)
    if seller is None:
        raise NotFoundError(f"there is no seller {seller_id!r}")
    return seller


async def overview(connection: AsyncConnection[DictRow], period: Period) -> Overview:
    """The figures of a period beside those it is compared with, its days, products, stock, service and reviews."""
    seller_id, days, compared = period.seller_id, period.days, period.compared
    return Overview(
        status="ok",
        seller_id=seller_id,
        shop_name=period.shop_name,
        currency=period.currency,
        time_zone=period.time_zone,
        from_date=days.first,
        to_date=days.last,
        compare=period.compare,
        previous_from_date=compared.first if compared else None,
        previous_to_date=compared.last if compared else None,
        first_date=period.known.first,
        last_date=period.known.last,
        computed_at=period.computed_at,
        figures=await sales_figures(connection, period),
        days=[Day.model_validate(row) for row in await repository.days(connection, seller_id, days.first, days.last)],
        top_products=[
            TopProduct.model_validate(row)
            for row in await repository.top_products(connection, seller_id, days.first, days.last, limit=_TOP_PRODUCTS)
        ],
        low_stock=[
            LowStock.model_validate(row)
            for row in await products_repository.low_stock(connection, period.values(), limit=_LOW_STOCK)
        ],
        performance=[ServiceMeasure.model_validate(one) for one in await measures(connection, period)],
        reviews=[Review.model_validate(row) for row in await repository.reviews(connection, seller_id, limit=_REVIEWS)],
    )


async def sales_figures(connection: AsyncConnection[DictRow], period: Period) -> list[Figure]:
    """Revenue, orders, visits and what follows from them, beside the compared days."""
    now = values_of(sales.PARTS, await repository.sums(connection, period.values()))
    earlier = None
    if period.compared is not None:
        earlier = values_of(sales.PARTS, await repository.sums(connection, period.values(period.compared)))
    return figures_of(sales.DEFINITIONS, now, earlier)


async def forecast(connection: AsyncConnection[DictRow], seller_id: str, *, user: User) -> Forecast:
    """The newest forecast that the pipeline stored for the seller.

    Raises:
        NotFoundError: no such seller, or not the user's own.
    """
    await seller_of(connection, seller_id, user=user)
    rows = await repository.forecast(connection, seller_id)
    if not rows:
        return Forecast(seller_id=seller_id, status="not_computed")
    head = rows[0]
    said: dict[str, Any] = {
        name: head[name] for name in ("currency", "method", "last_period_wape", "last_period_bias", "computed_at")
    }
    said |= {"model": head["model_name"], "version": head["model_version"]}
    if head["status"] != "ok":
        return Forecast(seller_id=seller_id, status="not_enough_data", **said)
    days = [ForecastDay.model_validate({"day": row["forecast_date"], **row}) for row in rows]
    return Forecast(seller_id=seller_id, status="ok", days=days, **said)
