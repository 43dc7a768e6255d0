"""What the products page and its answer of the API hold."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.analytics.figures import figures_of
from storefront_api.analytics.schemas import Figure
from storefront_api.seller_analytics import products, products_repository
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.products_repository import ProductOrder
from storefront_api.seller_analytics.schemas import LowStock, Product, Products, SearchTerm

_TOP, _LOW_STOCK, _TERMS = 20, 12, 10


async def products_of(connection: AsyncConnection[DictRow], period: Period, *, order: ProductOrder) -> Products:
    """The way of the period's visits to an order, its first products, what runs out and what was searched for."""
    values = period.values()
    low_stock = await products_repository.low_stock(connection, values, limit=_LOW_STOCK)
    found = await products_repository.products(connection, values, order=order, limit=_TOP)
    terms = await products_repository.search_terms(connection, values, limit=_TERMS)
    now: dict[str, float | None] = {
        "favourites": await products_repository.favourite_count(connection, period.seller_id),
        "stock_runs_out": low_stock[0]["product_count"] if low_stock else 0,
    }
    return Products(
        currency=period.currency,
        funnel=await _funnel(connection, period),
        listings=figures_of(products.LISTINGS, now, None),
        products=[Product.model_validate(row) for row in found],
        low_stock=[LowStock.model_validate(row) for row in low_stock],
        search_terms=[SearchTerm.model_validate(row) for row in terms],
    )


async def _funnel(connection: AsyncConnection[DictRow], period: Period) -> list[Figure]:
    now = await products_repository.funnel(connection, period.values())
    earlier = await products_repository.funnel(connection, period.values(period.compared)) if period.compared else None
    return figures_of(products.FUNNEL, now, earlier)
