"""The newest stored values of an entity, all views in one prepared statement over Feast's own online tables.

Feast plans its query, its types and its answer anew for every request, in more than a millisecond; here that is done once per
service and connection. Tests prove that the answers are Feast's. One is not, on purpose: a value past its view's time to live is
unknown, as it is in a training set, while Feast goes on answering it until somebody deletes it.
"""

import struct
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from feast.infra.key_encoding_utils import serialize_entity_key_prefix
from feast.protos.feast.types.Value_pb2 import Value, ValueType
from feast.type_map import feast_value_type_to_python_type
from psycopg import sql

from feature_repo.online_tables import ONLINE_SCHEMA
from feature_repo.point_in_time import StoredView

Connection = psycopg.Connection[Any]
# The kinds of Feast's values that are what they hold; whatever else there is, Feast itself turns into what Python has.
_AS_THEY_ARE = {"int32_val", "int64_val", "double_val", "string_val"}


class NewestValues:
    """Reads some views of one project; safe to share between threads, each of which has a connection while it reads."""

    def __init__(self, database_url: str, project: str, views: Sequence[StoredView]) -> None:
        self._database_url = database_url
        self._statement = _statement(project, views)
        self._keys = [(serialize_entity_key_prefix(list(view.keys)), sorted(view.keys)) for view in views]
        self._columns = [frozenset(view.columns) for view in views]
        self._unknown = dict.fromkeys(column for view in views for column in view.columns)
        self._idle: deque[Connection] = deque()

    def read(self, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The columns of every view by name, one dictionary per entity in the order asked; None where nothing is known.

        Args:
            entities: the join keys of the views; one that is missing or None is nobody's.
        """
        try:
            known = self._idle.pop()
        except IndexError:
            return self._read_all(self._connect(), entities)
        try:
            return self._read_all(known, entities)
        except psycopg.OperationalError:  # it was from before a restart
            return self._read_all(self._connect(), entities)

    def _connect(self) -> Connection:
        return psycopg.connect(self._database_url, autocommit=True, connect_timeout=2)

    def _read_all(self, connection: Connection, entities: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        try:
            rows = [self._read(connection, entity) for entity in entities]
        except BaseException:
            connection.close()  # and with it the rest of an answer
            raise
        self._idle.append(connection)
        return rows

    def _read(self, connection: Connection, entity: Mapping[str, Any]) -> dict[str, Any]:
        keys = [prefix + _key_values(names, entity) for prefix, names in self._keys]
        row: dict[str, Any] = dict(self._unknown)
        for place, name, stored in connection.execute(self._statement, keys, prepare=True, binary=True).fetchall():
            if name in self._columns[place]:
                row[name] = _plain(stored)
        return row


def _statement(project: str, views: Sequence[StoredView]) -> bytes:
    return sql.SQL(" union all ").join(_values_of(place, project, view) for place, view in enumerate(views)).as_bytes()


def _values_of(place: int, project: str, view: StoredView) -> sql.Composed:
    query = sql.SQL("select {}::int2, feature_name, value from {} where entity_key = %s").format(
        sql.Literal(place), sql.Identifier(ONLINE_SCHEMA, f"{project}_{view.name}")
    )
    if view.ttl:
        query += sql.SQL(" and event_ts >= now() at time zone 'UTC' - {}::interval").format(f"{view.ttl.total_seconds()} seconds")
    return query


def _key_values(keys: Sequence[str], entity: Mapping[str, Any]) -> bytes:
    """Texts as Feast writes them behind the names of their keys: type, length and bytes of each."""
    texts = [str(entity.get(key) or "").encode() for key in keys]
    return b"".join(struct.pack("<II", ValueType.STRING, len(text)) + text for text in texts)


def _plain(stored: bytes) -> Any:
    value = Value.FromString(stored)
    kind = value.WhichOneof("val")
    return getattr(value, kind) if kind in _AS_THEY_ARE else feast_value_type_to_python_type(value)
