"""The feature tables of rings brought up to date: from the first midnight that anything new touches, as dbt's tables restate.

Like a dbt model this reads the logs of the tables that it reads (dbt/macros/restate.sql), counts again what they touch, writes
the rows that differ and notes how far it has read, in one transaction. Anybody may touch a ring through its other customers, so
what is counted again is everybody from that midnight on; a usual day touches its own midnight only.
"""

import hashlib
import inspect
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from psycopg import sql

from marketplace.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

TABLES = {"customer_id": "customer_rings", "device_id": "device_rings"}
_READER = "customer_rings"
_EPOCH = date(1970, 1, 1)
_CHUNK_DAYS = 180  # each connects and reads its look-back again: fewer read more often, more search more for each window

_LOGS = """
    select logs.table_name, coalesce(logs.changed_at, '-infinity')::text as logged, known.read_until::text as known
    from (
        select table_name, changed_at from changes.logs where table_name in ('fct_payment_attempts', 'int_fraud_label_changes')
        union all
        select 'int_time_bounds', last_midnight_at from intermediate.int_time_bounds
    ) as logs
    left join changes.readers as known
        on known.table_name = logs.table_name and known.reader = %s and known.definition = %s
"""
_LAST_DAY = """
    select (last_midnight_at at time zone 'UTC')::date - date '1970-01-01' from intermediate.int_time_bounds
    where isfinite(last_midnight_at)
"""
_FIRST_DAY = """
    select (min(attempted_at) at time zone 'UTC')::date + 1 - date '1970-01-01' from marts.fct_payment_attempts
"""
# The first midnight that is new, or touched by an attempt or a label that came, went, or is not what it was.
_TOUCHED = """
    select nullif(min(day), '-infinity') - date '1970-01-01' from (
        select (min(attempted_at) at time zone 'UTC')::date + 1 as day from changes.fct_payment_attempts
        where changed_at > %(fct_payment_attempts)s
        group by payment_attempt_id
        having count(*) %% 2 = 1
            or count(distinct (customer_id, device_id, card_token, shipping_address_hash, attempted_at, 0)) > 1
        union all
        select known_date from changes.int_fraud_label_changes where changed_at > %(int_fraud_label_changes)s
        union all
        select (%(int_time_bounds)s::timestamptz at time zone 'UTC')::date + 1
    ) as days
"""
_ATTEMPTS = """
    select customer_id, device_id, card_token, shipping_address_hash,
        (attempted_at at time zone 'UTC')::date - date '1970-01-01' as day
    from marts.fct_payment_attempts where attempted_at >= timestamptz '{since}' and attempted_at < timestamptz '{until}'
"""
_LABEL_CHANGES = """
    select attempts.customer_id, (attempts.attempted_at at time zone 'UTC')::date - date '1970-01-01' as day,
        changes.known_date - date '1970-01-01' as known_day, changes.change
    from intermediate.int_fraud_label_changes as changes
    join marts.fct_payment_attempts as attempts using (payment_attempt_id)
    where attempts.attempted_at >= timestamptz '{since}' and attempts.attempted_at < timestamptz '{until}'
"""


def restate_rings(warehouse: Warehouse) -> dict[str, int]:
    """How many rows of each table were written: those of touched midnights that are not what they were.

    Nothing may build the warehouse meanwhile. A run that dies has done nothing.
    """
    with warehouse.connect() as connection:
        logs = connection.execute(_LOGS, [_READER, _definition()]).fetchall()
        if all(logged == known for _, logged, known in logs):
            return dict.fromkeys(TABLES.values(), 0)
        is_whole = any(known is None for *_, known in logs)
        touched = None if is_whole else _number(connection, _TOUCHED, {table: known for table, _, known in logs})
        last = _number(connection, _LAST_DAY)
    with warehouse.connect() as connection:
        for key in TABLES:
            connection.execute(_sql("create temporary table {new} (like {table} including defaults) on commit drop", key))
        first = _number(connection, _FIRST_DAY) if touched is None else touched
        for chunk in _history(warehouse, first, last):
            for key, rows in chunk.items():
                _copy(connection, key, rows)
        written = {table: _replace(connection, key, touched) for key, table in TABLES.items()}
        for table, logged, _ in logs:
            _note(connection, table, logged)
    return written


def _history(warehouse: Warehouse, first: int | None, last: int | None) -> "Iterator[dict[str, pd.DataFrame]]":
    """The rows of the midnights from `first` to `last`, some at a time: no more is held at once than their look-back."""
    from models.fraud.rings import WINDOW_DAYS, ring_history

    if first is None or last is None:
        return
    for begin in range(first, last + 1, _CHUNK_DAYS):
        end = min(begin + _CHUNK_DAYS - 1, last)
        read = {"since": _instant(begin - 1 - WINDOW_DAYS).isoformat(), "until": _instant(end).isoformat()}
        attempts, label_changes = (warehouse.read(query.format(**read)) for query in (_ATTEMPTS, _LABEL_CHANGES))
        if not attempts.empty:
            yield ring_history(attempts, label_changes, first=begin, last=end)


def _copy(connection: psycopg.Connection[Any], key: str, rows: "pd.DataFrame") -> None:
    with connection.cursor().copy(_sql("copy {new} ({columns}) from stdin", key)) as stream:
        for *values, day in zip(*(rows[name].tolist() for name in (*_columns(key)[:-1], "known_day")), strict=True):
            stream.write_row([*values, _instant(day)])


def _replace(connection: psycopg.Connection[Any], key: str, first: int | None) -> int:
    """Put what was copied in the place of the rows of the midnight `first` and later, or of all; how many are new."""
    stale = "delete from {table} as stored where event_timestamp >= %s and not exists (select from {new} as new where {is_same})"
    connection.execute(_sql(stale, key), ["-infinity" if first is None else _instant(first)])
    insert = _sql("insert into {table} ({columns}) select {columns} from {new} on conflict do nothing", key)
    written = connection.execute(insert).rowcount
    if first is None:
        connection.execute(_sql("analyze {table}", key))
    return written


def _sql(statement: LiteralString, key: str) -> sql.Composed:
    """A statement on the table of this key and the temporary one that holds what is new."""
    columns = [sql.Identifier(name) for name in _columns(key)]
    return sql.SQL(statement).format(
        table=sql.Identifier("features", TABLES[key]),
        new=sql.Identifier(f"new_{TABLES[key]}"),
        columns=sql.SQL(", ").join(columns),
        is_same=sql.SQL(" and ").join(sql.SQL("new.{0} = stored.{0}").format(name) for name in columns),
    )


def _columns(key: str) -> tuple[str, ...]:
    from models.fraud.rings import RING_COLUMNS

    return (key, *RING_COLUMNS[key], "event_timestamp")


def _note(connection: psycopg.Connection[Any], table: str, logged: str) -> None:
    connection.execute(
        "insert into changes.readers (table_name, reader, definition, read_until) values (%s, %s, %s, %s)"
        " on conflict (table_name, reader) do update set definition = excluded.definition, read_until = excluded.read_until,"
        " read_at = now()",
        [table, _READER, _definition(), logged],
    )


def _definition() -> str:
    """The code that the tables are made by, as a hash: what other code has made is counted again."""
    from models.fraud import rings

    return hashlib.md5((inspect.getsource(rings) + _ATTEMPTS + _LABEL_CHANGES).encode()).hexdigest()


def _number(connection: psycopg.Connection[Any], query: str, values: Any = None) -> int | None:
    row = connection.execute(query.encode(), values).fetchone()
    return row[0] if row else None


def _instant(day: int) -> datetime:
    """The midnight that begins a day counted from 1970."""
    return datetime.combine(_EPOCH + timedelta(days=day), datetime.min.time(), UTC)
