"""Every change of a case: claims, closing, and the labels and notes that analysts write."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb


async def lock(connection: AsyncConnection[DictRow], fraud_case_id: str) -> DictRow | None:
    """The case, held until the transaction ends so that two analysts cannot both decide it."""
    cursor = await connection.execute(
        "select c.fraud_case_id, c.payment_attempt_id, c.order_id, c.status, c.claimed_by, c.claimed_at, c.opened_at,"
        " c.closed_at, c.snoozed_until, c.snooze_reason, u.full_name as claimed_by_name from shop.fraud_cases as c"
        " left join shop.users as u on u.user_id = c.claimed_by where c.fraud_case_id = %s for update of c",
        (fraud_case_id,),
    )
    return await cursor.fetchone()


async def order_of(connection: AsyncConnection[DictRow], fraud_case_id: str) -> str | None:
    """The order that the case is about, if there is one."""
    cursor = await connection.execute("select order_id from shop.fraud_cases where fraud_case_id = %s", (fraud_case_id,))
    row = await cursor.fetchone()
    return row["order_id"] if row is not None else None


async def set_claim(connection: AsyncConnection[DictRow], fraud_case_id: str, *, analyst_id: str | None, now: datetime) -> None:
    """Give the case to an analyst, or back to the queue; a snooze is over."""
    await connection.execute(
        "update shop.fraud_cases set status = %s, claimed_by = %s, claimed_at = %s, snoozed_until = null, snooze_reason = null"
        " where fraud_case_id = %s",
        ("claimed" if analyst_id else "open", analyst_id, now if analyst_id else None, fraud_case_id),
    )


async def close(connection: AsyncConnection[DictRow], fraud_case_id: str, *, analyst_id: str, now: datetime) -> None:
    """Take the case off the queue for good."""
    await connection.execute(
        "update shop.fraud_cases set status = 'closed', closed_at = %s, claimed_by = %s,"
        " claimed_at = coalesce(claimed_at, %s) where fraud_case_id = %s",
        (now, analyst_id, now, fraud_case_id),
    )


async def add_label(connection: AsyncConnection[DictRow], row: dict[str, Any]) -> None:
    """Write what an analyst found, and announce it; training knows it from `labelled_at` on."""
    await connection.execute(
        "insert into shop.fraud_labels (fraud_label_id, payment_attempt_id, order_id, outcome, label_source, reason, comment,"
        " labelled_by, labelled_at) values (%(fraud_label_id)s, %(payment_attempt_id)s, %(order_id)s, %(outcome)s, 'analyst',"
        " %(reason)s, %(comment)s, %(labelled_by)s, %(labelled_at)s)",
        row,
    )
    said = {name: row[name] for name in ("fraud_label_id", "payment_attempt_id", "order_id", "outcome")}
    await connection.execute(
        "insert into shop.outbox (topic, key, payload) values ('fraud_labels', %s, %s)",
        (row["payment_attempt_id"], Jsonb(said | {"labelled_at": row["labelled_at"].isoformat()})),
    )


async def add_note(connection: AsyncConnection[DictRow], row: dict[str, Any]) -> None:
    """Keep a note on the case."""
    await connection.execute(
        "insert into shop.fraud_case_notes (fraud_case_note_id, fraud_case_id, body, written_by, written_at)"
        " values (%(fraud_case_note_id)s, %(fraud_case_id)s, %(body)s, %(written_by)s, %(written_at)s)",
        row,
    )


async def latest_outcome(connection: AsyncConnection[DictRow], payment_attempt_id: str) -> str | None:
    """The last word on the attempt."""
    cursor = await connection.execute(
        "select outcome from shop.fraud_labels where payment_attempt_id = %s order by labelled_at desc limit 1",
        (payment_attempt_id,),
    )
    row = await cursor.fetchone()
    return row["outcome"] if row else None
