"""Every query around recommendations: what may be shown now, stored lists, and what was shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.vocabulary import FURTHER, SALE_STATUSES

Connection = AsyncConnection[DictRow]

_JUST_BOUGHT = timedelta(days=30)
_IN_CATEGORY = """
    (%(category)s::text is null or products.category_id in (
        with recursive branch as (
            select category_id from shop.categories where category_id = %(category)s
            union
            select child.category_id from shop.categories as child
            join branch on child.parent_category_id = branch.category_id
        ) select category_id from branch))
"""
_CAN_BE_BOUGHT = f"""
    products.is_active and sellers.status = 'approved' and stock.units_on_hand > 0 and {_IN_CATEGORY}
"""
_SHELF = "join shop.sellers using (seller_id) join shop.stock using (product_id)"


async def may_be_shown(connection: Connection, product_ids: Sequence[str], *, category_id: str | None) -> dict[str, DictRow]:
    """Those of the products that are on sale and in stock at this moment, in the category or below it.

    Each with its seller, category, colour, material and occasion, and further ones of these, by which the rules tell products
    apart.
    """
    cursor = await connection.execute(
        "select products.product_id, products.seller_id, products.category_id, products.colour, products.material, "
        f"products.occasion, products.attributes -> '{FURTHER}' as {FURTHER} from shop.products {_SHELF}"
        f" where products.product_id = any(%(products)s) and {_CAN_BE_BOUGHT}",
        {"products": list(product_ids), "category": category_id},
    )
    return {row["product_id"]: row for row in await cursor.fetchall()}


async def just_bought(connection: Connection, customer_id: str, *, now: datetime) -> set[str]:
    """What the customer bought in the last weeks."""
    cursor = await connection.execute(
        """
        select order_items.product_id from shop.orders join shop.order_items using (order_id)
        where orders.customer_id = %(customer)s and orders.ordered_at > %(since)s
            and orders.status not in ('cancelled', 'declined', 'unavailable')
        """,
        {"customer": customer_id, "since": now - _JUST_BOUGHT},
    )
    return {row["product_id"] for row in await cursor.fetchall()}


async def in_cart(connection: Connection, *, customer_id: str | None, session_id: str) -> list[str]:
    """What lies in the visitor's open cart, what was put there last first."""
    cursor = await connection.execute(
        """
        select cart_items.product_id from shop.carts join shop.cart_items using (cart_id)
        where carts.status = 'open'
            and case when %(customer)s::text is not null then carts.customer_id = %(customer)s
                else carts.customer_id is null and carts.session_id = %(session)s end
        group by 1 order by max(cart_items.created_at) desc, 1
        """,
        {"customer": customer_id, "session": session_id},
    )
    return [row["product_id"] for row in await cursor.fetchall()]


async def purchases(connection: Connection, customer_id: str, *, limit: int = 1_000) -> list[DictRow]:
    """What the customer bought and when, the latest first; a piece in two orders is two rows."""
    cursor = await connection.execute(
        """
        select distinct order_items.product_id, orders.ordered_at as bought_at
        from shop.orders join shop.order_items using (order_id)
        where orders.customer_id = %(customer)s and orders.status = any(%(sales)s)
        order by 2 desc, 1 limit %(limit)s
        """,
        {"customer": customer_id, "sales": list(SALE_STATUSES), "limit": limit},
    )
    return await cursor.fetchall()


async def new_listings(connection: Connection, *, limit: int = 1_000) -> list[DictRow]:
    """What was listed in the last thirty days of listing and can be bought, the newest first, with its seller.

    The days end at the latest listing, so that a shop filled with older data has new pieces too.
    """
    cursor = await connection.execute(
        f"""
        select products.product_id, products.seller_id from shop.products {_SHELF}
        where products.listed_at > (select max(listed_at) from shop.products) - interval '30 days' and {_CAN_BE_BOUGHT}
        order by products.listed_at desc, products.product_id limit %(limit)s
        """,
        {"category": None, "limit": limit},
    )
    return await cursor.fetchall()


async def last_viewed(connection: Connection, session_id: str, *, without: Sequence[str] = ()) -> DictRow | None:
    """The product that the session looked at last, apart from some, with its title and category."""
    cursor = await connection.execute(
        "select product_id, title, category_id from shop.events join shop.products using (product_id) "
        "where session_id = %s and event_type = 'product_view' and product_id <> all(%s) order by occurred_at desc limit 1",
        (session_id, list(without)),
    )
    return await cursor.fetchone()


async def stored_list(connection: Connection, list_name: str, entity_id: str) -> list[DictRow]:
    """A list that the pipeline computed with the model, best first; empty where there is none."""
    cursor = await connection.execute(
        "select product_id, score, source, reason, model_name, model_version from predictions.product_lists "
        "where list_name = %s and entity_id = %s order by position",
        (list_name, entity_id),
    )
    return await cursor.fetchall()


async def explored_products(connection: Connection) -> list[DictRow]:
    """New products that the explored place may show, each with its probability to be drawn among all of them."""
    cursor = await connection.execute(
        "select product_id, probability, computed_at from predictions.explored_products where probability > 0 order by product_id"
    )
    return await cursor.fetchall()


async def sold_most(connection: Connection, *, category_id: str | None, limit: int) -> list[DictRow]:
    """What most customers bought in the last seven days of trade, counted now; `score` is their number.

    The days end at the latest order, so that a shop filled with older data has a list too.
    """
    cursor = await connection.execute(
        f"""
        select products.product_id, count(distinct orders.customer_id)::float8 as score
        from shop.orders
        join shop.order_items using (order_id)
        join shop.products using (product_id)
        join shop.sellers on sellers.seller_id = products.seller_id
        join shop.stock using (product_id)
        where orders.ordered_at > (select max(ordered_at) from shop.orders) - interval '7 days'
            and orders.status not in ('cancelled', 'declined', 'unavailable') and {_CAN_BE_BOUGHT}
        group by 1 order by 2 desc, 1 limit %(limit)s
        """,
        {"category": category_id, "limit": limit},
    )
    return await cursor.fetchall()


async def newest(connection: Connection, *, category_id: str | None, limit: int) -> list[DictRow]:
    """What was listed last; `score` falls with the place."""
    cursor = await connection.execute(
        f"select products.product_id, 0::float8 as score from shop.products {_SHELF} where {_CAN_BE_BOUGHT} "
        "order by products.listed_at desc, products.product_id limit %(limit)s",
        {"category": category_id, "limit": limit},
    )
    return await cursor.fetchall()


async def note_impressions(connection: Connection, rows: dict[str, list[Any]], shared: dict[str, Any]) -> None:
    """What was shown, in one statement."""
    await connection.execute(
        """
        insert into shop.impressions (impression_id, product_id, position, candidate_source, model_name, model_version,
            arm, propensity, alternative_product_ids,
            request_id, session_id, customer_id, unit_id, experiment_id, shelf, is_fallback, shown_at)
        select shown.impression_id, shown.product_id, shown.position, shown.source, shown.model, shown.version,
            shown.arm, shown.propensity,
            case when shown.alternatives is not null then array(select jsonb_array_elements_text(shown.alternatives)) end,
            %(request_id)s, %(session_id)s, %(customer_id)s, %(unit_id)s, %(experiment_id)s, %(shelf)s, %(is_fallback)s,
            %(shown_at)s
        from unnest(%(impression_id)s::text[], %(product_id)s::text[], %(position)s::smallint[], %(source)s::text[],
            %(model)s::text[], %(version)s::text[], %(arm)s::text[], %(propensity)s::float8[], %(alternatives)s::jsonb[])
            as shown (impression_id, product_id, position, source, model, version, arm, propensity, alternatives)
        """,
        rows | shared,
    )
