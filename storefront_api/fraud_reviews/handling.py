"""The rules of what is done to cases beside deciding them: given to a colleague, tagged, put off."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, NotFoundError
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.fraud_reviews import handling_repository, repository
from storefront_api.fraud_reviews.case import summary_of
from storefront_api.fraud_reviews.deadlines import LONGEST_SNOOZE
from storefront_api.fraud_reviews.handling_schemas import Act, Assign, BulkHandled, Snooze, Tag, Untag
from storefront_api.fraud_reviews.locking import audit_case, each_case, holder_of, lock_for
from storefront_api.fraud_reviews.schemas import CaseSummary
from storefront_api.problems import FieldError

MOST_TAGS = 8
# Clocks of a browser and of this machine differ a little.
_CLOCKS_APART = timedelta(minutes=5)


class TooManyTagsError(ConflictError):
    """The case bears as many tags as one can read at a glance."""

    code = "too_many_tags"


async def handle(
    connection: AsyncConnection[DictRow], fraud_case_id: str, act: Act, *, analyst: User, now: datetime
) -> CaseSummary:
    """The case after the act.

    Raises:
        FieldError: a colleague who is no analyst, or a time that is past or too far ahead.
        NotFoundError: there is no such case.
        CaseClosedError, CaseClaimedError, TooManyTagsError: it cannot be done to this case by this analyst.
    """
    await _check(connection, act, now=now)
    await _handle_one(connection, fraud_case_id, act, analyst=analyst, now=now)
    return CaseSummary.model_validate(await summary_of(connection, fraud_case_id, now=now))


async def handle_many(
    connection: AsyncConnection[DictRow], fraud_case_ids: list[str], act: Act, *, analyst: User, now: datetime
) -> BulkHandled:
    """What became of each case; those to which it cannot be done stay as they were.

    Raises:
        FieldError: a colleague who is no analyst, or a time that is past or too far ahead.
    """
    await _check(connection, act, now=now)
    done, refused = await each_case(
        connection, fraud_case_ids, lambda case_id: _handle_one(connection, case_id, act, analyst=analyst, now=now)
    )
    return BulkHandled(handled=done, refused=refused)


async def _check(connection: AsyncConnection[DictRow], act: Act, *, now: datetime) -> None:
    if isinstance(act, Assign) and await handling_repository.colleague(connection, act.analyst_id) is None:
        raise FieldError("/analyst_id", f"{act.analyst_id!r} is no analyst of this desk")
    if isinstance(act, Snooze) and not now < act.until <= now + LONGEST_SNOOZE + _CLOCKS_APART:
        raise FieldError("/until", f"choose a time ahead, at most {LONGEST_SNOOZE.days} days from now")


async def _handle_one(
    connection: AsyncConnection[DictRow], fraud_case_id: str, act: Act, *, analyst: User, now: datetime
) -> None:
    match act:
        case Assign():
            await _assign(connection, fraud_case_id, act, analyst=analyst, now=now)
        case Snooze():
            await _snooze(connection, fraud_case_id, act, analyst=analyst, now=now)
        case Tag() | Untag():
            await _tag(connection, fraud_case_id, act, analyst=analyst, now=now)


async def _assign(connection: AsyncConnection[DictRow], fraud_case_id: str, act: Assign, *, analyst: User, now: datetime) -> None:
    """An administrator may also give away what another analyst holds; whoever holds it already just keeps it."""
    case = await repository.lock(connection, fraud_case_id)
    if case is not None and holder_of(case, now=now) == act.analyst_id:
        return
    await lock_for(connection, fraud_case_id, analyst, now=now, is_forced=analyst.role is Role.ADMIN)
    to = await handling_repository.colleague(connection, act.analyst_id)
    assert to is not None
    await repository.set_claim(connection, fraud_case_id, analyst_id=to["user_id"], now=now)
    details = {"analyst_id": to["user_id"], "analyst_name": to["full_name"]}
    await audit_case(connection, "fraud_case.assigned", fraud_case_id, analyst, details=details, now=now)


async def _snooze(connection: AsyncConnection[DictRow], fraud_case_id: str, act: Snooze, *, analyst: User, now: datetime) -> None:
    case = await lock_for(connection, fraud_case_id, analyst, now=now)
    if (case["snoozed_until"], case["snooze_reason"]) == (act.until, act.reason):
        return
    await handling_repository.snooze(connection, fraud_case_id, until=act.until, reason=act.reason)
    details = {"until": act.until.isoformat()}
    await audit_case(connection, "fraud_case.snoozed", fraud_case_id, analyst, reason=act.reason, details=details, now=now)


async def _tag(
    connection: AsyncConnection[DictRow], fraud_case_id: str, act: Tag | Untag, *, analyst: User, now: datetime
) -> None:
    """Tags are notes in one word: on a case that is closed or another's, too."""
    if await repository.lock(connection, fraud_case_id) is None:
        raise NotFoundError(f"there is no fraud case {fraud_case_id!r}")
    if isinstance(act, Tag):
        row: dict[str, Any] = {"fraud_case_id": fraud_case_id, "tag": act.tag, "by": analyst.user_id, "now": now}
        is_new = await handling_repository.add_tag(connection, row)
        if is_new and await handling_repository.tag_count(connection, fraud_case_id) > MOST_TAGS:
            raise TooManyTagsError(f"this case has {MOST_TAGS} tags already; take one off first")
    else:
        is_new = await handling_repository.remove_tag(connection, fraud_case_id, act.tag)
    if is_new:
        action = "fraud_case.tagged" if isinstance(act, Tag) else "fraud_case.untagged"
        await audit_case(connection, action, fraud_case_id, analyst, details={"tag": act.tag}, now=now)
