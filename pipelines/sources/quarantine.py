"""Rows that do not fit, kept with source, reason and payload in `quarantine.rows` until they are corrected."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from pipelines.sources.table_rules import TableRules

# Seen again, a row is open again: whatever it was resolved by did not last.
_SEEN_AGAIN = """
    on conflict (source, object, payload_hash, reason) do update set
        seen_count = quarantine.rows.seen_count + excluded.seen_count, last_seen_at = now(), context = excluded.context,
        resolved_at = null, resolution = null, replaced_by = null
"""


_EXAMPLES = 20  # of each file, to be printed


@dataclass(frozen=True)
class Example:
    """Where a row that was put aside stood, and what was wrong with it."""

    reason: str
    file: str
    line: int
    column: str | None = None
    came: str | None = None


class Quarantine:
    """Collects the rows that one load puts aside, and counts them by table and reason.

    `limit` characters of a payload are kept; the rest of a row that is larger is worth nothing to who corrects it.
    """

    def __init__(self, source: str, *, limit: int = 20_000) -> None:
        self.source = source
        self.reasons: Counter[tuple[str, str]] = Counter()
        self._limit = limit
        self.examples: defaultdict[str, list[Example]] = defaultdict(list)
        self._waiting: list[tuple[str, str | None, str, str, str, str | None]] = []
        self._accepted: defaultdict[str, set[str]] = defaultdict(set)

    def add(
        self,
        table: str,
        row_key: str | None,
        reason: str,
        payload: dict[str, Any],
        *,
        context: dict[str, Any] | None = None,
    ) -> None:
        """Keep one row that a reader refused; written by `flush`.

        Args:
            context: where it stood: `file`, `line`, and `column` where one is to blame.
        """
        text = _storable(payload)
        digest = _digest(text)
        if len(text) > self._limit:
            text = json.dumps({"text": text[: self._limit]}, ensure_ascii=False)
        key = _plain(row_key)[:200] if row_key is not None else None
        where = _storable(context) if context else None
        self._waiting.append((table, key, _plain(reason)[:1000], text, digest, where))
        self.reasons[table, reason] += 1
        if context and len(self.examples[table]) < _EXAMPLES:
            self.examples[table].append(Example(reason=reason, **context))

    def holds(self, table: str, payload: dict[str, Any]) -> bool:
        """Whether this very row waits to be written."""
        digest = _digest(_storable(payload))
        return any(row[0] == table and row[4] == digest for row in self._waiting)

    def accept(self, table: str, row_keys: Iterable[str]) -> None:
        """Say that a reader took the rows of these keys: those that wait here from an earlier load are resolved by `flush`."""
        self._accepted[table].update(row_keys)

    def flush(self, connection: psycopg.Connection[Any]) -> None:
        """Write the rows that wait and resolve those that were accepted; a row seen before is only counted again."""
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into quarantine.rows (source, object, row_key, reason, payload, payload_hash, context) "
                f"values (%s, %s, %s, %s, %s::jsonb, %s, %s::jsonb) {_SEEN_AGAIN}",  # type: ignore[arg-type]
                [(self.source, *row) for row in self._waiting],
            )
        self._waiting.clear()
        for table, keys in self._accepted.items():
            if self._is_waited_for(connection, table):
                self._resolve(connection, table, sql.SQL("row_key = any(%(keys)s)"), list(keys))
        self._accepted.clear()

    def take_from_staging(
        self, connection: psycopg.Connection[Any], rules: TableRules, condition: sql.Composable, reason: str
    ) -> int:
        """Move the staged rows that meet `condition` here; returns how many."""
        statement = sql.SQL(
            """
            with taken as (
                delete from {staging} where {condition} returning to_jsonb({staging}.*) - {others}::text[] as payload
            ),
            distinct_rows as (select payload, count(*) as copies from taken group by payload),
            written as (
                insert into quarantine.rows (source, object, row_key, reason, payload, payload_hash, seen_count)
                select %(source)s, %(table)s, concat_ws('/', {key}), %(reason)s, payload,
                    encode(sha256(convert_to(payload::text, 'UTF8')), 'hex'), copies
                from distinct_rows {seen_again}
            )
            select count(*) from taken
            """
        ).format(
            staging=rules.staging,
            condition=condition,
            others=sql.Literal([column for column in rules.columns if column not in rules.given]),
            key=sql.SQL(", ").join(sql.SQL("payload ->> {}").format(sql.Literal(column)) for column in rules.key),
            seen_again=sql.SQL(_SEEN_AGAIN),
        )
        row = connection.execute(statement, {"source": self.source, "table": rules.name, "reason": reason}).fetchone()
        count = int(row[0]) if row else 0
        if count:
            self.reasons[rules.name, reason] += count
        return count

    def resolve_loaded(self, connection: psycopg.Connection[Any], rules: TableRules) -> None:
        """Resolve what waits from earlier loads under the keys that are in staging now, because they are in the shop."""
        if self._is_waited_for(connection, rules.name):
            keys = sql.SQL("row_key in (select {} from {})").format(rules.row_key(), rules.staging)
            self._resolve(connection, rules.name, keys)

    def _is_waited_for(self, connection: psycopg.Connection[Any], table: str) -> bool:
        row = connection.execute(
            "select exists (select from quarantine.rows where source = %s and object = %s and resolved_at is null)",
            [self.source, table],
        ).fetchone()
        return bool(row and row[0])

    def _resolve(
        self, connection: psycopg.Connection[Any], table: str, condition: sql.Composable, keys: list[str] | None = None
    ) -> None:
        """Resolve the rows that meet `condition` and were put aside before this transaction."""
        statement = sql.SQL(
            "update quarantine.rows set resolved_at = now(), resolution = 'loaded', correction = null "
            "where source = %(source)s and object = %(table)s and resolved_at is null and last_seen_at < now() and "
        )
        connection.execute(statement + condition, {"source": self.source, "table": table, "keys": keys})

    def count(self, table: str) -> int:
        """Rows of `table` put aside so far."""
        return sum(number for (name, _), number in self.reasons.items() if name == table)


def _storable(payload: Any) -> str:
    """The payload as JSON that Postgres takes: without NUL, and without half a surrogate pair."""
    return json.dumps(_plain(payload), default=str, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "\\u0000").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_plain(name): _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
