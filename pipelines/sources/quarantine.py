"""Rows that do not fit, kept with source, reason and payload in `quarantine.rows`."""

import hashlib
import json
from collections import Counter
from typing import Any

import psycopg
from psycopg import sql


class Quarantine:
    """Collects the rows that one load puts aside, and counts them by table and reason."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.reasons: Counter[tuple[str, str]] = Counter()
        self._clashes: Counter[str] = Counter()
        self._waiting: list[tuple[str, str, str, str, str]] = []

    def add(self, table: str, row_key: str, reason: str, payload: dict[str, Any]) -> None:
        """Keep one row that a reader refused; written by `flush`."""
        text = json.dumps(payload, default=str, sort_keys=True, ensure_ascii=False).replace("\\u0000", "\\\\u0000")
        self._waiting.append((table, row_key, reason, text, _digest(text)))
        self.reasons[table, reason] += 1

    def flush(self, connection: psycopg.Connection[Any]) -> None:
        """Write the rows that wait; one seen before is only counted again."""
        with connection.cursor() as cursor:
            cursor.executemany(
                """
                insert into quarantine.rows (source, object, row_key, reason, payload, payload_hash)
                values (%s, %s, %s, %s, %s::jsonb, %s)
                on conflict (source, object, payload_hash, reason)
                do update set seen_count = quarantine.rows.seen_count + 1, last_seen_at = now()
                """,
                [(self.source, *row) for row in self._waiting],
            )
        self._waiting.clear()

    def take_from_staging(
        self,
        connection: psycopg.Connection[Any],
        table: str,
        key: tuple[str, ...],
        condition: sql.Composable,
        reason: str,
        *,
        is_clash: bool = False,
    ) -> int:
        """Move the staged rows of `table` that meet `condition` here; returns how many."""
        statement = sql.SQL(
            """
            with taken as (
                delete from {staging} where {condition} returning to_jsonb({staging}) - 'created_at' - 'updated_at' as payload
            ),
            distinct_rows as (select payload, count(*) as copies from taken group by payload),
            written as (
                insert into quarantine.rows (source, object, row_key, reason, payload, payload_hash, seen_count)
                select %(source)s, %(table)s, concat_ws('/', {key}), %(reason)s, payload,
                    encode(sha256(convert_to(payload::text, 'UTF8')), 'hex'), copies
                from distinct_rows
                on conflict (source, object, payload_hash, reason)
                do update set seen_count = quarantine.rows.seen_count + excluded.seen_count, last_seen_at = now()
            )
            select count(*) from taken
            """
        ).format(
            staging=sql.Identifier(f"load_{table}"),
            condition=condition,
            key=sql.SQL(", ").join(sql.SQL("payload ->> {}").format(sql.Literal(column)) for column in key),
        )
        row = connection.execute(statement, {"source": self.source, "table": table, "reason": reason}).fetchone()
        count = int(row[0]) if row else 0
        if count:
            self.reasons[table, reason] += count
            self._clashes[table] += count if is_clash else 0
        return count

    def count(self, table: str) -> int:
        """Rows of `table` put aside so far."""
        return sum(number for (name, _), number in self.reasons.items() if name == table)

    def clashes(self, table: str) -> int:
        """Of those, rows that were well formed but whose unique value or key was taken."""
        return self._clashes[table]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
