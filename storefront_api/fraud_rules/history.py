"""Past attempts for a back-test: the training set's features as of each attempt, and the lists as they stood then."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from psycopg import AsyncConnection, sql
from psycopg.rows import DictRow, tuple_row

from marketplace.fraud_outcomes import LABEL_DELAY, known_outcome
from marketplace.fraud_rules import RuleSet
from marketplace.fraud_rules.back_test import History
from marketplace.fraud_rules.columns import Flags, fact_columns
from marketplace.vocabulary import AttemptOutcome, EntityKind

LARGEST = 200_000  # the newest attempts; more would hold a page for longer than somebody waits
LONGEST = timedelta(days=365)
_AT_ONCE = 5_000

_ENTITY_COLUMNS = {
    EntityKind.CUSTOMER: "attempts.customer_id",
    EntityKind.DEVICE: "attempts.device_id",
    EntityKind.CARD: "attempts.card_token",
    EntityKind.ADDRESS: "attempts.shipping_address_hash",
    EntityKind.IP_ADDRESS: "host(attempts.ip_address)",
}
_DERIVED = {
    "account_age_seconds": "case when past.attempted_at >= past.signed_up_at"
    " then extract(epoch from past.attempted_at - past.signed_up_at)::float8 end",
}
_NEEDED_FOR = {"most_attempts_1h": ("customer_attempts_1h", "device_attempts_1h", "card_attempts_1h")}


async def load_history(connection: AsyncConnection[DictRow], rule_sets: Sequence[RuleSet], *, days: int | None = None) -> History:
    """The attempts of the last `days` of the training set, with every fact that the rule sets ask for.

    The training set ends with the last run of the pipeline, and so does what is known of outcomes. Without one there is no
    history, which is an empty one.
    """
    wanted = set().union(*(rule_set.fields() for rule_set in rule_sets))
    stored = await _stored_columns(connection)
    needed = {one for name in wanted for one in _NEEDED_FOR.get(name, (name,))}
    readable = sorted(name for name in needed if name in stored or (name in _DERIVED and "signed_up_at" in stored))
    unknown = tuple(sorted(needed - set(readable)))
    if not stored:
        return _history([], readable, wanted, {}, {}, unknown)
    rows = await _rows(connection, readable, timedelta(days=days) if days else LONGEST)
    entries = await _intervals(
        connection,
        "select list_name as name, kind, value, added_at as since,"
        " least(expires_at, removed_at) as until from shop.fraud_list_entries where list_name = any(%s)",
        sorted(set().union(*(rule_set.lists() for rule_set in rule_sets))),
    )
    snoozes = await _intervals(
        connection,
        "select rule_name as name, kind, value, snoozed_at as since,"
        " least(expires_at, ended_at) as until from shop.fraud_rule_snoozes where rule_name = any(%s)",
        sorted({rule.name for rule_set in rule_sets for rule in rule_set.rules}),
    )
    return await asyncio.to_thread(_history, rows, readable, wanted, entries, snoozes, unknown)


async def _stored_columns(connection: AsyncConnection[DictRow]) -> set[str]:
    cursor = await connection.execute(
        "select column_name from information_schema.columns where table_schema = 'training' and table_name = 'fraud'"
    )
    return {row["column_name"] for row in await cursor.fetchall()}


_BASE = (
    "past.attempted_at",
    "past.amount_minor",
    "past.currency",
    f"past.outcome = '{AttemptOutcome.AUTHORISED}'",
    "past.is_fraud",
    "past.labelled_at",
    *_ENTITY_COLUMNS.values(),
)


async def _rows(connection: AsyncConnection[DictRow], names: Sequence[str], span: timedelta) -> list[tuple[Any, ...]]:
    facts = [
        sql.SQL(_DERIVED[name]) if name in _DERIVED else sql.SQL("past.{}").format(sql.Identifier(name))  # type: ignore[arg-type]
        for name in names
    ]
    query = sql.SQL(
        "select {columns} from training.fraud as past left join shop.payment_attempts as attempts using (payment_attempt_id)"
        " where past.attempted_at > (select max(attempted_at) from training.fraud) - %s"
        " order by past.attempted_at desc, payment_attempt_id limit %s"
    ).format(columns=sql.SQL(", ").join([*map(sql.SQL, _BASE), *facts]))  # type: ignore[arg-type]
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query, (span, LARGEST))
        rows: list[tuple[Any, ...]] = []
        while some := await cursor.fetchmany(_AT_ONCE):
            rows += some
            await asyncio.sleep(0)  # other requests go on between
        return rows[::-1]


_Intervals = Mapping[str, list[tuple[str, str, datetime, datetime | None]]]


async def _intervals(connection: AsyncConnection[DictRow], query: str, names: list[str]) -> _Intervals:
    """By name: kind and value of each entity, from when and until when."""
    found: dict[str, list[tuple[str, str, datetime, datetime | None]]] = {name: [] for name in names}
    for row in await (await connection.execute(query, (names,))).fetchall():  # type: ignore[arg-type]
        found[row["name"]].append((row["kind"], row["value"], row["since"], row["until"]))
    return found


def _history(
    rows: Sequence[tuple[Any, ...]],
    names: Sequence[str],
    wanted: Iterable[str],
    entries: _Intervals,
    snoozes: _Intervals,
    unknown: tuple[str, ...],
) -> History:
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(_BASE) + len(names))
    attempted_at, amounts, currencies, is_paid, is_fraud, labelled_at = columns[:6]
    entities = dict(zip(_ENTITY_COLUMNS, columns[6 : len(_BASE)], strict=True))
    given = dict(zip(names, columns[len(_BASE) :], strict=True))
    size = len(rows)
    currency = max(set(currencies), key=currencies.count) if rows else ""
    as_of = max([*attempted_at[-1:], *(at for at in labelled_at if at is not None)], default=None)
    outcome = known_outcome(
        is_labelled=np.array([at is not None for at in labelled_at], dtype=np.bool_),
        is_fraud=np.array([bool(value) for value in is_fraud], dtype=np.bool_),
        is_old=np.array([at <= as_of - LABEL_DELAY for at in attempted_at] if as_of else [], dtype=np.bool_),
        is_paid=np.array(is_paid, dtype=np.bool_),
    )
    places = {kind: _places(values, _values_of(kind, entries, snoozes)) for kind, values in entities.items()}
    facts = fact_columns(
        size,
        given,
        [name for name in wanted if all(one in given for one in _NEEDED_FOR.get(name, (name,)))],
        lists={name: _stood(found, places, attempted_at) for name, found in entries.items()},
    )
    return History(
        facts=facts,
        # Money of other currencies cannot be added up with it.
        amount_minor=np.where(np.array(currencies) == currency, np.array(amounts, dtype=np.int64), 0),
        outcome=outcome,
        snoozed={name: _stood(found, places, attempted_at) for name, found in snoozes.items() if found},
        since=attempted_at[0] if rows else None,
        until=attempted_at[-1] if rows else None,
        currency=currency,
        unknown_facts=unknown,
    )


def _values_of(kind: EntityKind, *intervals: _Intervals) -> set[str]:
    return {value for found in intervals for rows in found.values() for of_kind, value, _, _ in rows if of_kind == kind}


def _places(values: Sequence[str | None], wanted: set[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        if value in wanted:
            found.setdefault(value, []).append(place)
    return found


def _stood(
    intervals: Sequence[tuple[str, str, datetime, datetime | None]],
    places: Mapping[EntityKind, Mapping[str, Sequence[int]]],
    attempted_at: Sequence[datetime],
) -> Flags:
    """On which attempts an entity of theirs was meant at that instant."""
    flags = np.zeros(len(attempted_at), dtype=np.bool_)
    for kind, value, since, until in intervals:
        for place in places[EntityKind(kind)].get(value, ()):
            if since <= attempted_at[place] and (until is None or attempted_at[place] < until):
                flags[place] = True
    return flags
