"""The rules of capture: good events are kept, bad ones set aside with a reason, and none twice."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pydantic import ValidationError

from marketplace.errors import InvalidInputError
from marketplace.vocabulary import EventType
from storefront_api.accounts.visitor import Visitor
from storefront_api.events import repository
from storefront_api.events.schemas import LARGEST_BATCH, PRODUCT_EVENTS, BatchResult, Event, QuarantinedEvent

_CLOCK_SKEW = timedelta(minutes=5)
_OLDEST = timedelta(days=30)  # a week late is normal for a phone without a network, a month is a wrong clock
_LARGEST_KEPT = 4_000  # characters of a bad row that are worth keeping
_LONGEST_NUMBER = 40  # digits
_NO_JSON = re.compile(r"\b(NaN|Infinity)\b")  # Python reads and writes them, Postgres does not
_FEATURE_EVENTS = frozenset({EventType.PRODUCT_VIEW, EventType.CART_ADD})


@dataclass(frozen=True)
class _Bad:
    index: int
    raw: Any
    reason: str

    def row(self, context: dict[str, Any]) -> dict[str, Any]:
        """The row of the quarantine: its payload in a form that Postgres can hold, and whose it was."""
        try:
            text = json.dumps(self.raw, default=str, sort_keys=True)
        except RecursionError:
            text = "nested too deeply"
        key = self.raw.get("event_id") if isinstance(self.raw, dict) else None
        is_plain = len(text) <= _LARGEST_KEPT and "\\u0000" not in text and _NO_JSON.search(text) is None
        try:
            payload = orjson.loads(orjson.dumps(self.raw)) if is_plain else None
        except (TypeError, ValueError, RecursionError):
            payload = None
        return {
            "row_key": key if isinstance(key, str) and len(key) <= 64 and "\0" not in key and key.isprintable() else None,
            "reason": self.reason,
            "payload": {"text": text[:_LARGEST_KEPT]} if payload is None else payload,
            "context": context,
            "payload_hash": hashlib.sha256(text.encode("utf-8", "replace")).hexdigest(),
        }


async def capture(
    connection: AsyncConnection[DictRow], body: bytes, *, visitor: Visitor, customer_id: str | None, now: datetime
) -> BatchResult:
    """What became of each event of the batch.

    Raises:
        InvalidInputError: the body is no batch at all; it is set aside as a whole.
    """
    context = {"session_id": visitor.session_id, "device_id": visitor.device_id, "customer_id": customer_id}
    try:
        raw_events = _batch(body)
    except InvalidInputError as error:
        bad = _Bad(0, body[:_LARGEST_KEPT].decode("utf-8", "replace"), str(error))
        await repository.set_aside(connection, [bad.row(context)], now=now)
        await connection.commit()  # the error rolls the request's transaction back; what was set aside must stay
        raise
    good, bad_events = await _sort_out(connection, raw_events, now=now)
    unique = {event["event_id"]: event for event in reversed(good)}
    new: set[str] = set()
    if unique:
        await visitor.remember(connection, customer_id=customer_id, now=now)
        new = await repository.add_events(
            connection,
            list(unique.values()),
            session_id=visitor.session_id,
            customer_id=customer_id,
            device_id=visitor.device_id,
        )
        moving = [key for key in new if unique[key]["event_type"] in _FEATURE_EVENTS]
        await repository.tell_features(connection, visitor.session_id, moving)
    if bad_events:
        await repository.set_aside(connection, [bad.row(context) for bad in bad_events], now=now)
    return BatchResult(
        accepted=len(new),
        duplicates=len(good) - len(new),
        quarantined=len(bad_events),
        problems=[QuarantinedEvent(index=bad.index, reason=bad.reason) for bad in bad_events],
    )


async def capture_again(
    connection: AsyncConnection[DictRow], raw: Any, *, context: dict[str, Any], received_at: datetime
) -> str | None:
    """Why a corrected event still cannot be used; None when it is kept, in the session in which it was first sent.

    Args:
        context: session, device and customer, as known when it was set aside.
        received_at: when that was; an event is early or late by that clock.
    """
    if not context.get("session_id") or not context.get("device_id"):
        return "event: whose session it was is not known"
    good, bad = await _sort_out(connection, [raw], now=received_at)
    if bad:
        return bad[0].reason
    owner = {name: context.get(name) for name in ("session_id", "device_id", "customer_id")}
    await repository.ensure_session(connection, owner, at=good[0]["occurred_at"])
    new = await repository.add_events(connection, good, **owner)  # type: ignore[arg-type]
    if good[0]["event_type"] in _FEATURE_EVENTS:
        await repository.tell_features(connection, context["session_id"], sorted(new))
    return None


def _batch(body: bytes) -> list[Any]:
    try:
        batch = json.loads(body, parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError('the body is not JSON; send {"events": [...]}') from error
    if not isinstance(batch, dict) or set(batch) != {"events"} or not isinstance(batch["events"], list):
        raise InvalidInputError('the body is not a batch; send {"events": [...]}')
    if len(batch["events"]) > LARGEST_BATCH:
        raise InvalidInputError(f"{len(batch['events'])} events in one batch; send at most {LARGEST_BATCH}")
    return batch["events"]


def _number(digits: str) -> int | float:
    """A whole number; one that no column could hold becomes a float, so that its event is judged and not the whole batch."""
    return int(digits) if len(digits) < _LONGEST_NUMBER else float(digits)


async def _sort_out(
    connection: AsyncConnection[DictRow], raw_events: list[Any], *, now: datetime
) -> tuple[list[dict[str, Any]], list[_Bad]]:
    parsed: list[tuple[int, Event]] = []
    bad: list[_Bad] = []
    for index, raw in enumerate(raw_events):
        try:
            parsed.append((index, Event.model_validate(raw)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "event"
            bad.append(_Bad(index, raw, f"{field[:64]}: {first['msg']}".replace("\0", "")))
    mentioned = {event.product_id for _, event in parsed if event.product_id is not None}
    known = await repository.known_products(connection, sorted(mentioned)) if mentioned else set()
    good: list[dict[str, Any]] = []
    for index, event in parsed:
        reason = _reason_against(event, known, now=now)
        if reason is None:
            good.append(event.model_dump())
        else:
            bad.append(_Bad(index, raw_events[index], reason))
    return good, sorted(bad, key=lambda one: one.index)


def _reason_against(event: Event, known_products: set[str], *, now: datetime) -> str | None:
    if event.occurred_at > now + _CLOCK_SKEW:
        return "occurred_at: lies in the future"
    if event.occurred_at < now - _OLDEST:
        return f"occurred_at: more than {_OLDEST.days} days ago"
    if event.product_id is None and event.event_type in PRODUCT_EVENTS:
        return f"product_id: {event.event_type} needs one"
    if event.product_id is not None and event.product_id not in known_products:
        return "product_id: unknown product"
    return None
