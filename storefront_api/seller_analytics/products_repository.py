"""Every query behind the products page."""

from collections.abc import Mapping
from typing import Any, Literal

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.seller_analytics.products import LOW_STOCK, PRODUCTS, SEARCHES

ProductOrder = Literal["revenue", "units", "views", "cart", "sold_per_view", "favourites"]
_ORDERS: dict[ProductOrder, str] = {
    "revenue": "revenue_minor desc, view_count desc",
    "units": "units_sold desc, revenue_minor desc",
    "views": "view_count desc, units_sold desc",
    "cart": "cart_add_count desc, view_count desc",
    "sold_per_view": "sold_per_view desc nulls last, view_count desc",
    "favourites": "favourite_count desc, view_count desc",
}


async def funnel(connection: AsyncConnection[DictRow], values: Mapping[str, Any]) -> dict[str, float | None]:
    """Visits that looked, that filled a cart, that ordered, by the names of their figures."""
    query = """
        select count(*) as visits_with_look, count(*) filter (where cart_add_count > 0) as visits_with_cart,
            count(*) filter (where order_count > 0) as visits_with_order
        from marts.fct_seller_visits
        where seller_id = %(seller_id)s and first_viewed_at >= %(since)s and first_viewed_at < %(until)s
    """
    row = await (await connection.execute(query, values)).fetchone()
    assert row is not None
    return dict(row)


async def products(
    connection: AsyncConnection[DictRow], values: Mapping[str, Any], *, order: ProductOrder, limit: int
) -> list[DictRow]:
    """The first products in this order, with their stock and how many wishlists hold them now."""
    query = f"""
        select products.*, coalesce(stock.units_on_hand, 0) as units_on_hand, favourites.favourite_count
        from ({PRODUCTS}) as products left join shop.stock on stock.product_id = products.product_id
        cross join lateral (
            select count(*) as favourite_count from shop.wishlist_items
            where wishlist_items.product_id = products.product_id and removed_at is null
        ) as favourites
        order by {_ORDERS[order]}, product_id limit %(limit)s
    """
    return await (await connection.execute(query, {**values, "limit": limit})).fetchall()  # type: ignore[arg-type]


async def favourite_count(connection: AsyncConnection[DictRow], seller_id: str) -> int:
    """How often the seller's products stand on wishlists."""
    query = (
        "select count(*) as count from shop.products inner join shop.wishlist_items using (product_id)"
        " where seller_id = %s and removed_at is null"
    )
    row = await (await connection.execute(query, (seller_id,))).fetchone()
    assert row is not None
    return int(row["count"])


async def search_terms(connection: AsyncConnection[DictRow], values: Mapping[str, Any], *, limit: int) -> list[DictRow]:
    """What visitors searched for right before they looked at a product of the seller, by visits."""
    query = f"{SEARCHES} order by visit_count desc, product_view_count desc, search_query limit %(limit)s"
    return await (await connection.execute(query, {**values, "limit": limit})).fetchall()  # type: ignore[arg-type]


async def low_stock(connection: AsyncConnection[DictRow], values: Mapping[str, Any], *, limit: int) -> list[DictRow]:
    """What runs out soon, the soonest first; `product_count` on each is how many there are in all."""
    query = f"""
        select low.*, (count(*) over ())::int as product_count from ({LOW_STOCK}) as low
        order by cover_days nulls last, units_on_hand, product_id limit %(limit)s
    """
    return await (await connection.execute(query, {**values, "limit": limit})).fetchall()  # type: ignore[arg-type]
