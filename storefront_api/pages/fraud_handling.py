"""From the queue or a case: give cases to a colleague, tag them, or put them off."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError

from marketplace.errors import ConflictError
from storefront_api.fraud_reviews import handling
from storefront_api.fraud_reviews.handling_schemas import Act, BulkHandled
from storefront_api.fraud_reviews.schemas import MOST_AT_ONCE
from storefront_api.pages.context import PageContext, go_to
from storefront_api.pages.fraud import analyst_of, queue_after
from storefront_api.pages.fraud_case import case_after
from storefront_api.pages.fraud_filters import QueueFilters
from storefront_api.problems import FieldError

router = APIRouter(prefix="/fraud", include_in_schema=False)

_ACT: TypeAdapter[Act] = TypeAdapter(Act)
# What an empty or wrong field of each act asks for.
_WANTED = {
    "assign": "choose a colleague",
    "tag": "a tag is of 2 to 30 letters, digits, spaces or hyphens",
    "untag": "name the tag to take off",
    "snooze": "say why, in 3 to 200 letters",
}
Action = Literal["assign", "tag", "untag", "snooze"]


def asked_act(
    page: PageContext,
    action: Annotated[Action, Form()],
    analyst_id: Annotated[str, Form(max_length=64)] = "",
    tag: Annotated[str, Form(max_length=100)] = "",
    hours: Annotated[int, Form(ge=1, le=168)] = 24,
    why: Annotated[str, Form(max_length=300)] = "",
) -> Act:
    """What the form asks for; fields of other acts stand in the same form and do not count.

    Raises:
        FieldError: a field of this act is empty or wrong.
    """
    fields: dict[str, dict[str, Any]] = {
        "assign": {"analyst_id": analyst_id},
        "tag": {"tag": tag},
        "untag": {"tag": tag},
        "snooze": {"until": page.now + timedelta(hours=hours), "reason": why},
    }
    try:
        return _ACT.validate_python({"action": action, **fields[action]})
    except ValidationError as error:
        raise FieldError(f"/{action}", _WANTED[action]) from error


AskedAct = Annotated[Act, Depends(asked_act)]


@router.post("/handling")
async def handle_many(
    page: PageContext,
    view: QueueFilters,
    act: AskedAct,
    cases: Annotated[list[str] | None, Form(max_length=MOST_AT_ONCE)] = None,
) -> Response:
    """The same act on every ticked case; the queue comes back and says what could not be done."""
    analyst = analyst_of(page)
    done = BulkHandled(handled=[], refused=[])
    if cases:
        done = await handling.handle_many(page.connection, cases, act, analyst=analyst, now=page.now)
    return await queue_after(page, view, handled=done, act=act)


@router.post("/cases/{fraud_case_id}/handling")
async def handle_one(page: PageContext, view: QueueFilters, act: AskedAct, fraud_case_id: str) -> Response:
    """Do it and stay on the case; one that was put off or given away is left for the queue."""
    analyst = analyst_of(page)
    try:
        async with page.connection.transaction():
            await handling.handle(page.connection, fraud_case_id, act, analyst=analyst, now=page.now)
    except ConflictError as error:
        return await case_after(page, view, fraud_case_id, problem=str(error))
    if act.action in ("snooze", "assign"):
        return go_to("/fraud", **view.said, told=act.action)
    return go_to(f"/fraud/cases/{fraud_case_id}", **view.said, told=act.action)
