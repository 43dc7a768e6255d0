"""Lists that people keep, and rules that are to pass somebody over for a while."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace import fraud_rules
from marketplace.errors import ConflictError, NotFoundError
from marketplace.vocabulary import EntityKind
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.service import User
from storefront_api.fraud_rules import repository, service
from storefront_api.fraud_rules.schemas import Entity, ListEntry, NewListEntry, NewSnooze, Snooze
from storefront_api.problems import FieldError
from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]


async def list_entries(
    connection: Connection, *, list_name: str | None, kind: EntityKind | None, now: datetime, limit: int
) -> list[ListEntry]:
    """Entries that stand, the newest first."""
    rows = await repository.entries(connection, list_name=list_name, kind=kind, now=now, limit=limit)
    return [ListEntry.model_validate(row) for row in rows]


async def add_to_list(connection: Connection, new: NewListEntry, *, by: User, now: datetime) -> ListEntry:
    """The entry, which rules see from the next attempt on; it takes the place of one about the same entity.

    Raises:
        NotFoundError: there is no such attempt.
        InvalidInputError: it ends before it begins, or the attempt has no such entity.
    """
    _must_be_later(new.expires_at, now)
    entry_id = new_id("fle")
    row = {
        "fraud_list_entry_id": entry_id,
        "list_name": new.list_name,
        "kind": new.kind,
        "value": await _value(connection, new),
        "reason": new.reason,
        "added_by": by.user_id,
        "added_at": now,
        "expires_at": new.expires_at,
    }
    await repository.add_entry(connection, row)
    await _audit(connection, "fraud_list.added", "fraud_list_entry", entry_id, by, new.reason, _told(row, "list_name"), now)
    return await _entry(connection, entry_id)


async def remove_from_list(connection: Connection, entry_id: str, *, reason: str, by: User, now: datetime) -> ListEntry:
    """The entry, ended.

    Raises:
        NotFoundError: there is none.
        ConflictError: it does not stand any more.
    """
    entry = await _entry(connection, entry_id)
    if entry.removed_at is not None or (entry.expires_at is not None and entry.expires_at <= now):
        raise ConflictError("this entry does not stand any more")
    await repository.remove_entry(connection, entry_id, by=by.user_id, now=now)
    details = {"list_name": entry.list_name, "kind": entry.kind}
    await _audit(connection, "fraud_list.removed", "fraud_list_entry", entry_id, by, reason, details, now)
    return await _entry(connection, entry_id)


async def list_snoozes(
    connection: Connection, *, now: datetime, kind: EntityKind | None = None, value: str | None = None
) -> list[Snooze]:
    """Snoozes that stand, the newest first."""
    return [Snooze.model_validate(row) for row in await repository.snoozes(connection, kind=kind, value=value, now=now)]


async def snooze(connection: Connection, new: NewSnooze, *, by: User, now: datetime) -> Snooze:
    """The snooze; it takes the place of one of the same rule and entity.

    Raises:
        NotFoundError: there is no such attempt.
        InvalidInputError: it ends before it begins, no rule at work is called so, or the attempt has no such entity.
    """
    _must_be_later(new.expires_at, now)
    at_work = fraud_rules.read_rule_set((await service.version(connection)).document)
    if new.rule_name not in {rule.name for rule in at_work.rules}:
        raise FieldError("/rule_name", f"no rule at work is called {new.rule_name!r}; see GET /v1/fraud/rules/at-work")
    snooze_id = new_id("frs")
    row = {
        "fraud_rule_snooze_id": snooze_id,
        "rule_name": new.rule_name,
        "kind": new.kind,
        "value": await _value(connection, new),
        "reason": new.reason,
        "snoozed_by": by.user_id,
        "snoozed_at": now,
        "expires_at": new.expires_at,
    }
    await repository.add_snooze(connection, row)
    await _audit(connection, "fraud_rule.snoozed", "fraud_rule_snooze", snooze_id, by, new.reason, _told(row, "rule_name"), now)
    return await _snooze(connection, snooze_id)


async def end_snooze(connection: Connection, snooze_id: str, *, by: User, now: datetime) -> Snooze:
    """The snooze, ended: the rule speaks again.

    Raises:
        NotFoundError: there is none.
        ConflictError: it does not stand any more.
    """
    standing = await _snooze(connection, snooze_id)
    if standing.ended_at is not None or standing.expires_at <= now:
        raise ConflictError("this snooze does not stand any more")
    await repository.end_snooze(connection, snooze_id, by=by.user_id, now=now)
    details = {"rule_name": standing.rule_name, "kind": standing.kind}
    await _audit(connection, "fraud_rule.woken", "fraud_rule_snooze", snooze_id, by, None, details, now)
    return await _snooze(connection, snooze_id)


async def _entry(connection: Connection, entry_id: str) -> ListEntry:
    row = await repository.entry(connection, entry_id)
    if row is None:
        raise NotFoundError(f"no list has an entry {entry_id!r}")
    return ListEntry.model_validate(row)


async def _snooze(connection: Connection, snooze_id: str) -> Snooze:
    row = await repository.snooze(connection, snooze_id)
    if row is None:
        raise NotFoundError(f"there is no snooze {snooze_id!r}")
    return Snooze.model_validate(row)


async def _value(connection: Connection, entity: Entity) -> str:
    if entity.payment_attempt_id is None:
        return entity.value or ""
    row = await repository.attempt(connection, entity.payment_attempt_id)
    if row is None:
        raise NotFoundError(f"there is no payment attempt {entity.payment_attempt_id!r}")
    if row[entity.kind] is None:
        raise FieldError("/kind", f"nothing is known of the attempt's {entity.kind.replace('_', ' ')}; choose another kind")
    return str(row[entity.kind])


def _must_be_later(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise FieldError("/expires_at", "lies in the past; choose a later instant")


def _told(row: dict[str, Any], name: str) -> dict[str, Any]:
    """What an audit row says: the kind of entity, not whose it is."""
    until = row["expires_at"]
    return {name: row[name], "kind": row["kind"], "expires_at": until.isoformat() if until else None}


async def _audit(
    connection: Connection,
    action: str,
    object_type: str,
    object_id: str,
    by: User,
    reason: str | None,
    details: dict[str, Any],
    now: datetime,
) -> None:
    await accounts.audit(
        connection,
        actor_id=by.user_id,
        action=action,
        object_type=object_type,
        object_id=object_id,
        reason=reason,
        details=details,
        now=now,
    )
