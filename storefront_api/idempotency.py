"""Doing a thing once however often it is asked for, by the caller's `Idempotency-Key`.

The key's row is written in the transaction of the effect itself, so neither can exist without the other: a crash leaves
nothing, and a client that lost the answer gets the stored one. Only successes are stored; after an error, which changed
nothing, the same key may try again.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

import orjson
from fastapi import Header, Response
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from pydantic import BaseModel

from marketplace.errors import IdempotencyConflictError, IdempotencyMismatchError

LIFETIME = timedelta(hours=24)

_KEY = Header(
    alias="Idempotency-Key",
    min_length=1,
    max_length=255,
    description="a word of your own, new for every new intention; kept for 24 hours",
)
IdempotencyKey = Annotated[str, _KEY]
OptionalIdempotencyKey = Annotated[str | None, _KEY]
Answer = TypeVar("Answer", bound=BaseModel)


async def once(
    connection: AsyncConnection[DictRow],
    response: Response,
    effect: Callable[[], Awaitable[Answer]],
    *,
    principal: str,
    key: str,
    request: tuple[str, BaseModel],
    answer: type[Answer],
    now: datetime,
) -> Answer:
    """The effect's answer, or the stored one of the first time with the header `Idempotent-Replayed: true`.

    Args:
        principal: who asks; two people's equal keys have nothing to do with each other.
        request: what is asked for: operation and body.
    Raises:
        IdempotencyConflictError: the first request with this key is still being worked on.
        IdempotencyMismatchError: the key came before with another request.
    """
    await _lock(connection, principal, key)
    asked = _fingerprint(*request)
    cursor = await connection.execute(
        "select request_hash, response_body from shop.idempotency_keys "
        "where principal = %s and idempotency_key = %s and created_at > %s",
        (principal, key, now - LIFETIME),
    )
    stored = await cursor.fetchone()
    if stored is not None:
        if stored["request_hash"] != asked:
            raise IdempotencyMismatchError("this Idempotency-Key was used for another request; take a new one")
        response.headers["Idempotent-Replayed"] = "true"
        return answer.model_validate(stored["response_body"])
    made = await effect()
    await connection.execute(
        """
        insert into shop.idempotency_keys (principal, idempotency_key, request_hash, response_status, response_body, created_at)
        values (%s, %s, %s, 201, %s, %s)
        on conflict (principal, idempotency_key) do update set
            request_hash = excluded.request_hash, response_body = excluded.response_body, created_at = excluded.created_at
        """,
        (principal, key, asked, Jsonb(made.model_dump(mode="json")), now),
    )
    return made


async def _lock(connection: AsyncConnection[DictRow], principal: str, key: str) -> None:
    cursor = await connection.execute(
        "select pg_try_advisory_xact_lock(hashtextextended(%s, 1)) as is_ours", (f"idempotency\n{principal}\n{key}",)
    )
    row = await cursor.fetchone()
    if row is None or not row["is_ours"]:
        raise IdempotencyConflictError("a request with this Idempotency-Key is being worked on; ask again in a moment")


def _fingerprint(operation: str, body: BaseModel) -> str:
    content = orjson.dumps(body.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(operation.encode() + b"\0" + content).hexdigest()
