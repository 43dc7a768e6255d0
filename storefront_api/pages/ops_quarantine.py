"""The quarantine page: rows that did not fit, by group, one with its contents, and a form to correct and send it again."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from marketplace.errors import InvalidInputError
from marketplace.vocabulary import Role
from storefront_api.pages.context import PageContext, go_to
from storefront_api.quarantine import repository, service

router = APIRouter(prefix="/ops/quarantine", include_in_schema=False)

_PAGE_SIZE = 50


@router.get("")
async def quarantine_page(
    page: PageContext,
    source: Annotated[str | None, Query(max_length=64)] = None,
    object_: Annotated[str | None, Query(alias="object", max_length=100)] = None,
    reason: Annotated[str | None, Query(max_length=1000)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """All groups; with a source and an object, the rows of that group."""
    page.need(Role.ADMIN)
    groups = await repository.groups(page.connection)
    rows = []
    if source is not None and object_ is not None:
        rows = await repository.rows(
            page.connection, source=source, object_=object_, reason=reason, before=before, limit=_PAGE_SIZE
        )
    said = {"source": source, "object": object_, "reason": reason, "before": rows[-1]["quarantine_id"] if rows else None}
    return page.render(
        "ops/quarantine.html",
        section="ops",
        groups=groups,
        rows=rows,
        chosen=said if source is not None and object_ is not None else None,
        more=urlencode({name: value for name, value in said.items() if value is not None}) if len(rows) == _PAGE_SIZE else None,
        resolved_count=await repository.resolved_count(page.connection),
    )


@router.get("/{quarantine_id}")
async def row_page(page: PageContext, quarantine_id: int) -> Response:
    """One row: why it waits, what it holds, and the form that corrects it."""
    page.need(Role.ADMIN)
    waiting = await service.find(page.connection, quarantine_id)
    return page.render("ops/quarantine_row.html", section="ops", waiting=waiting, row=waiting.row, text=None, problem=None)


@router.post("/{quarantine_id}/correction")
async def correct_row(page: PageContext, quarantine_id: int, payload: Annotated[str, Form(max_length=100_000)]) -> Response:
    """Send the corrected row again; what cannot be read comes back with the reason and what was typed."""
    user = page.need(Role.ADMIN)
    try:
        await service.correct(page.connection, quarantine_id, payload, by=user.user_id, now=page.now)
    except InvalidInputError as error:
        waiting = await service.find(page.connection, quarantine_id)
        return page.render(
            "ops/quarantine_row.html", 422, section="ops", waiting=waiting, row=waiting.row, text=payload, problem=str(error)
        )
    return go_to(f"/ops/quarantine/{quarantine_id}")
