"""Every query on chargebacks and disputes."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

Connection = AsyncConnection[DictRow]

_CHARGEBACK = "select * from shop.chargebacks"
_DISPUTE = "select * from shop.disputes"
_ON_THE_DESK = (
    "select found.*, c.fraud_case_id, u.full_name as customer_name, o.status as order_status from found"
    " join shop.orders as o on o.order_id = found.order_id join shop.users as u on u.user_id = o.customer_id"
    " left join shop.fraud_cases as c on c.payment_attempt_id = found.payment_attempt_id"
)


async def _rows(connection: Connection, query: str, parameters: Any) -> list[DictRow]:
    return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


async def paid_attempt(connection: Connection, order_id: str) -> DictRow | None:
    """The attempt that paid the order: the last one that was not declined, with its money; None where none did."""
    rows = await _rows(
        connection,
        "select payment_attempt_id, method, currency, amount_minor from shop.payment_attempts"
        " where order_id = %s and outcome <> 'declined' order by attempted_at desc, payment_attempt_id limit 1",
        (order_id,),
    )
    return rows[0] if rows else None


async def chargeback(connection: Connection, chargeback_id: str) -> DictRow | None:
    """One chargeback."""
    rows = await _rows(connection, f"{_CHARGEBACK} where chargeback_id = %s", (chargeback_id,))
    return rows[0] if rows else None


async def chargebacks(connection: Connection, *, limit: int) -> list[DictRow]:
    """The newest chargebacks, with customer, order and case."""
    newest = "order by received_at desc, chargeback_id"
    return await _rows(connection, f"with found as ({_CHARGEBACK} {newest} limit %s) {_ON_THE_DESK} {newest}", (limit,))


async def charged_back_minor(connection: Connection, order_id: str) -> int:
    """What banks have taken back of the order so far."""
    rows = await _rows(
        connection,
        "select coalesce(sum(amount_minor), 0)::bigint as minor from shop.chargebacks where order_id = %s",
        (order_id,),
    )
    return int(rows[0]["minor"])


async def dispute(connection: Connection, dispute_id: str) -> DictRow | None:
    """One dispute, held until the transaction ends."""
    rows = await _rows(connection, f"{_DISPUTE} where dispute_id = %s for update", (dispute_id,))
    return rows[0] if rows else None


async def open_dispute(connection: Connection, order_id: str) -> DictRow | None:
    """The order's dispute that nobody has decided."""
    rows = await _rows(connection, f"{_DISPUTE} where order_id = %s and outcome is null", (order_id,))
    return rows[0] if rows else None


async def latest_dispute(connection: Connection, order_id: str) -> DictRow | None:
    """The order's newest dispute, decided or not."""
    rows = await _rows(connection, f"{_DISPUTE} where order_id = %s order by opened_at desc limit 1", (order_id,))
    return rows[0] if rows else None


async def disputes(connection: Connection, *, is_open: bool | None, limit: int) -> list[DictRow]:
    """Disputes with customer, order and case: those that wait first, the oldest on top, then the decided, the newest first."""
    order = "order by decided_at desc nulls first, opened_at, dispute_id"
    return await _rows(
        connection,
        f"with found as ({_DISPUTE} where %(is_open)s::boolean is null or (outcome is null) = %(is_open)s {order}"
        f" limit %(limit)s) {_ON_THE_DESK} {order}",
        {"is_open": is_open, "limit": limit},
    )


async def decide(connection: Connection, dispute_id: str, *, outcome: str, by: str, now: datetime) -> None:
    """Write the outcome."""
    await connection.execute(
        "update shop.disputes set outcome = %s, decided_by = %s, decided_at = %s where dispute_id = %s",
        (outcome, by, now, dispute_id),
    )
