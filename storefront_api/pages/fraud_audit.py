"""The audit of the fraud desk as a page."""

from datetime import datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from fastapi.responses import Response

from storefront_api.fraud_audit import repository, service
from storefront_api.fraud_audit.schemas import AuditFilters
from storefront_api.pages.context import PageContext
from storefront_api.pages.dated_area import day_in
from storefront_api.pages.fraud import analyst_of

router = APIRouter(prefix="/fraud/audit", include_in_schema=False)

_PAGE_SIZE = 50


@router.get("")
async def audit_page(
    page: PageContext,
    search: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=64)] = "",
    actor_id: Annotated[str, Query(max_length=64)] = "",
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """Who did what, the newest first; htmx swaps the list alone."""
    analyst_of(page)
    zone = ZoneInfo(page.shop["time_zone"])
    from_day, to_day = day_in(first), day_in(last)
    filters = AuditFilters(
        search=search.strip() or None,
        action=action or None,
        actor_id=actor_id or None,
        occurred_from=datetime.combine(from_day, time.min, zone) if from_day else None,
        occurred_before=datetime.combine(to_day + timedelta(days=1), time.min, zone) if to_day else None,
    )
    found = await service.list_entries(page.connection, filters, cursor=cursor, limit=_PAGE_SIZE)
    asked = {"search": search, "action": action, "actor_id": actor_id, "from": first, "to": last}
    said = {name: value for name, value in asked.items() if value}
    return page.render(
        "fraud/audit.html",
        section="fraud",
        found=found,
        asked=asked,
        is_narrow=bool(said),
        more=urlencode(said | {"cursor": found.next_cursor}) if found.next_cursor else None,
        actors=await repository.actors(page.connection),
        actions=await repository.actions(page.connection),
    )
