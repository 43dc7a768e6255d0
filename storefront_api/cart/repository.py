"""Every query on carts."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]


async def open_cart_id(
    connection: Connection, *, customer_id: str | None, session_id: str | None, is_locked: bool = False
) -> str | None:
    """The open cart of the customer, or of the guest's session when there is no customer."""
    lock = " for update" if is_locked else ""
    cursor = await connection.execute(
        "select cart_id from shop.carts where status = 'open' and "
        "case when %(customer)s::text is not null then customer_id = %(customer)s "
        "else customer_id is null and session_id = %(session)s end" + lock,
        {"customer": customer_id, "session": session_id},
    )
    row = await cursor.fetchone()
    return row["cart_id"] if row else None


async def make_cart(connection: Connection, *, customer_id: str | None, session_id: str) -> None:
    """An open cart; does nothing where one has just been made by somebody else of the same name."""
    await connection.execute(
        "insert into shop.carts (cart_id, customer_id, session_id) values (%s, %s, %s) on conflict do nothing",
        (new_id("cart"), customer_id, session_id),
    )


async def lines(connection: Connection, cart_id: str) -> list[DictRow]:
    """The cart's lines, oldest first."""
    cursor = await connection.execute(
        "select cart_item_id, product_id, quantity, choices from shop.cart_items where cart_id = %s "
        "order by created_at, cart_item_id",
        (cart_id,),
    )
    return await cursor.fetchall()


async def add_line(connection: Connection, cart_id: str, *, product_id: str, quantity: int, choices: dict[str, str]) -> None:
    """One more line."""
    await connection.execute(
        "insert into shop.cart_items (cart_item_id, cart_id, product_id, quantity, choices, created_at) "
        "values (%s, %s, %s, %s, %s, clock_timestamp())",
        (new_id("line"), cart_id, product_id, quantity, Jsonb(choices)),
    )


async def change_line(connection: Connection, cart_item_id: str, *, quantity: int, choices: dict[str, str]) -> None:
    """Another quantity or other choices."""
    await connection.execute(
        "update shop.cart_items set quantity = %s, choices = %s where cart_item_id = %s",
        (quantity, Jsonb(choices), cart_item_id),
    )


async def remove_line(connection: Connection, cart_item_id: str) -> None:
    """One line less."""
    await connection.execute("delete from shop.cart_items where cart_item_id = %s", (cart_item_id,))


async def close_cart(connection: Connection, cart_id: str, status: str) -> None:
    """The cart was ordered, or given up for another."""
    await connection.execute("update shop.carts set status = %s where cart_id = %s", (status, cart_id))
