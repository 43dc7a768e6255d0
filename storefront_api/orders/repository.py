"""Every query on orders, their stock, payments and refunds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

Connection = AsyncConnection[DictRow]


async def products_for_pricing(connection: Connection, product_ids: Sequence[str]) -> dict[str, DictRow]:
    """By id, what `price_order` needs to know of the products."""
    cursor = await connection.execute(
        """
        select products.product_id, products.seller_id, products.title, products.price_minor, products.currency,
            sellers.commission_bps, sellers.shop_name, coalesce(stock.units_on_hand, 0) as units_on_hand,
            products.is_active and sellers.status = 'approved' as is_on_sale
        from shop.products
        join shop.sellers using (seller_id)
        left join shop.stock using (product_id)
        where products.product_id = any(%s)
        """,
        (list(product_ids),),
    )
    return {row["product_id"]: row for row in await cursor.fetchall()}


async def customisations_of(connection: Connection, product_ids: Sequence[str]) -> dict[str, list[DictRow]]:
    """By product, what can be customised, in the seller's order."""
    cursor = await connection.execute(
        "select product_id, customisation_id, name, kind, is_required, max_length, price_minor, choices "
        "from shop.customisations where product_id = any(%s) order by product_id, position, customisation_id",
        (list(product_ids),),
    )
    found: dict[str, list[DictRow]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["product_id"], []).append(row)
    return found


async def address(connection: Connection, user_id: str, address_id: str | None) -> DictRow | None:
    """The user's own address with this id, or their default one."""
    cursor = await connection.execute(
        "select address_id, country_code, latitude, longitude, address_hash from shop.addresses where user_id = %(user)s "
        "and (%(address)s::text is null or address_id = %(address)s) order by is_default desc, created_at desc limit 1",
        {"user": user_id, "address": address_id},
    )
    return await cursor.fetchone()


async def place_of_city(connection: Connection, city: str, country_code: str) -> DictRow | None:
    """Where a city lies, as far as the table of networks knows it; nothing where a country has several of that name."""
    cursor = await connection.execute(
        "select avg(latitude) as latitude, avg(longitude) as longitude from shop.networks"
        " where lower(city) = lower(%s) and country_code = %s"
        " having max(latitude) - min(latitude) < 1 and max(longitude) - min(longitude) < 1",
        (city, country_code),
    )
    return await cursor.fetchone()


async def take_stock(connection: Connection, product_id: str, units: int) -> bool:
    """Whether so many pieces were there; then they are taken, in one statement that no other buyer can come between."""
    cursor = await connection.execute(
        "update shop.stock set units_on_hand = units_on_hand - %(units)s "
        "where product_id = %(product)s and units_on_hand >= %(units)s",
        {"product": product_id, "units": units},
    )
    return cursor.rowcount == 1


async def return_stock(connection: Connection, product_id: str, units: int) -> None:
    """Put pieces back on the shelf."""
    await connection.execute(
        "update shop.stock set units_on_hand = units_on_hand + %s where product_id = %s", (units, product_id)
    )


async def insert(connection: Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of equal keys into `shop.<table>`; table and keys are our own words, never a caller's."""
    if not rows:
        return
    columns = ", ".join(rows[0])
    values = ", ".join(f"%({name})s" for name in rows[0])
    query = f"insert into shop.{table} ({columns}) values ({values})"
    async with connection.cursor() as cursor:
        if len(rows) == 1:
            await cursor.execute(query, rows[0])  # type: ignore[arg-type]
        else:
            await cursor.executemany(query, rows)  # type: ignore[arg-type]


async def lock_order(connection: Connection, order_id: str) -> DictRow | None:
    """The order's row, locked until the transaction ends."""
    cursor = await connection.execute(
        "select order_id, customer_id, status, currency, total_minor, state_lock_version from shop.orders "
        "where order_id = %s for update",
        (order_id,),
    )
    return await cursor.fetchone()


async def move_order(connection: Connection, order_id: str, status: str, *, now: datetime) -> None:
    """Set the status, its instant and the next lock version; the order must be locked."""
    await connection.execute(
        """
        update shop.orders set status = %(status)s, state_lock_version = state_lock_version + 1,
            approved_at = case when %(status)s = 'approved' then %(now)s else approved_at end,
            shipped_at = case when %(status)s = 'shipped' then %(now)s else shipped_at end,
            delivered_at = case when %(status)s = 'delivered' then %(now)s else delivered_at end,
            cancelled_at = case when %(status)s = 'cancelled' then %(now)s else cancelled_at end
        where order_id = %(order)s
        """,
        {"order": order_id, "status": status, "now": now},
    )


async def items_to_release(connection: Connection, order_id: str) -> list[DictRow]:
    """Product and quantity of every line, in the order in which stock is locked."""
    cursor = await connection.execute(
        "select product_id, sum(quantity)::int as quantity from shop.order_items where order_id = %s group by 1 order by 1",
        (order_id,),
    )
    return await cursor.fetchall()


async def attempt_of(connection: Connection, order_id: str) -> DictRow | None:
    """The latest payment attempt of the order."""
    cursor = await connection.execute(
        "select payment_attempt_id, method, amount_minor, currency, outcome from shop.payment_attempts "
        "where order_id = %s order by attempted_at desc limit 1",
        (order_id,),
    )
    return await cursor.fetchone()


async def set_outcome(connection: Connection, payment_attempt_id: str, outcome: str) -> None:
    """What became of the attempt."""
    await connection.execute(
        "update shop.payment_attempts set outcome = %s where payment_attempt_id = %s", (outcome, payment_attempt_id)
    )


async def close_case(connection: Connection, order_id: str, *, now: datetime) -> None:
    """Nobody needs to review an order any more that is gone."""
    await connection.execute(
        "update shop.fraud_cases set status = 'closed', closed_at = %s where order_id = %s and status <> 'closed'",
        (now, order_id),
    )


async def money_of(connection: Connection, order_id: str) -> DictRow:
    """What was paid for the order and what went back."""
    cursor = await connection.execute(
        "select coalesce(sum(amount_minor) filter (where kind = 'charge'), 0)::bigint as paid_minor, "
        "coalesce(sum(amount_minor) filter (where kind <> 'charge'), 0)::bigint as returned_minor, "
        "coalesce(min(method) filter (where kind = 'charge'), 'card') as method "
        "from shop.transactions where order_id = %s",
        (order_id,),
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def item_money(connection: Connection, order_id: str, order_item_id: str) -> DictRow | None:
    """Seller, total and earlier refunds of one line."""
    cursor = await connection.execute(
        "select seller_id, total_minor, (select coalesce(sum(amount_minor), 0)::bigint from shop.refunds "
        "where refunds.order_item_id = order_items.order_item_id) as refunded_minor "
        "from shop.order_items where order_id = %s and order_item_id = %s",
        (order_id, order_item_id),
    )
    return await cursor.fetchone()


async def sells_in(connection: Connection, order_id: str, seller_id: str) -> bool:
    """Whether one of the order's lines is the seller's."""
    cursor = await connection.execute(
        "select 1 from shop.order_items where order_id = %s and seller_id = %s limit 1", (order_id, seller_id)
    )
    return await cursor.fetchone() is not None


async def order(connection: Connection, order_id: str, customer_id: str | None) -> DictRow | None:
    """The order with its latest payment; only this customer's when one is named."""
    cursor = await connection.execute(
        """
        select orders.*, attempt.method as payment_method, attempt.outcome as payment_outcome,
            (select coalesce(sum(amount_minor), 0)::bigint from shop.refunds where refunds.order_id = orders.order_id)
                as refunded_minor
        from shop.orders
        left join lateral (
            select method, outcome from shop.payment_attempts where payment_attempts.order_id = orders.order_id
            order by attempted_at desc limit 1
        ) as attempt on true
        where orders.order_id = %(order)s and (%(customer)s::text is null or orders.customer_id = %(customer)s)
        """,
        {"order": order_id, "customer": customer_id},
    )
    return await cursor.fetchone()


async def items(connection: Connection, order_id: str) -> list[DictRow]:
    """The order's lines with their customisations and refunds."""
    cursor = await connection.execute(
        """
        select order_items.*, products.title, sellers.shop_name,
            (select coalesce(sum(amount_minor), 0)::bigint from shop.refunds
                where refunds.order_item_id = order_items.order_item_id) as refunded_minor,
            (select coalesce(jsonb_agg(jsonb_build_object('name', name, 'value', value, 'price_minor', price_minor)
                    order by order_customisation_id), '[]')
                from shop.order_customisations where order_customisations.order_item_id = order_items.order_item_id) as choices
        from shop.order_items
        join shop.products using (product_id)
        join shop.sellers on sellers.seller_id = order_items.seller_id
        where order_items.order_id = %s order by line_number
        """,
        (order_id,),
    )
    return await cursor.fetchall()


async def page_of_orders(connection: Connection, customer_id: str, *, after: Sequence[Any] | None, limit: int) -> list[DictRow]:
    """Up to `limit` of the customer's orders, newest first, older than the sort key `after`."""
    ordered_at, order_id = after or (None, None)
    cursor = await connection.execute(
        """
        select order_id, status, currency, total_minor, ordered_at,
            (select sum(quantity)::int from shop.order_items where order_items.order_id = orders.order_id) as item_count
        from shop.orders
        where customer_id = %(customer)s
            and (%(at)s::timestamptz is null or (ordered_at, order_id) < (%(at)s::timestamptz, %(id)s::text))
        order by ordered_at desc, order_id desc limit %(limit)s
        """,
        {"customer": customer_id, "at": ordered_at, "id": order_id, "limit": limit},
    )
    return await cursor.fetchall()
