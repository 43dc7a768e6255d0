"""What orders do to the shelf, each change with the move that explains it."""

from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.orders import repository
from storefront_api.security import new_id

_DIRECTION = {"sale": -1, "release": 1}


async def note_moves(connection: AsyncConnection[DictRow], order_id: str, *, reason: str, now: datetime) -> list[DictRow]:
    """Write down that the order's pieces left the shelf (`sale`) or came back (`release`)."""
    items = await repository.items_to_release(connection, order_id)
    moves = [
        {
            "stock_move_id": new_id("mov"),
            "product_id": item["product_id"],
            "order_id": order_id,
            "units_change": _DIRECTION[reason] * item["quantity"],
            "reason": reason,
            "moved_at": now,
        }
        for item in items
    ]
    await repository.insert(connection, "stock_moves", moves)
    return items


async def release(connection: AsyncConnection[DictRow], order_id: str, *, now: datetime) -> None:
    """Put the order's pieces back on the shelf."""
    for item in await note_moves(connection, order_id, reason="release", now=now):
        await repository.return_stock(connection, item["product_id"], item["quantity"])
