"""The rules of correcting: who sees what, and what may be sent again from a page."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, InvalidInputError, NotFoundError
from marketplace.personal_data import hide_row, restore
from storefront_api.accounts.repository import audit
from storefront_api.quarantine import repository

LARGEST_PAYLOAD = 20_000
# Files whose rows mean something only beside the other files of their folder: they are corrected there.
_READ_AMONG_OTHERS = ("olist_", "product_category_name_translation")


@dataclass(frozen=True)
class Waiting:
    """One row as its page shows it: personal values hidden, and whether it can be corrected here."""

    row: DictRow
    payload_text: str
    is_correctable: bool
    state: str  # waiting, sending, loaded, replaced


async def find(connection: AsyncConnection[DictRow], quarantine_id: int) -> Waiting:
    """One row.

    Raises:
        NotFoundError: there is none of that number.
    """
    row = await repository.row(connection, quarantine_id)
    if row is None:
        raise NotFoundError(f"no row {quarantine_id} is in quarantine")
    state = "sending" if row["correction"] is not None else row["resolution"] or "waiting"
    text = json.dumps(hide_row(row["payload"], row["object"]), indent=2, ensure_ascii=False)
    return Waiting(row, text, not row["object"].startswith(_READ_AMONG_OTHERS), state)


async def correct(connection: AsyncConnection[DictRow], quarantine_id: int, text: str, *, by: str, now: datetime) -> None:
    """Have a corrected row sent again: the relay does it within seconds, by the way of first-time rows.

    Raises:
        NotFoundError: there is no such row.
        ConflictError: it is resolved, or a correction is under way.
        InvalidInputError: the text is no JSON, or the row cannot be corrected here.
    """
    row = await repository.row(connection, quarantine_id, for_update=True)
    if row is None:
        raise NotFoundError(f"no row {quarantine_id} is in quarantine")
    if row["resolved_at"] is not None or row["correction"] is not None:
        raise ConflictError("this row was corrected already; look at it again")
    if row["object"].startswith(_READ_AMONG_OTHERS):
        raise InvalidInputError(f"a row of {row['object']} can only be corrected in its file: load the folder again afterwards")
    payload = restore(_parsed(text), row["payload"])
    await repository.keep_correction(connection, quarantine_id, payload, by=by, now=now)
    await audit(connection, actor_id=by, action="quarantine_correct", object_type="quarantine_row", object_id=str(quarantine_id),
                reason=row["reason"], details={"source": row["source"], "object": row["object"]}, now=now)  # fmt: skip


def _parsed(text: str) -> Any:
    if len(text) > LARGEST_PAYLOAD:
        raise InvalidInputError(f"a row may be {LARGEST_PAYLOAD:,} characters, this one has {len(text):,}")
    try:
        payload = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"this is not JSON: {error}") from None
    if "\x00" in text or "\\u0000" in text:
        raise InvalidInputError("a row cannot hold NUL")
    try:
        json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidInputError("a row cannot hold half a surrogate pair") from None
    if not isinstance(payload, dict):
        raise InvalidInputError('write the row as one object: {"column": value, ...}')
    return payload


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no value")
