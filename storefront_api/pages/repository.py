"""The few queries that belong to the frame of the pages rather than to a domain."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow


async def shop(connection: AsyncConnection[DictRow]) -> DictRow | None:
    """Which marketplace this is; None while the database is still empty."""
    query = "select source, currency, time_zone, is_simulated, data_until from shop.marketplace"
    return await (await connection.execute(query)).fetchone()


async def cart_count(connection: AsyncConnection[DictRow], *, customer_id: str | None, session_id: str) -> int:
    """How many pieces lie in the open cart."""
    owner = "c.customer_id = %(customer_id)s" if customer_id else "c.session_id = %(session_id)s and c.customer_id is null"
    query = (
        "select coalesce(sum(i.quantity), 0)::int as piece_count from shop.carts as c"
        f" join shop.cart_items as i on i.cart_id = c.cart_id where c.status = 'open' and {owner}"
    )
    row = await (await connection.execute(query, {"customer_id": customer_id, "session_id": session_id})).fetchone()  # type: ignore[arg-type]
    return int(row["piece_count"]) if row else 0


_DEMO_ACCOUNTS = """
    select u.user_id, u.email, u.full_name, u.role, s.shop_name,
        array(select c.name from shop.order_items as i join shop.orders as o on o.order_id = i.order_id
            join shop.products as p on p.product_id = i.product_id
            join shop.categories as c on c.category_id = p.category_id
            where o.customer_id = u.user_id group by c.name order by count(*) desc, c.name limit 3) as favourites,
        (select count(*)::int from shop.orders where customer_id = u.user_id) as order_count
    from shop.users as u left join shop.sellers as s on s.user_id = u.user_id
    where u.is_demo_account and u.is_active
"""


async def demo_accounts(connection: AsyncConnection[DictRow]) -> list[DictRow]:
    """The demo log-ins, with what each is known to like or to run: shoppers first, the one without a past last of them."""
    query = (
        _DEMO_ACCOUNTS + " order by array_position(array['customer', 'seller', 'analyst', 'admin'], u.role),"
        " u.email not like 'customer%', length(u.email), u.email"
    )
    return await (await connection.execute(query)).fetchall()


async def demo_account(connection: AsyncConnection[DictRow], user_id: str) -> DictRow | None:
    """The same of one person; None for somebody who is not lent for the demo."""
    return await (await connection.execute(_DEMO_ACCOUNTS + " and u.user_id = %s", (user_id,))).fetchone()


async def addresses(connection: AsyncConnection[DictRow], user_id: str) -> list[DictRow]:
    """The person's addresses for checkout, the default one first."""
    query = (
        "select address_id, recipient_name, line_1, line_2, city, postcode, country_code from shop.addresses"
        " where user_id = %s order by is_default desc, created_at desc, address_id limit 5"
    )
    return await (await connection.execute(query, (user_id,))).fetchall()
