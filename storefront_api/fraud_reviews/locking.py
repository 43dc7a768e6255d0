"""One act on a case at a time: who may act, and the audit of what was done."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import ConflictError, NotFoundError
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.service import User
from storefront_api.fraud_reviews import repository
from storefront_api.fraud_reviews.deadlines import CLAIM_LIFETIME
from storefront_api.fraud_reviews.schemas import RefusedDecision


class CaseClosedError(ConflictError):
    """Somebody has decided the case already, or its order is gone."""

    code = "case_closed"


class CaseClaimedError(ConflictError):
    """Another analyst has the case."""

    code = "case_claimed"


async def lock_for(
    connection: AsyncConnection[DictRow], fraud_case_id: str, analyst: User, *, now: datetime, is_forced: bool = False
) -> dict[str, Any]:
    """The case, which nobody else can act on until the transaction ends.

    Args:
        is_forced: also where another analyst holds it.
    Raises:
        NotFoundError: there is no such case.
        CaseClosedError, CaseClaimedError: it is not the analyst's to act on any more.
    """
    case = await repository.lock(connection, fraud_case_id)
    if case is None:
        raise NotFoundError(f"there is no fraud case {fraud_case_id!r}")
    if case["status"] == "closed":
        raise CaseClosedError(await _why_closed(connection, case))
    if holder_of(case, now=now) not in (None, analyst.user_id) and not is_forced:
        raise CaseClaimedError(f"{case['claimed_by_name']} has claimed this case; it is free again an hour after the claim")
    return case


def holder_of(case: dict[str, Any], *, now: datetime) -> str | None:
    """Whose the locked case is; None where nobody has claimed it, or the hour is over."""
    is_held = case["status"] == "claimed" and case["claimed_at"] >= now - CLAIM_LIFETIME
    return case["claimed_by"] if is_held else None


async def each_case(
    connection: AsyncConnection[DictRow], fraud_case_ids: Iterable[str], act: Callable[[str], Awaitable[object]]
) -> tuple[list[str], list[RefusedDecision]]:
    """The cases to which `act` was done whole, and those that stayed as they were, with why; all of it one transaction."""
    done: list[str] = []
    refused: list[RefusedDecision] = []
    # always in the same order, so that two analysts with overlapping lists wait for each other and do not deadlock
    for fraud_case_id in sorted(set(fraud_case_ids)):
        try:
            async with connection.transaction():
                await act(fraud_case_id)
        except (ConflictError, NotFoundError) as error:
            refused.append(RefusedDecision(fraud_case_id=fraud_case_id, code=error.code, detail=str(error)))
        else:
            done.append(fraud_case_id)
    return done, refused


async def _why_closed(connection: AsyncConnection[DictRow], case: dict[str, Any]) -> str:
    outcome = await repository.latest_outcome(connection, case["payment_attempt_id"])
    if case["claimed_by"] is None or outcome is None:
        return "this case is closed already: its order was cancelled or settled without an analyst"
    at = f"{case['closed_at']:%d %b %Y, %H:%M} UTC"
    return f"{case['claimed_by_name']} closed this case as {outcome} on {at}; nothing was changed"


async def audit_case(
    connection: AsyncConnection[DictRow],
    action: str,
    fraud_case_id: str,
    analyst: User,
    *,
    reason: str | None = None,
    details: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    """Keep what the analyst did to the case; the log takes no changes."""
    await accounts.audit(
        connection,
        actor_id=analyst.user_id,
        action=action,
        object_type="fraud_case",
        object_id=fraud_case_id,
        reason=reason,
        details=details or {},
        now=now,
    )
