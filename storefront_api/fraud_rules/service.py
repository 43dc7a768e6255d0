"""The life of a rule set: written, checked, tried on an attempt and on history, published; every change leaves an audit row."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace import fraud_rules
from marketplace.contracts.fraud import FraudScoreRequest
from marketplace.errors import ConflictError, NotFoundError
from marketplace.fraud_rules import InvalidRulesError, RuleSet
from marketplace.fraud_rules.back_test import back_test
from marketplace.fraud_rules.fields import FIELDS
from marketplace.vocabulary import FraudDecision
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.service import User
from storefront_api.fraud_rules import repository
from storefront_api.fraud_rules.history import load_history
from storefront_api.fraud_rules.schemas import (
    BackTestRun,
    Checked,
    DryRun,
    Fact,
    Hit,
    NewRuleSet,
    RuleMistake,
    RuleSetSummary,
    RuleSetVersion,
)
from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]

_SHIPPED_NOTE = "the rules that ship with the platform"


def facts() -> list[Fact]:
    """Every fact that a rule may ask about."""
    return [
        Fact(name=f.name, title=f.title, type="text" if f.is_text else "number", unit=f.unit, is_live=f.is_live)
        for f in FIELDS.values()
    ]


def check(document: Any) -> Checked:
    """Whether a document can be used, with every mistake in it."""
    try:
        rule_set = fraud_rules.read_rule_set(document)
    except InvalidRulesError as error:
        mistakes = [RuleMistake.model_validate(asdict(mistake)) for mistake in error.mistakes]
        return Checked(is_valid=False, mistakes=mistakes, rule_count=0, facts=[], lists=[])
    return Checked(
        is_valid=True,
        mistakes=[],
        rule_count=len(rule_set.rules),
        facts=sorted(rule_set.fields()),
        lists=sorted(rule_set.lists()),
    )


async def versions(connection: Connection, *, limit: int = 50) -> list[RuleSetSummary]:
    """The newest versions first; the shipped one is always among them."""
    at_work = await _at_work(connection)
    found = await repository.versions(connection, limit=limit)
    rows = [RuleSetSummary.model_validate(row | {"is_at_work": row["version"] == at_work}) for row in found]
    if all(row.version != fraud_rules.SHIPPED_VERSION for row in rows):
        rows.append(RuleSetSummary.model_validate(_shipped(at_work).model_dump()))
    return rows


async def version(connection: Connection, number: int | None = None) -> RuleSetVersion:
    """One version, the one at work unless a number is given.

    Raises:
        NotFoundError: there is none of that number.
    """
    at_work = await _at_work(connection)
    number = at_work if number is None else number
    row = await repository.version(connection, number)
    if row is not None:
        return RuleSetVersion.model_validate(row | {"is_at_work": number == at_work})
    if number == fraud_rules.SHIPPED_VERSION:
        return _shipped(at_work)
    raise NotFoundError(f"there is no version {number} of the rules")


async def live_hits(connection: Connection, *, since: datetime) -> dict[str, int]:
    """By rule on how many attempts it fired since then; a rule that never did is absent."""
    return await repository.live_hits(connection, since=since)


async def create(connection: Connection, new: NewRuleSet, *, by: User, now: datetime) -> RuleSetVersion:
    """The new version, which decides nothing until it is published.

    Raises:
        InvalidRulesError: the document has mistakes.
    """
    rule_set = fraud_rules.read_rule_set(new.document)
    await _begin_change(connection, now=now)
    number = await repository.add_version(connection, rule_set.document(), number=None, note=new.note, by=by.user_id, now=now)
    await _audit(connection, "fraud_rules.created", number, by, reason=new.note, details={"rules": len(rule_set.rules)}, now=now)
    return await version(connection, number)


async def run_back_test(connection: Connection, number: int, *, days: int | None, by: User, now: datetime) -> BackTestRun:
    """The version on history, beside the one at work.

    Raises:
        NotFoundError: there is no such version.
    """
    rule_set, at_work = _read(await version(connection, number)), _read(await version(connection))
    history = await load_history(connection, (rule_set, at_work), days=days)
    # Seconds of arithmetic: other requests go on meanwhile.
    result = await asyncio.to_thread(back_test, rule_set, at_work, history)
    run = BackTestRun(fraud_back_test_id=new_id("bt"), version=number, run_by=by.user_id, run_at=now, result=result)
    await _begin_change(connection, now=now)
    await repository.add_back_test(connection, run.model_dump(mode="json") | {"run_at": now})
    details = {"fraud_back_test_id": run.fraud_back_test_id, "attempts": result.attempt_count}
    await _audit(connection, "fraud_rules.back_tested", number, by, reason=None, details=details, now=now)
    return run


async def back_tests(connection: Connection, number: int) -> list[BackTestRun]:
    """The back-tests of a version, the newest first.

    Raises:
        NotFoundError: there is no such version.
    """
    await version(connection, number)
    return [BackTestRun.model_validate(row) for row in await repository.back_tests(connection, number)]


async def publish(connection: Connection, number: int, *, reason: str, by: User, now: datetime) -> RuleSetVersion:
    """The version, at work from the next attempt on. One that was at work before needs no new back-test: that is going back.

    Raises:
        NotFoundError: there is no such version.
        ConflictError: it is at work already, or was never tried on history.
    """
    await _begin_change(connection, now=now)
    chosen = await version(connection, number)
    if chosen.is_at_work:
        raise ConflictError(f"version {number} is at work already")
    tried = await repository.back_tests(connection, number)
    was_at_work = chosen.published_at is not None or number == fraud_rules.SHIPPED_VERSION
    if not tried and not was_at_work:
        raise ConflictError(f"version {number} was never tried on history; run its back-test first and look at the figures")
    _read(chosen)
    back_test_id = tried[0]["fraud_back_test_id"] if tried else None
    before = await _at_work(connection)
    await repository.add_publication(connection, number, back_test_id=back_test_id, reason=reason, by=by.user_id, now=now)
    details = {"before": before, "fraud_back_test_id": back_test_id}
    await _audit(connection, "fraud_rules.published", number, by, reason=reason, details=details, now=now)
    return await version(connection, number)


async def dry_run(connection: Connection, document: Any, payment_attempt_id: str) -> DryRun:
    """What a rule set says of a past attempt, on the facts and lists of then.

    Raises:
        InvalidRulesError: the document has mistakes.
        NotFoundError: there is no such attempt, or nothing was written down that could be looked at again.
    """
    rule_set = fraud_rules.read_rule_set(document)
    row = await repository.attempt(connection, payment_attempt_id)
    if row is None or not (row["inputs"] or {}).get("request"):
        raise NotFoundError(f"there is no payment attempt {payment_attempt_id!r} whose decision could be replayed")
    inputs = row["inputs"]
    found = fraud_rules.hits(
        rule_set,
        fraud_rules.facts_of(
            FraudScoreRequest.model_validate(inputs["request"]),
            None if row["is_fallback"] else row["features"],
            lists=frozenset(inputs["lists"]),
        ),
        snoozed=inputs["snoozed"],
    )
    verdict = fraud_rules.verdict(rule_set, found)
    by_model = row["model_decision"]
    return DryRun(
        hits=[Hit.model_validate(asdict(hit)) for hit in found],
        points=fraud_rules.points(found),
        is_allowed=verdict.is_allowed,
        rules_decision=verdict.decision,
        decision=verdict.beside(FraudDecision(by_model)) if by_model else verdict.decision,
        model_decision=by_model,
        decided=row["decision"],
    )


def _read(chosen: RuleSetVersion) -> RuleSet:
    return fraud_rules.read_rule_set(chosen.document)


def _shipped(at_work: int) -> RuleSetVersion:
    rule_set = fraud_rules.shipped()
    return RuleSetVersion(
        version=fraud_rules.SHIPPED_VERSION,
        note=_SHIPPED_NOTE,
        created_by=None,
        created_by_name=None,
        created_at=None,
        rule_count=len(rule_set.rules),
        is_at_work=at_work == fraud_rules.SHIPPED_VERSION,
        is_back_tested=False,
        published_at=None,
        document=rule_set.document(),
    )


async def _at_work(connection: Connection) -> int:
    return await repository.published_version(connection) or fraud_rules.SHIPPED_VERSION


async def _begin_change(connection: Connection, *, now: datetime) -> None:
    """One change at a time; the shipped set takes its place as version 1 before the first other one."""
    await repository.lock(connection)
    await repository.add_version(
        connection,
        fraud_rules.shipped().document(),
        number=fraud_rules.SHIPPED_VERSION,
        note=_SHIPPED_NOTE,
        by=None,
        now=now,
    )


async def _audit(
    connection: Connection, action: str, number: int, by: User, *, reason: str | None, details: dict[str, Any], now: datetime
) -> None:
    await accounts.audit(
        connection,
        actor_id=by.user_id,
        action=action,
        object_type="fraud_rules",
        object_id=fraud_rules.version_name(number),
        reason=reason,
        details=details,
        now=now,
    )
