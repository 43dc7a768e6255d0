"""`/v1/fraud/rules`, `/v1/fraud/lists` and `/v1/fraud/snoozes`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from marketplace.vocabulary import EntityKind, Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.fraud_rules import entities, service
from storefront_api.fraud_rules.schemas import (
    BackTestRequest,
    BackTestRun,
    Checked,
    Document,
    DryRun,
    DryRunRequest,
    Fact,
    ListEntry,
    NewListEntry,
    NewRuleSet,
    NewSnooze,
    Publication,
    RuleSetSummary,
    RuleSetVersion,
    Snooze,
)
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/fraud", tags=["fraud rules"], responses=problem_responses(401, 403))

Analyst = Annotated[User, Depends(require_role(Role.ANALYST, Role.ADMIN))]
Version = Annotated[int, Path(ge=1, le=2_000_000_000)]
Id = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/rules", summary="Versions of the rules")
async def list_versions(connection: Connection, analyst: Analyst) -> list[RuleSetSummary]:
    """The newest first."""
    return await service.versions(connection)


@router.get("/rules/facts", summary="What rules may ask about")
async def list_facts(analyst: Analyst) -> list[Fact]:
    """Every fact with its type and unit."""
    return service.facts()


@router.get("/rules/at-work", summary="The rules at work")
async def get_rules_at_work(connection: Connection, analyst: Analyst) -> RuleSetVersion:
    """The published version, or the one that ships while there is none."""
    return await service.version(connection)


@router.post("/rules/check", summary="Check a rule set")
async def check_rules(analyst: Analyst, body: Document) -> Checked:
    """Every mistake with its rule, its place, what came and what to do; nothing is stored."""
    return service.check(body.document)


@router.post("/rules/dry-run", summary="Try a rule set on one attempt", responses=problem_responses(404, 422))
async def dry_run(connection: Connection, analyst: Analyst, body: DryRunRequest) -> DryRun:
    """What it says of a past attempt, on the facts of then; nothing is stored."""
    return await service.dry_run(connection, body.document, body.payment_attempt_id)


@router.post("/rules", summary="Make a version", status_code=201, responses=problem_responses(422))
async def create_version(connection: Connection, analyst: Analyst, body: NewRuleSet, now: Now) -> RuleSetVersion:
    """A version never changes; it decides nothing until it is published."""
    return await service.create(connection, body, by=analyst, now=now)


@router.get("/rules/{version}", summary="One version", responses=problem_responses(404))
async def get_version(connection: Connection, analyst: Analyst, version: Version) -> RuleSetVersion:
    """With its document."""
    return await service.version(connection, version)


@router.post(
    "/rules/{version}/back-tests",
    summary="Try a version on history",
    status_code=201,
    responses=problem_responses(404, 422),
)
async def run_back_test(
    connection: Connection, analyst: Analyst, version: Version, now: Now, body: BackTestRequest | None = None
) -> BackTestRun:
    """Precision, recall, money and volume by rule and of the whole set, beside the set at work."""
    return await service.run_back_test(connection, version, days=body.days if body else None, by=analyst, now=now)


@router.get("/rules/{version}/back-tests", summary="Back-tests of a version", responses=problem_responses(404))
async def list_back_tests(connection: Connection, analyst: Analyst, version: Version) -> list[BackTestRun]:
    """The newest first."""
    return await service.back_tests(connection, version)


@router.post("/rules/{version}/publish", summary="Put a version to work", responses=problem_responses(404, 409, 422))
async def publish_version(
    connection: Connection, analyst: Analyst, version: Version, body: Publication, now: Now
) -> RuleSetVersion:
    """It must have been tried on history; to go back, publish the version from before again."""
    return await service.publish(connection, version, reason=body.reason, by=analyst, now=now)


@router.get("/lists", summary="Entries of the lists", responses=problem_responses(422))
async def list_entries(
    connection: Connection,
    analyst: Analyst,
    now: Now,
    list_name: Annotated[str | None, Query(max_length=60)] = None,
    kind: EntityKind | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[ListEntry]:
    """Those that stand, the newest first; the shipped rules know the lists `trusted` and `blocked`."""
    return await entities.list_entries(connection, list_name=list_name, kind=kind, now=now, limit=limit)


@router.post("/lists", summary="Put somebody on a list", status_code=201, responses=problem_responses(404, 422))
async def add_to_list(connection: Connection, analyst: Analyst, body: NewListEntry, now: Now) -> ListEntry:
    """By the value itself, or by a payment attempt that carries it."""
    return await entities.add_to_list(connection, body, by=analyst, now=now)


@router.post("/lists/{entry_id}/remove", summary="Take an entry off", responses=problem_responses(404, 409, 422))
async def remove_from_list(connection: Connection, analyst: Analyst, entry_id: Id, body: Publication, now: Now) -> ListEntry:
    """That it stood stays known."""
    return await entities.remove_from_list(connection, entry_id, reason=body.reason, by=analyst, now=now)


@router.get("/snoozes", summary="Snoozed rules", responses=problem_responses(422))
async def list_snoozes(
    connection: Connection,
    analyst: Analyst,
    now: Now,
    kind: EntityKind | None = None,
    value: Annotated[str | None, Query(max_length=200)] = None,
) -> list[Snooze]:
    """Those that stand, the newest first."""
    return await entities.list_snoozes(connection, now=now, kind=kind, value=value)


@router.post("/snoozes", summary="Snooze a rule for somebody", status_code=201, responses=problem_responses(404, 422))
async def snooze_rule(connection: Connection, analyst: Analyst, body: NewSnooze, now: Now) -> Snooze:
    """Until then the rule passes over every attempt of this entity; the others speak as ever."""
    return await entities.snooze(connection, body, by=analyst, now=now)


@router.post("/snoozes/{snooze_id}/end", summary="End a snooze", responses=problem_responses(404, 409))
async def end_snooze(connection: Connection, analyst: Analyst, snooze_id: Id, now: Now) -> Snooze:
    """The rule speaks again."""
    return await entities.end_snooze(connection, snooze_id, by=analyst, now=now)
