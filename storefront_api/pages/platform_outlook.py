"""The platform's weeks ahead: what customers are expected to spend, and which customers and sellers may stay away."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response

from storefront_api.analytics import rows
from storefront_api.pages.platform_area import PlatformContext
from storefront_api.platform_analytics import repository
from storefront_api.platform_analytics.tables import row_table

router = APIRouter(prefix="/platform", include_in_schema=False)

_PAGE_SIZE = 15
_OURS, _RULE = "regressions", "recency"


@router.get("/customers-ahead")
async def customers_page(
    area: PlatformContext,
    order: Annotated[str, Query(pattern="^customers_(at_stake|by_value)$")] = "customers_at_stake",
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """What customers are expected to spend, and whose spend is at stake."""
    if area.period is None:
        return area.render("platform/customers.html", "customers")
    connection = area.page.connection
    outlook = await repository.outlook_totals(connection, "customers", area.period.currency)
    table = await rows.read_page(connection, row_table(order), area.period, cursor=cursor, limit=_PAGE_SIZE)
    return area.render(
        "platform/customers.html",
        "customers",
        outlook=outlook,
        table=table,
        **await _judged(area, outlook, ("customer_spend", "customer_churn")),
    )


@router.get("/sellers-ahead")
async def sellers_page(area: PlatformContext, cursor: Annotated[str | None, Query(max_length=400)] = None) -> Response:
    """Sellers who may leave; where there was too little to learn from, those who are quiet."""
    if area.period is None:
        return area.render("platform/sellers.html", "sellers")
    connection = area.page.connection
    outlook = await repository.outlook_totals(connection, "sellers", area.period.currency)
    name = "sellers_at_risk" if outlook and outlook["judged_count"] else "quiet_sellers"
    table = await rows.read_page(connection, row_table(name), area.period, cursor=cursor, limit=_PAGE_SIZE)
    return area.render(
        "platform/sellers.html", "sellers", outlook=outlook, table=table, **await _judged(area, outlook, ("seller_churn",))
    )


async def _judged(area: PlatformContext, outlook: Any, subjects: tuple[str, ...]) -> dict[str, Any]:
    """How the version did on days it had not seen: tenths by subject, and its figures beside those of the recency rule."""
    if outlook is None:
        return {"tenths": {}, "charts": {}, "measured": {}, "judged_days": None}
    found = await repository.deciles(area.page.connection)
    tenths = {subject: [row for row in found if row["subject"] == subject] for subject in subjects}
    measured: dict[str, dict[str, Any]] = {_OURS: {}, _RULE: {}}
    for row in await repository.measured(area.page.connection, outlook["model_version"]):
        measured.setdefault(row["method"], {})[row["metric"]] = row
    return {
        "tenths": tenths,
        "charts": {subject: orjson.dumps(rows_, default=str).decode() for subject, rows_ in tenths.items() if rows_},
        "measured": measured,
        "judged_days": (found[0]["from_date"], found[0]["to_date"]) if found else None,
    }
