"""Every query on versions of the rules, their back-tests and publications, on lists and on snoozes."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace.vocabulary import EntityKind

Connection = AsyncConnection[DictRow]

_VERSIONS = """
    select sets.version, sets.document, sets.note, sets.created_by, author.full_name as created_by_name, sets.created_at,
        jsonb_array_length(sets.document -> 'rules') as rule_count,
        published.published_at,
        exists (select from shop.fraud_back_tests as tests where tests.version = sets.version) as is_back_tested
    from shop.fraud_rule_sets as sets
    left join shop.users as author on author.user_id = sets.created_by
    left join lateral (
        select max(published_at) as published_at from shop.fraud_rule_publications where version = sets.version
    ) as published on true
"""


async def _rows(connection: Connection, query: str, parameters: Any = None) -> list[DictRow]:
    return await (await connection.execute(query, parameters)).fetchall()  # type: ignore[arg-type]


async def lock(connection: Connection) -> None:
    """Until the transaction ends nobody else makes or publishes a version."""
    await connection.execute("select pg_advisory_xact_lock(hashtextextended('fraud_rules', 1))")


async def published_version(connection: Connection) -> int | None:
    """The version at work, None while it is the shipped one that nobody published."""
    rows = await _rows(
        connection,
        "select version from shop.fraud_rule_publications order by fraud_rule_publication_id desc limit 1",
    )
    return rows[0]["version"] if rows else None


async def versions(connection: Connection, *, limit: int) -> list[DictRow]:
    """The newest versions, without their documents' rules being read."""
    return await _rows(connection, f"{_VERSIONS} order by sets.version desc limit %s", (limit,))


async def version(connection: Connection, number: int) -> DictRow | None:
    """One version."""
    rows = await _rows(connection, f"{_VERSIONS} where sets.version = %s", (number,))
    return rows[0] if rows else None


async def add_version(
    connection: Connection, document: dict[str, Any], *, number: int | None, note: str, by: str | None, now: datetime
) -> int:
    """The new version's number, the next one unless it is given; a number that is there already stays as it is."""
    cursor = await connection.execute(
        "insert into shop.fraud_rule_sets (version, document, note, created_by, created_at)"
        " values (coalesce(%s::int, (select coalesce(max(version), 0) + 1 from shop.fraud_rule_sets)), %s, %s, %s, %s)"
        " on conflict (version) do nothing returning version",
        (number, Jsonb(document), note, by, now),
    )
    row = await cursor.fetchone()
    return row["version"] if row else number or 0


async def add_back_test(connection: Connection, row: dict[str, Any]) -> None:
    """Keep a back-test."""
    await connection.execute(
        "insert into shop.fraud_back_tests (fraud_back_test_id, version, result, run_by, run_at)"
        " values (%(fraud_back_test_id)s, %(version)s, %(result)s, %(run_by)s, %(run_at)s)",
        row | {"result": Jsonb(row["result"])},
    )


async def back_tests(connection: Connection, number: int) -> list[DictRow]:
    """The back-tests of a version, the newest first."""
    return await _rows(
        connection,
        "select fraud_back_test_id, version, result, run_by, run_at from shop.fraud_back_tests"
        " where version = %s order by run_at desc, fraud_back_test_id limit 20",
        (number,),
    )


async def add_publication(
    connection: Connection, number: int, *, back_test_id: str | None, reason: str, by: str, now: datetime
) -> None:
    """Put a version to work."""
    await connection.execute(
        "insert into shop.fraud_rule_publications (version, fraud_back_test_id, reason, published_by, published_at)"
        " values (%s, %s, %s, %s, %s)",
        (number, back_test_id, reason, by, now),
    )


async def live_hits(connection: Connection, *, since: datetime) -> dict[str, int]:
    """By rule on how many attempts it fired since then, whichever version it stood in."""
    rows = await _rows(
        connection,
        "select hit ->> 'name' as name, count(distinct payment_attempt_id)::int as count"
        " from shop.fraud_decisions cross join lateral jsonb_array_elements(rule_hits) as hit"
        " where decided_at > %s group by 1",
        (since,),
    )
    return {row["name"]: row["count"] for row in rows}


async def attempt(connection: Connection, payment_attempt_id: str) -> DictRow | None:
    """Whom and what an attempt carries, by kind of entity, and the first decision about it."""
    rows = await _rows(
        connection,
        """
        select attempts.customer_id as customer, attempts.device_id as device, attempts.card_token as card,
            attempts.shipping_address_hash as address, host(attempts.ip_address) as ip_address,
            decisions.decision, decisions.model_decision, decisions.features, decisions.inputs, decisions.is_fallback
        from shop.payment_attempts as attempts
        left join lateral (
            select * from shop.fraud_decisions where payment_attempt_id = attempts.payment_attempt_id
            order by decided_at, fraud_decision_id limit 1
        ) as decisions on true
        where attempts.payment_attempt_id = %s
        """,
        (payment_attempt_id,),
    )
    return rows[0] if rows else None


_ENTRIES = """
    select entries.*, users.full_name as added_by_name from shop.fraud_list_entries as entries
    join shop.users on users.user_id = entries.added_by
"""
_SNOOZES = """
    select snoozes.*, users.full_name as snoozed_by_name from shop.fraud_rule_snoozes as snoozes
    join shop.users on users.user_id = snoozes.snoozed_by
"""


async def entries(connection: Connection, *, list_name: str | None, kind: str | None, now: datetime, limit: int) -> list[DictRow]:
    """Entries that stand, the newest first."""
    return await _rows(
        connection,
        f"{_ENTRIES} where removed_at is null and (expires_at is null or expires_at > %(now)s)"
        " and (%(list)s::text is null or list_name = %(list)s) and (%(kind)s::text is null or kind = %(kind)s)"
        " order by added_at desc, fraud_list_entry_id limit %(limit)s",
        {"now": now, "list": list_name, "kind": kind, "limit": limit},
    )


async def entry(connection: Connection, entry_id: str) -> DictRow | None:
    """One entry, standing or not, held until the transaction ends."""
    rows = await _rows(connection, f"{_ENTRIES} where fraud_list_entry_id = %s for update of entries", (entry_id,))
    return rows[0] if rows else None


async def add_entry(connection: Connection, row: dict[str, Any]) -> None:
    """Add an entry; one that stands for the same entity ends where this begins."""
    await connection.execute(
        "update shop.fraud_list_entries set removed_at = least(expires_at, %(added_at)s), removed_by = %(added_by)s"
        " where list_name = %(list_name)s and kind = %(kind)s and value = %(value)s and removed_at is null",
        row,
    )
    await connection.execute(
        "insert into shop.fraud_list_entries"
        " (fraud_list_entry_id, list_name, kind, value, reason, added_by, added_at, expires_at)"
        " values (%(fraud_list_entry_id)s, %(list_name)s, %(kind)s, %(value)s, %(reason)s, %(added_by)s, %(added_at)s,"
        " %(expires_at)s)",
        row,
    )


async def remove_entry(connection: Connection, entry_id: str, *, by: str, now: datetime) -> None:
    """End an entry; that it stood stays known."""
    await connection.execute(
        "update shop.fraud_list_entries set removed_at = %s, removed_by = %s where fraud_list_entry_id = %s", (now, by, entry_id)
    )


async def snoozes(connection: Connection, *, kind: EntityKind | None, value: str | None, now: datetime) -> list[DictRow]:
    """Snoozes that stand, the newest first."""
    return await _rows(
        connection,
        f"{_SNOOZES} where ended_at is null and expires_at > %(now)s"
        " and (%(kind)s::text is null or kind = %(kind)s) and (%(value)s::text is null or value = %(value)s)"
        " order by snoozed_at desc, fraud_rule_snooze_id limit 200",
        {"now": now, "kind": kind, "value": value},
    )


async def snooze(connection: Connection, snooze_id: str) -> DictRow | None:
    """One snooze, standing or not, held until the transaction ends."""
    rows = await _rows(connection, f"{_SNOOZES} where fraud_rule_snooze_id = %s for update of snoozes", (snooze_id,))
    return rows[0] if rows else None


async def add_snooze(connection: Connection, row: dict[str, Any]) -> None:
    """Add a snooze; one that stands for the same rule and entity ends where this begins."""
    await connection.execute(
        "update shop.fraud_rule_snoozes set ended_at = least(expires_at, %(snoozed_at)s), ended_by = %(snoozed_by)s"
        " where rule_name = %(rule_name)s and kind = %(kind)s and value = %(value)s and ended_at is null",
        row,
    )
    await connection.execute(
        "insert into shop.fraud_rule_snoozes"
        " (fraud_rule_snooze_id, rule_name, kind, value, reason, snoozed_by, snoozed_at, expires_at)"
        " values (%(fraud_rule_snooze_id)s, %(rule_name)s, %(kind)s, %(value)s, %(reason)s, %(snoozed_by)s, %(snoozed_at)s,"
        " %(expires_at)s)",
        row,
    )


async def end_snooze(connection: Connection, snooze_id: str, *, by: str, now: datetime) -> None:
    """End a snooze; that it stood stays known."""
    await connection.execute(
        "update shop.fraud_rule_snoozes set ended_at = %s, ended_by = %s where fraud_rule_snooze_id = %s", (now, by, snooze_id)
    )
