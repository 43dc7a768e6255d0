"""The newest stored values of some entities, all views in one prepared statement over Feast's own online tables.

Feast plans its query, its types and its answer anew for every request, in more than a millisecond; here that is done once per
service and connection. Tests prove that the answers are Feast's. One is not, on purpose: a value past its view's time to live is
unknown, as it is in a training set, while Feast goes on answering it until somebody deletes it.
"""

import struct
from asyncio import AbstractEventLoop, get_running_loop
from collections import deque
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from feast.infra.key_encoding_utils import serialize_entity_key_prefix
from feast.protos.feast.types.Value_pb2 import Value, ValueType
from feast.type_map import feast_value_type_to_python_type
from psycopg import sql

from feature_repo.online_tables import ONLINE_SCHEMA
from feature_repo.point_in_time import StoredView

Entity = Mapping[str, Any]
Connection = psycopg.Connection[Any]
AsyncConnection = psycopg.AsyncConnection[Any]

# Planned once: with the keys in view Postgres would plan anew for each reading, which takes longer than the reading.
_OPTIONS: dict[str, Any] = {"autocommit": True, "connect_timeout": 2, "options": "-c plan_cache_mode=force_generic_plan"}

_HEAD = struct.Struct("<II").pack


class NewestValues:
    """Reads some views of one project; threads may share it, and so may event loops. A connection is one reading's at a time."""

    def __init__(self, database_url: str, project: str, views: Sequence[StoredView]) -> None:
        self._database_url = database_url
        self._statement = _statement(project, views)
        # Views with the same keys are asked with one array, made and sent once.
        self._keys = {_array_of(view): (serialize_entity_key_prefix(list(view.keys)), sorted(view.keys)) for view in views}
        self._arrays = [_array_of(view) for view in views]
        self._columns = [view.columns for view in views]
        self._nothing = [dict.fromkeys(view.columns) for view in views]
        self._idle: deque[Connection] = deque()
        self._idle_in: WeakKeyDictionary[AbstractEventLoop, deque[AsyncConnection]] = WeakKeyDictionary()

    def read(self, entities: Sequence[Entity]) -> list[dict[str, Any]]:
        """The columns of every view by name, one dictionary per entity in the order asked; None where nothing is known.

        Args:
            entities: the join keys of the views; one that is missing or None is nobody's.
        """
        try:
            known = self._idle.pop()
        except IndexError:
            return self._read(psycopg.connect(self._database_url, **_OPTIONS), entities)
        try:
            return self._read(known, entities)
        except psycopg.OperationalError:  # it was from before a restart
            return self._read(psycopg.connect(self._database_url, **_OPTIONS), entities)

    async def read_soon(self, entities: Sequence[Entity]) -> list[dict[str, Any]]:
        """What `read` says, without holding up the event loop."""
        idle = self._idle_in.setdefault(get_running_loop(), deque())
        try:
            known = idle.pop()
        except IndexError:
            return await self._read_soon(await psycopg.AsyncConnection.connect(self._database_url, **_OPTIONS), idle, entities)
        try:
            return await self._read_soon(known, idle, entities)
        except psycopg.OperationalError:  # it was from before a restart
            return await self._read_soon(await psycopg.AsyncConnection.connect(self._database_url, **_OPTIONS), idle, entities)

    def _read(self, connection: Connection, entities: Sequence[Entity]) -> list[dict[str, Any]]:
        asked = self._asked(entities)
        try:
            lines = connection.execute(self._statement, asked, prepare=True, binary=True).fetchall()
        except BaseException:
            connection.close()  # and with it the rest of an answer
            raise
        self._idle.append(connection)
        return self._rows(asked, lines)

    async def _read_soon(
        self, connection: AsyncConnection, idle: deque[AsyncConnection], entities: Sequence[Entity]
    ) -> list[dict[str, Any]]:
        asked = self._asked(entities)
        try:
            lines = await (await connection.execute(self._statement, asked, prepare=True, binary=True)).fetchall()
        except BaseException:
            await connection.close()
            raise
        idle.append(connection)
        return self._rows(asked, lines)

    def _asked(self, entities: Sequence[Entity]) -> dict[str, list[bytes]]:
        """The keys of the entities as the views have them, by array."""
        return {
            array: [prefix + key_values(names, entity) for entity in entities] for array, (prefix, names) in self._keys.items()
        }

    def _rows(self, asked: dict[str, list[bytes]], lines: Sequence[Any]) -> list[dict[str, Any]]:
        found: list[dict[bytes, dict[str, Any]]] = [{} for _ in self._columns]
        for place, key, names, values in lines:
            columns = self._columns[place]
            held = [_plain(values[at]) if at is not None else None for at in _places(names, columns)]
            found[place][key] = dict(zip(columns, held, strict=True))
        rows: list[dict[str, Any]] = []
        for keys in zip(*(asked[array] for array in self._arrays), strict=True):
            row: dict[str, Any] = {}
            for key, known, nothing in zip(keys, found, self._nothing, strict=True):
                row.update(known.get(key, nothing))
            rows.append(row)
        return rows


def _statement(project: str, views: Sequence[StoredView]) -> bytes:
    return sql.SQL(" union all ").join(_values_of(place, project, view) for place, view in enumerate(views)).as_bytes()


def _values_of(place: int, project: str, view: StoredView) -> sql.Composed:
    """One line per entity: the names of its values, with commas between, and the values in the same order."""
    query = sql.SQL(
        "select {}::int2, entity_key, string_agg(feature_name, ','), array_agg(value) from {} where entity_key = any({})"
    ).format(
        sql.Literal(place), sql.Identifier(ONLINE_SCHEMA, f"{project}_{view.name}"), sql.Placeholder(_array_of(view), format="b")
    )
    if view.ttl:
        query += sql.SQL(" and event_ts >= now() at time zone 'UTC' - {}::interval").format(f"{view.ttl.total_seconds()} seconds")
    return query + sql.SQL(" group by entity_key")


def _array_of(view: StoredView) -> str:
    """The name of the parameter that holds the keys of the entities as this view has them."""
    return "_".join(view.keys)


@lru_cache(maxsize=1 << 8)
def _places(names: str, columns: tuple[str, ...]) -> tuple[int | None, ...]:
    """Where each column stands among the names with commas between; None where it is not stored."""
    stored = names.split(",")
    return tuple(stored.index(column) if column in stored else None for column in columns)


def key_values(keys: Sequence[str], entity: Mapping[str, Any]) -> bytes:
    """Texts as Feast writes them behind the names of their keys: type, length and bytes of each."""
    texts = [str(entity.get(key) or "").encode() for key in keys]
    return b"".join([_HEAD(ValueType.STRING, len(text)) + text for text in texts])


def _plain(stored: bytes) -> Any:
    value = _decoded(stored)
    return value.copy() if type(value) is list else value


@lru_cache(maxsize=1 << 16)
def _decoded(stored: bytes) -> Any:
    """The value as Feast turns it into what Python has; most are small numbers that many entities share."""
    return feast_value_type_to_python_type(Value.FromString(stored))
