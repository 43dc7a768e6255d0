"""Every query on the audit of the fraud desk: what was done to cases, rules and lists, and what came back of orders."""

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.fraud_audit.schemas import AuditFilters

# What is decided of disputes and chargebacks, and what that stops, are acts on an order, whose history shows them too.
_AT_THE_DESK = (
    "(starts_with(l.object_type, 'fraud') or l.object_type = 'order' and l.action in"
    " ('dispute.decided', 'chargeback.recorded', 'order.cancelled_as_fraud'))"
)
_CASE = (
    "case l.object_type when 'fraud_case' then l.object_id when 'order' then (select c.fraud_case_id from shop.fraud_cases as c"
    " join shop.payment_attempts as a using (payment_attempt_id) where a.order_id = l.object_id limit 1) end"
)
_CONDITIONS = {
    "search": "(strpos(lower(coalesce(l.reason, '')), lower(%(search)s)) > 0"
    " or strpos(lower(coalesce(u.full_name, '')), lower(%(search)s)) > 0 or l.object_id = %(search)s)",
    "action": "l.action = %(action)s",
    "actor_id": "l.actor_id = %(actor_id)s",
    "occurred_from": "l.occurred_at >= %(occurred_from)s",
    "occurred_before": "l.occurred_at < %(occurred_before)s",
}


async def entries(
    connection: AsyncConnection[DictRow], filters: AuditFilters, *, before: int | None, limit: int
) -> list[DictRow]:
    """Up to `limit` entries older than the entry `before`, the newest first; ids rise with time."""
    values = filters.model_dump(include=set(_CONDITIONS), exclude_none=True)
    where = " and ".join([_AT_THE_DESK, *(_CONDITIONS[name] for name in values)])
    cursor = await connection.execute(
        "select l.audit_id, l.occurred_at, l.actor_id, u.full_name as actor_name, l.action, l.object_type, l.object_id, l.reason,"
        f" l.details, {_CASE} as fraud_case_id"
        f" from shop.audit_log as l left join shop.users as u on u.user_id = l.actor_id where {where}"
        " and (%(before)s::bigint is null or l.audit_id < %(before)s) order by l.audit_id desc limit %(limit)s",  # type: ignore[arg-type]
        values | {"before": before, "limit": limit},
    )
    return await cursor.fetchall()


async def actors(connection: AsyncConnection[DictRow]) -> list[DictRow]:
    """Who has done something at the desk, by name."""
    cursor = await connection.execute(
        "select user_id, full_name from shop.users where user_id in"
        f" (select actor_id from shop.audit_log as l where {_AT_THE_DESK}) order by 2, 1"  # type: ignore[arg-type]
    )
    return await cursor.fetchall()


async def actions(connection: AsyncConnection[DictRow]) -> list[str]:
    """What has been done at the desk so far."""
    cursor = await connection.execute(
        f"select distinct action from shop.audit_log as l where {_AT_THE_DESK} order by 1"  # type: ignore[arg-type]
    )
    return [row["action"] for row in await cursor.fetchall()]
