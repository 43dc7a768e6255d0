"""Online values whose row a correction has taken away from the feature table.

Feast materialises rows that are there. Where an order turns out to be somebody else's, its customer's newest row goes, and the
online store would go on telling it. So triggers note what is deleted from a feature table, whoever deletes it, and a
materialisation dates the values of those rows back: they stay readable until the entity's newest row takes their place, or it
turns out that there is none. (Where a view has a time to live, they are past it and read as unknown for that moment.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from feast.infra.key_encoding_utils import serialize_entity_key_prefix
from psycopg import sql

from feature_repo.newest_values import key_values
from feature_repo.online_tables import ONLINE_SCHEMA
from feature_repo.point_in_time import StoredView

_VALUE_AT = 1 + 4 + 4  # in an entity's key, behind the names: type and length of its only value, each four bytes
_NOTED = {
    "withdrawn_rows": "after delete on {stored} referencing old table as gone",
    "truncated_rows": "after truncate on {stored}",
}

_IS_WATCHED = (
    "select count(*) = 2 from pg_trigger where tgrelid = %s::regclass and tgname in ('withdrawn_rows', 'truncated_rows')"
)
_WATCH = "create or replace trigger {name} {when} for each statement execute function feast_online.note_withdrawn({key})"
_ANY_ROW = "insert into feast_online.withdrawn_rows (table_name) values (%s)"

# A row that was only written anew is where it was.
_FORGET_RESTORED = """
delete from feast_online.withdrawn_rows as noted using {stored} as stored
where noted.table_name = %s and stored.{key} = noted.entity and stored.{instant} = noted.event_timestamp
"""
_NOTES = "select note_id, entity, event_timestamp from feast_online.withdrawn_rows where table_name = %s"
# Feast stores instants of UTC without saying so. A value pushed since the table was built has no row yet.
_UNFOUNDED = """
select convert_from(substring(entity_key from {value_at}), 'UTF8'), event_ts::timestamp at time zone 'UTC'
from {online} as online
where feature_name = {feature}
    and not exists (
        select from {stored} as stored
        where stored.{key} = convert_from(substring(online.entity_key from {value_at}), 'UTF8')
            and stored.{instant} = online.event_ts::timestamp at time zone 'UTC'
    )
    and (not {is_pushed} or event_ts::timestamp at time zone 'UTC' < (select max({instant}) - interval '1 hour' from {stored}))
"""
# Deleted and written again, since no update makes a value older (online_tables.py).
_DATE_BACK = """
with withdrawn as (
    delete from {online} using unnest(%(keys)s::bytea[], %(instants)s::timestamptz[]) as gone (entity_key, instant)
    where {online}.entity_key = gone.entity_key
        and event_ts in ((gone.instant at time zone 'UTC')::timestamptz, timestamptz 'epoch')
    returning {online}.entity_key, feature_name, value, value_text, vector_value, created_ts
)
insert into {online} (entity_key, feature_name, value, value_text, vector_value, created_ts, event_ts)
select withdrawn.*, timestamptz 'epoch' from withdrawn
"""
_FORGET = "delete from {online} where entity_key = any(%s) and event_ts = timestamptz 'epoch'"


@dataclass(frozen=True)
class Withdrawn:
    """The entities that may have lost a row which is online, by their key there, and the notes that told of them."""

    keys: dict[str, bytes]
    notes: Sequence[int]


class WithdrawnRows:
    """What is gone from one view's table; `is_pushed` says whether values come online before their row is built."""

    def __init__(self, database_url: str, project: str, view: StoredView, *, is_pushed: bool) -> None:
        [key] = view.keys
        schema, table = view.table.split(".")
        self._database_url = database_url
        self._key, self._table = key, table
        self._prefix = serialize_entity_key_prefix([key])
        self._names = {
            "online": sql.Identifier(ONLINE_SCHEMA, f"{project}_{view.name}"),
            "stored": sql.Identifier(schema, table),
            "key": sql.Identifier(key),
            "instant": sql.Identifier(view.timestamp),
            "feature": sql.Literal(view.columns[0]),
            "value_at": sql.Literal(len(self._prefix) + _VALUE_AT),
            "is_pushed": sql.Literal(is_pushed),
        }

    def watch(self) -> None:
        """Note from now on what the table loses; of a table without triggers, being new, anything may be lost already."""
        with psycopg.connect(self._database_url) as connection:
            if connection.execute(_IS_WATCHED, [self._names["stored"].as_string()]).fetchone() == (True,):
                return
            for name, when in _NOTED.items():
                parts = {"name": sql.Identifier(name), "when": self._sql(when), "key": sql.Literal(self._key)}
                connection.execute(sql.SQL(_WATCH).format(**parts))
            connection.execute(_ANY_ROW, [self._table])

    def date_back(self) -> Withdrawn:
        """Entities that lost a row: what is online of it now gives way to any other row of theirs."""
        with psycopg.connect(self._database_url) as connection:
            connection.execute(self._sql(_FORGET_RESTORED), [self._table])
            notes = connection.execute(_NOTES, [self._table]).fetchall()
            gone = [(entity, instant) for _, entity, instant in notes if entity is not None]
            if len(gone) < len(notes):
                gone += connection.execute(self._sql(_UNFOUNDED)).fetchall()
            keys = [self._prefix + key_values([self._key], {self._key: entity}) for entity, _ in gone]
            if gone:
                connection.execute(self._sql(_DATE_BACK), {"keys": keys, "instants": [instant for _, instant in gone]})
        return Withdrawn({entity: key for (entity, _), key in zip(gone, keys, strict=True)}, [note for note, *_ in notes])

    def forget(self, withdrawn: Withdrawn) -> None:
        """Delete the values that no row took the place of; the notes are done with."""
        with psycopg.connect(self._database_url) as connection:
            connection.execute(self._sql(_FORGET), [list(withdrawn.keys.values())])
            connection.execute("delete from feast_online.withdrawn_rows where note_id = any(%s)", [list(withdrawn.notes)])

    def _sql(self, statement: Any) -> sql.Composed:
        return sql.SQL(statement).format(**self._names)
