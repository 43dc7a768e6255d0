"""What one shopper wants to see on no shelf: said, taken back, and taken along when a guest signs in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from storefront_api.recommendations.schemas import Dismissal, DismissedProduct
from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]

# A guest's wishes are those of the visit, a customer's go wherever they sign in.
_THEIRS = """
    case when %(customer)s::text is not null then customer_id = %(customer)s
        else customer_id is null and session_id = %(session)s end
"""


@dataclass(frozen=True)
class Shopper:
    """A customer, or the guest of a session."""

    customer_id: str | None
    session_id: str

    @property
    def parameters(self) -> dict[str, str | None]:
        """Who it is, as queries ask."""
        return {"customer": self.customer_id, "session": self.session_id}


async def dismiss(connection: Connection, shopper: Shopper, wish: Dismissal, *, now: datetime) -> DismissedProduct:
    """Keep the product from every shelf of this shopper; saying it again changes nothing but where it was said.

    Raises:
        NotFoundError: there is no such product.
    """
    cursor = await connection.execute("select title from shop.products where product_id = %s", (wish.product_id,))
    product = await cursor.fetchone()
    if product is None:
        raise NotFoundError(f"no product {wish.product_id!r}")
    owner = "(customer_id, product_id) where customer_id is not null"
    if shopper.customer_id is None:
        owner = "(session_id, product_id) where customer_id is null"
    cursor = await connection.execute(
        f"""
        insert into shop.dismissals as known (dismissal_id, session_id, customer_id, product_id, request_id, shelf, position,
            dismissed_at)
        values (%(dismissal_id)s, %(session)s, %(customer)s, %(product_id)s, %(request_id)s, %(shelf)s, %(position)s, %(now)s)
        on conflict {owner} do update set session_id = excluded.session_id, request_id = excluded.request_id,
            shelf = excluded.shelf, position = excluded.position, undone_at = null,
            dismissed_at = case when known.undone_at is null then known.dismissed_at else excluded.dismissed_at end
        returning product_id, dismissed_at
        """,  # type: ignore[arg-type]
        shopper.parameters | wish.model_dump() | {"dismissal_id": new_id("dis"), "now": now},
    )
    (row,) = await cursor.fetchall()
    return DismissedProduct(title=product["title"], **row)


async def take_back(connection: Connection, shopper: Shopper, product_id: str, *, now: datetime) -> None:
    """Let the product onto this shopper's shelves again.

    Raises:
        NotFoundError: they had not dismissed it.
    """
    cursor = await connection.execute(
        f"update shop.dismissals set undone_at = %(now)s where product_id = %(product)s and undone_at is null and {_THEIRS}",  # type: ignore[arg-type]
        shopper.parameters | {"product": product_id, "now": now},
    )
    if cursor.rowcount == 0:
        raise NotFoundError(f"you did not say that {product_id!r} is of no interest")


async def dismissed(connection: Connection, shopper: Shopper) -> Sequence[DismissedProduct]:
    """What this shopper does not want to see, the latest first."""
    cursor = await connection.execute(
        "select product_id, title, dismissed_at from shop.dismissals join shop.products using (product_id) "
        f"where undone_at is null and {_THEIRS} order by dismissed_at desc, product_id",  # type: ignore[arg-type]
        shopper.parameters,
    )
    return [DismissedProduct(**row) for row in await cursor.fetchall()]


async def adopt(connection: Connection, *, session_id: str, customer_id: str) -> None:
    """What the guest of this session dismissed is dismissed by the customer who signs in."""
    who = {"session": session_id, "customer": customer_id}
    await connection.execute(
        """
        with guests as (
            select product_id, dismissed_at from shop.dismissals
            where session_id = %(session)s and customer_id is null and undone_at is null
        ),
        said_again as (
            update shop.dismissals as own set undone_at = null, dismissed_at = guests.dismissed_at
            from guests
            where own.customer_id = %(customer)s and own.product_id = guests.product_id and own.undone_at is not null
        )
        update shop.dismissals set customer_id = %(customer)s
        where session_id = %(session)s and customer_id is null
            and product_id not in (select product_id from shop.dismissals where customer_id = %(customer)s)
        """,
        who,
    )
