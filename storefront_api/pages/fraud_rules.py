"""The pages of fraud rules: versions, one with its back-test, the editor; lists and snoozes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query
from fastapi.responses import Response

from marketplace import fraud_rules
from marketplace.errors import ConflictError, InvalidInputError, NotFoundError
from marketplace.fraud_rules import InvalidRulesError, Mistake
from marketplace.fraud_rules.words import condition_in_words, effect_in_words
from marketplace.vocabulary import EntityKind, Role
from storefront_api.accounts.service import User
from storefront_api.fraud_rules import entities, service
from storefront_api.fraud_rules.schemas import NewListEntry, NewRuleSet, NewSnooze
from storefront_api.pages.context import Page, PageContext, go_to

router = APIRouter(prefix="/fraud", include_in_schema=False)

_LARGEST_DOCUMENT = 200_000
_LIVE = timedelta(days=7)

Version = Annotated[int, Path(ge=1, le=2_000_000_000)]
Text = Annotated[str, Form(max_length=_LARGEST_DOCUMENT)]
Reason = Annotated[str, Form(min_length=3, max_length=200)]
Days = Annotated[int, Form(ge=0, le=3650)]


def _analyst(page: Page) -> User:
    return page.need(Role.ANALYST, Role.ADMIN)


@router.get("/rules")
async def rules_page(page: PageContext) -> Response:
    """The rules at work, and every version."""
    _analyst(page)
    return page.render(
        "fraud_rules/versions.html",
        section="fraud",
        at_work=await service.version(page.connection),
        versions=await service.versions(page.connection),
        live_hits=await service.live_hits(page.connection, since=page.now - _LIVE),
        rules_of=_rules_of,
    )


@router.get("/rules/new")
async def editor_page(
    page: PageContext, from_: Annotated[int | None, Query(alias="from", ge=1, le=2_000_000_000)] = None
) -> Response:
    """The editor, with the document of a version to begin with."""
    _analyst(page)
    begun = await service.version(page.connection, from_)
    return _editor(page, begun.version, json.dumps(begun.document, indent=2, ensure_ascii=False))


@router.post("/rules/check")
async def check_rules(page: PageContext, document: Text = "") -> Response:
    """What is wrong with the document as it stands in the editor; htmx asks while somebody writes."""
    _analyst(page)
    try:
        checked = service.check(_parsed(document))
    except InvalidRulesError as error:
        return page.render("fraud_rules/checked.html", mistakes=error.mistakes)
    return page.render("fraud_rules/checked.html", checked=checked, mistakes=checked.mistakes)


@router.post("/rules/dry-run")
async def dry_run(
    page: PageContext, document: Text = "", payment_attempt_id: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    """What the document says of one attempt."""
    _analyst(page)
    problem, tried = None, None
    try:
        tried = await service.dry_run(page.connection, _parsed(document), payment_attempt_id.strip())
    except (InvalidRulesError, NotFoundError) as error:
        problem = str(error)
    return page.render("fraud_rules/tried.html", tried=tried, problem=problem)


@router.post("/rules")
async def create_version(
    page: PageContext, document: Text, note: Reason, begun_from: Annotated[int, Form(ge=1, le=2_000_000_000)] = 1
) -> Response:
    """Keep the document as a version and look at it; one with mistakes comes back with them."""
    analyst = _analyst(page)
    try:
        made = await service.create(page.connection, NewRuleSet(document=_parsed(document), note=note), by=analyst, now=page.now)
    except InvalidRulesError as error:
        return _editor(page, begun_from, document, note=note, mistakes=error.mistakes)
    return go_to(f"/fraud/rules/{made.version}")


@router.get("/rules/{version}")
async def version_page(page: PageContext, version: Version) -> Response:
    """One version: its rules in words, its figures on history, and the way to put it to work."""
    _analyst(page)
    return await _version(page, version)


@router.post("/rules/{version}/back-test")
async def run_back_test(page: PageContext, version: Version) -> Response:
    """Try it on history and show the figures."""
    await service.run_back_test(page.connection, version, days=None, by=_analyst(page), now=page.now)
    return go_to(f"/fraud/rules/{version}")


@router.post("/rules/{version}/publish")
async def publish(page: PageContext, version: Version, reason: Reason) -> Response:
    """Put it to work; what forbids it is said on its page."""
    try:
        await service.publish(page.connection, version, reason=reason, by=_analyst(page), now=page.now)
    except ConflictError as error:
        return await _version(page, version, status_code=409, problem=str(error))
    return go_to(f"/fraud/rules/{version}")


@router.get("/lists")
async def lists_page(page: PageContext, list_name: Annotated[str | None, Query(max_length=60)] = None) -> Response:
    """Who is blocked, who is trusted, and whom a rule passes over."""
    _analyst(page)
    return await _lists(page, list_name=list_name or None)


@router.post("/lists")
async def add_to_list(
    page: PageContext,
    list_name: Annotated[str, Form(max_length=60)],
    kind: Annotated[EntityKind, Form()],
    value: Annotated[str, Form(min_length=1, max_length=200)],
    reason: Reason,
    days: Days = 0,
) -> Response:
    """Put somebody on a list; 0 days is for good."""
    analyst = _analyst(page)
    expires_at = page.now + timedelta(days=days) if days else None
    try:
        new = NewListEntry(list_name=list_name, kind=kind, value=value, reason=reason, expires_at=expires_at)
        await entities.add_to_list(page.connection, new, by=analyst, now=page.now)
    except ValueError:
        return await _lists(page, status_code=422, problem="The name of a list has small letters, digits and underscores.")
    return go_to("/fraud/lists", list_name=list_name)


@router.post("/lists/{entry_id}/remove")
async def remove_from_list(page: PageContext, entry_id: str, reason: Reason) -> Response:
    """Take an entry off; one that went meanwhile is gone already."""
    try:
        await entities.remove_from_list(page.connection, entry_id, reason=reason, by=_analyst(page), now=page.now)
    except ConflictError as error:
        return await _lists(page, status_code=409, problem=str(error))
    return go_to("/fraud/lists")


@router.post("/snoozes")
async def snooze_rule(
    page: PageContext,
    rule_name: Annotated[str, Form(max_length=60)],
    kind: Annotated[EntityKind, Form()],
    value: Annotated[str, Form(min_length=1, max_length=200)],
    reason: Reason,
    days: Annotated[int, Form(ge=1, le=365)] = 7,
) -> Response:
    """Let a rule pass somebody over for some days."""
    analyst = _analyst(page)
    try:
        new = NewSnooze(rule_name=rule_name, kind=kind, value=value, reason=reason, expires_at=page.now + timedelta(days=days))
        await entities.snooze(page.connection, new, by=analyst, now=page.now)
    except (ValueError, InvalidInputError) as error:
        problem = str(error) if isinstance(error, InvalidInputError) else "That is no name of a rule."
        return await _lists(page, status_code=422, problem=problem)
    return go_to("/fraud/lists")


@router.post("/snoozes/{snooze_id}/end")
async def end_snooze(page: PageContext, snooze_id: str) -> Response:
    """Let the rule speak again."""
    try:
        await entities.end_snooze(page.connection, snooze_id, by=_analyst(page), now=page.now)
    except ConflictError as error:
        return await _lists(page, status_code=409, problem=str(error))
    return go_to("/fraud/lists")


def _parsed(document: str) -> Any:
    """The document that stands in an editor.

    Raises:
        InvalidRulesError: it is no JSON, or no object.
    """
    try:
        parsed = json.loads(document)
    except RecursionError:
        raise InvalidRulesError([Mistake(None, "", "nested too deep to be read")]) from None
    except ValueError as error:
        raise InvalidRulesError([Mistake(None, "", f"is no JSON: {error}")]) from None
    if not isinstance(parsed, dict):
        raise InvalidRulesError([Mistake(None, "", "is no JSON object; begin with {")])
    return parsed


def _rules_of(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each rule as the pages tell it."""
    return [
        {"name": rule.name, "when": condition_in_words(rule.when), "effect": effect_in_words(rule), "action": rule.action}
        for rule in fraud_rules.read_rule_set(document).rules
    ]


def _editor(page: Page, begun_from: int, text: str, *, note: str = "", mistakes: list[Mistake] | None = None) -> Response:
    return page.render(
        "fraud_rules/editor.html",
        422 if mistakes else 200,
        section="fraud",
        begun_from=begun_from,
        text=text,
        note=note,
        mistakes=mistakes or [],
        facts=service.facts(),
        largest=_LARGEST_DOCUMENT,
    )


async def _version(page: Page, version: int, *, status_code: int = 200, problem: str | None = None) -> Response:
    chosen = await service.version(page.connection, version)
    runs = await service.back_tests(page.connection, version)
    return page.render(
        "fraud_rules/version.html",
        status_code,
        section="fraud",
        chosen=chosen,
        rules=_rules_of(chosen.document),
        text=json.dumps(chosen.document, indent=2, ensure_ascii=False),
        run=runs[0] if runs else None,
        may_publish=bool(runs) or chosen.published_at is not None or version == fraud_rules.SHIPPED_VERSION,
        problem=problem,
    )


async def _lists(page: Page, *, status_code: int = 200, list_name: str | None = None, problem: str | None = None) -> Response:
    at_work = await service.version(page.connection)
    rule_set = fraud_rules.read_rule_set(at_work.document)
    return page.render(
        "fraud_rules/lists.html",
        status_code,
        section="fraud",
        entries=await entities.list_entries(page.connection, list_name=list_name, kind=None, now=page.now, limit=200),
        snoozes=await entities.list_snoozes(page.connection, now=page.now),
        chosen=list_name,
        lists=sorted({*rule_set.lists(), "blocked", "trusted"}),
        used=rule_set.lists(),
        rule_names=[rule.name for rule in rule_set.rules],
        kinds=list(EntityKind),
        problem=problem,
    )
