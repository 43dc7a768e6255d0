"""The rules of a seller's figures: whose they are, which days they cover, and what each of them means."""

from datetime import date, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import InvalidInputError, NotFoundError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.seller_analytics import repository
from storefront_api.seller_analytics.figures import figures_of, performance_of
from storefront_api.seller_analytics.schemas import Day, Forecast, ForecastDay, LowStock, Overview, Review, TopProduct

DEFAULT_DAYS = 28
_LONGEST_DAYS = 730
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)
_TOP_PRODUCTS = 10
_LOW_STOCK = 8
_REVIEWS = 4


def check_owner(user: User, seller_id: str) -> None:
    """Raise `NotFoundError` unless the figures are the user's own: a stranger may not even know that the shop exists."""
    if user.role is not Role.ADMIN and user.seller_id != seller_id:
        raise NotFoundError(f"there is no seller {seller_id!r}")


async def overview(
    connection: AsyncConnection[DictRow], seller_id: str, *, user: User, first: date | None, last: date | None
) -> Overview:
    """The seller's period from `first` to `last`, both included; by default the last 28 days of trade that have figures.

    Raises:
        NotFoundError: no such seller, or not the user's own.
        InvalidInputError: a period that ends before it begins, or is longer than two years.
    """
    check_owner(user, seller_id)
    seller = await repository.seller(connection, seller_id)
    if seller is None:
        raise NotFoundError(f"there is no seller {seller_id!r}")
    known = await repository.bounds(connection, seller_id) if await repository.is_computed(connection) else None
    if known is None or known["last_date"] is None:
        return Overview(status="not_computed", **seller)
    last_trade = await repository.last_day_of_trade(connection, seller["time_zone"])
    if last_trade is not None and known["visited_date"] is None:
        known["last_date"] = max(known["first_date"], min(known["last_date"], last_trade))
    last = last or known["last_date"]
    first = first or max(last, _EARLIEST) - timedelta(days=DEFAULT_DAYS - 1)
    if first > last or not _EARLIEST <= first <= last <= _LATEST:
        raise InvalidInputError(f"from {first} to {last} is no period; choose a first day before the last, both in this century")
    length = (last - first).days + 1
    if length > _LONGEST_DAYS:
        raise InvalidInputError(f"from, to: {length} days; choose at most {_LONGEST_DAYS}")
    before = first - timedelta(days=length)
    has_before = before >= known["first_date"]
    zone = seller["time_zone"]
    now = await repository.sums(connection, seller_id, first, last, zone)
    previous = await repository.sums(connection, seller_id, before, first - timedelta(days=1), zone) if has_before else None
    return Overview(
        status="ok",
        **seller,
        **known,
        from_date=first,
        to_date=last,
        previous_from_date=before if has_before else None,
        figures=figures_of(now, previous),
        days=[Day.model_validate(row) for row in await repository.days(connection, seller_id, first, last)],
        top_products=[
            TopProduct.model_validate(row)
            for row in await repository.top_products(connection, seller_id, first, last, limit=_TOP_PRODUCTS)
        ],
        low_stock=[
            LowStock.model_validate(row)
            for row in await repository.low_stock(connection, seller_id, known["last_date"], limit=_LOW_STOCK)
        ],
        performance=performance_of(await repository.performance(connection, seller_id)),
        reviews=[Review.model_validate(row) for row in await repository.reviews(connection, seller_id, limit=_REVIEWS)],
    )


async def forecast(connection: AsyncConnection[DictRow], seller_id: str, *, user: User) -> Forecast:
    """The newest forecast that the pipeline stored for the seller.

    Raises:
        NotFoundError: no such seller, or not the user's own.
    """
    check_owner(user, seller_id)
    if await repository.seller(connection, seller_id) is None:
        raise NotFoundError(f"there is no seller {seller_id!r}")
    rows = await repository.forecast(connection, seller_id)
    if not rows:
        return Forecast(seller_id=seller_id, status="not_computed")
    head = rows[0]
    said: dict[str, Any] = {name: head[name] for name in ("currency", "method", "last_period_wape", "computed_at")}
    said |= {"model": head["model_name"], "version": head["model_version"]}
    if head["status"] != "ok":
        return Forecast(seller_id=seller_id, status="not_enough_data", **said)
    days = [ForecastDay.model_validate({"day": row["forecast_date"], **row}) for row in rows]
    return Forecast(seller_id=seller_id, status="ok", days=days, **said)
