"""The platform's past: revenue, funnel, cohorts, the sellers of a month, and the rows of each as CSV."""

from dataclasses import replace
from itertools import zip_longest
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response

from storefront_api.analytics import rows
from storefront_api.analytics.figures import figures_of, share, values_of
from storefront_api.analytics.schemas import RowPage, TableName
from storefront_api.csv_files import csv_response
from storefront_api.pages.platform_area import PlatformContext
from storefront_api.platform_analytics import repository
from storefront_api.platform_analytics.figures import DEFINITIONS, PARTS, STEPS
from storefront_api.platform_analytics.periods import PlatformPeriod
from storefront_api.platform_analytics.tables import ROW_TABLES, row_table

router = APIRouter(prefix="/platform", include_in_schema=False)

# Two years by day, or every cell of ten years of cohorts: all rows of a chart at once.
_WHOLE = 8000
_PAGE_SIZE = 25
_IN_CHART = 15
# Months of first sales, and months after each: what fits beside each other at a desk.
_COHORTS_SHOWN = 13


@router.get("")
async def revenue_page(area: PlatformContext) -> Response:
    """Revenue of a period beside the one it is compared with."""
    if area.period is None:
        return area.render("platform/revenue.html", "revenue")
    connection, period = area.page.connection, area.period
    now = values_of(PARTS, await repository.sums(connection, period.values()))
    earlier = values_of(PARTS, await repository.sums(connection, period.values(period.compared))) if period.compared else None
    table = await _oldest_first(area, "revenue", period)
    before = await _oldest_first(area, "revenue", replace(period, days=period.compared)) if period.compared else []
    return area.render(
        "platform/revenue.html",
        "revenue",
        figures=figures_of(DEFINITIONS, now, earlier),
        buckets=list(zip_longest(table, before[: len(table)])),
        chart=_json({"currency": period.currency, "grain": period.grain, "buckets": table, "compared": before}),
    )


@router.get("/funnel")
async def funnel_page(area: PlatformContext) -> Response:
    """How far visits came, beside the compared days, and the share of orders over time."""
    if area.period is None:
        return area.render("platform/funnel.html", "funnel")
    connection, period = area.page.connection, area.period
    now = await repository.funnel(connection, period.values())
    earlier = await repository.funnel(connection, period.values(period.compared)) if period.compared else None
    table = await _oldest_first(area, "funnel", period)
    steps = _steps(now, earlier)
    return area.render(
        "platform/funnel.html",
        "funnel",
        steps=steps,
        buckets=table,
        chart=_json(steps),
        trend=_json({"grain": period.grain, "buckets": table}),
    )


@router.get("/cohorts")
async def cohorts_page(area: PlatformContext) -> Response:
    """Which share of those who first bought in a month came back in the months after."""
    if area.period is None:
        return area.render("platform/cohorts.html", "cohorts")
    found = await _all(area, "cohorts", area.period)
    cohorts = _cohorts(found.rows)
    longest = max((len(cohort["cells"]) for cohort in cohorts), default=1)
    return area.render(
        "platform/cohorts.html",
        "cohorts",
        cohorts=cohorts[:_COHORTS_SHOWN],
        months=range(1, min(longest, _COHORTS_SHOWN)),
        has_more=longest > _COHORTS_SHOWN,
        highest=max((row["retention"] for row in found.rows if row["months_later"]), default=0),
    )


@router.get("/sellers")
async def league_page(area: PlatformContext, cursor: Annotated[str | None, Query(max_length=400)] = None) -> Response:
    """The sellers of a month, the largest first."""
    if area.period is None:
        return area.render("platform/league.html", "league")
    connection, period = area.page.connection, area.period
    table = await rows.read_page(connection, row_table("league"), period, cursor=cursor, limit=_PAGE_SIZE)
    return area.render(
        "platform/league.html",
        "league",
        table=table,
        sums=await repository.league_sums(connection, period.values()),
        is_first=cursor is None,
        chart=_json({"currency": period.currency, "sellers": table.rows[:_IN_CHART]}),
    )


@router.get("/rows/{table}.csv")
async def rows_csv(area: PlatformContext, table: TableName) -> Response:
    """All rows behind a page; amounts in minor units, exactly as added up."""
    found, period = row_table(table), area.computed
    return csv_response(period.filename(found), found.names, rows.every_row(area.page.request.app.state.database, found, period))


@router.get("/rows/{table}")
async def rows_page(
    area: PlatformContext, table: TableName, cursor: Annotated[str | None, Query(max_length=400)] = None
) -> Response:
    """Some rows with the sums of all."""
    found, period = row_table(table), area.computed
    return area.render(
        "platform/rows.html",
        found.tab,
        table=await rows.read_page(area.page.connection, found, period, cursor=cursor, limit=_PAGE_SIZE),
        totals=await rows.totals(area.page.connection, found, period),
        is_first=cursor is None,
        has_period=found.has_period,
    )


async def _all(area: PlatformContext, name: str, period: PlatformPeriod) -> RowPage:
    return await rows.read_page(area.page.connection, ROW_TABLES[name], period, cursor=None, limit=_WHOLE)


async def _oldest_first(area: PlatformContext, name: str, period: PlatformPeriod) -> list[dict[str, Any]]:
    return (await _all(area, name, period)).rows[::-1]


def _steps(now: Any, earlier: Any) -> list[dict[str, Any]]:
    """Each step with its share of all visits and of the step before, beside the compared days."""
    first = STEPS[0][0]
    previous = [first, *(name for name, *_ in STEPS)]
    return [
        {
            "label": label,
            "definition": words,
            "count": now[name],
            "of_visits": share(now[name], now[first]),
            "of_previous": share(now[name], now[before]) if name != first else None,
            "was_of_visits": share(earlier[name], earlier[first]) if earlier else None,
        }
        for (name, label, words), before in zip(STEPS, previous, strict=False)
    ]


def _cohorts(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One cohort a row, the newest first, its months in order; a month in which nobody came back is an empty cell."""
    cohorts: dict[Any, dict[str, Any]] = {}
    for cell in cells:
        cohort = cohorts.setdefault(cell["cohort_month"], {"month": cell["cohort_month"], "size": cell["cohort_size"], "by": {}})
        cohort["by"][cell["months_later"]] = cell
    last = max((cell["sale_month"] for cell in cells), default=None)
    for cohort in cohorts.values():
        count = (last.year - cohort["month"].year) * 12 + last.month - cohort["month"].month + 1 if last else 0
        cohort["cells"] = [cohort["by"].get(step) for step in range(count)]
    return list(cohorts.values())


def _json(given: Any) -> str:
    """What a chart draws, for a data attribute."""
    return orjson.dumps(given).decode()
