"""Every query behind giving cases away, tagging them and putting them off."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

_AT_THE_DESK = "role in ('analyst', 'admin') and is_active"


async def colleague(connection: AsyncConnection[DictRow], user_id: str) -> DictRow | None:
    """Id and name of an analyst or administrator; None where the account is none, or is closed."""
    cursor = await connection.execute(
        f"select user_id, full_name from shop.users where user_id = %s and {_AT_THE_DESK}",  # type: ignore[arg-type]
        (user_id,),
    )
    return await cursor.fetchone()


async def colleagues(connection: AsyncConnection[DictRow]) -> list[DictRow]:
    """Everybody who may be given a case, by name."""
    cursor = await connection.execute(
        f"select user_id, full_name from shop.users where {_AT_THE_DESK} order by 2, 1"  # type: ignore[arg-type]
    )
    return await cursor.fetchall()


async def snooze(connection: AsyncConnection[DictRow], fraud_case_id: str, *, until: datetime, reason: str) -> None:
    """Take the case out of the queue until then; whoever had claimed it gives it back."""
    await connection.execute(
        "update shop.fraud_cases set status = 'open', claimed_by = null, claimed_at = null, snoozed_until = %s,"
        " snooze_reason = %s where fraud_case_id = %s",
        (until, reason, fraud_case_id),
    )


async def add_tag(connection: AsyncConnection[DictRow], row: dict[str, Any]) -> bool:
    """Whether the case did not bear the tag yet."""
    cursor = await connection.execute(
        "insert into shop.fraud_case_tags (fraud_case_id, tag, tagged_by, tagged_at)"
        " values (%(fraud_case_id)s, %(tag)s, %(by)s, %(now)s) on conflict do nothing",
        row,
    )
    return cursor.rowcount > 0


async def remove_tag(connection: AsyncConnection[DictRow], fraud_case_id: str, tag: str) -> bool:
    """Whether the case bore the tag."""
    cursor = await connection.execute(
        "delete from shop.fraud_case_tags where fraud_case_id = %s and tag = %s", (fraud_case_id, tag)
    )
    return cursor.rowcount > 0


async def tag_count(connection: AsyncConnection[DictRow], fraud_case_id: str) -> int:
    """How many tags the case bears."""
    cursor = await connection.execute(
        "select count(*)::int as n from shop.fraud_case_tags where fraud_case_id = %s", (fraud_case_id,)
    )
    row = await cursor.fetchone()
    return row["n"] if row else 0


async def tags_in_use(connection: AsyncConnection[DictRow], *, limit: int) -> list[str]:
    """The tags that most cases bear, by name."""
    cursor = await connection.execute(
        "select tag from (select tag, count(*) as n from shop.fraud_case_tags group by 1 order by n desc, tag limit %s) as used"
        " order by tag",
        (limit,),
    )
    return [row["tag"] for row in await cursor.fetchall()]
