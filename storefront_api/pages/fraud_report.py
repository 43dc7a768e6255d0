"""The fraud report for administrators, as a page and as the same rows in a CSV file."""

import csv
import io
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from marketplace.vocabulary import Role
from storefront_api.fraud_analytics.periods import period_of
from storefront_api.fraud_analytics.report import fraud_report
from storefront_api.fraud_analytics.schemas import FraudReport
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.dated_area import day_in

router = APIRouter(prefix="/fraud", include_in_schema=False)

First = Annotated[str, Query(alias="from", max_length=10)]
Last = Annotated[str, Query(alias="to", max_length=10)]
_COLUMNS = ("name", "count", "amount_minor", "frauds", "fraud_minor", "lost_minor", "saved_minor")


@router.get("/report")
async def report_page(page: PageContext, first: First = "", last: Last = "") -> Response:
    """What fraud cost and what was stopped."""
    return page.render("fraud/report.html", section="fraud", report=await _report(page, first, last))


@router.get("/report.csv")
async def report_csv(page: PageContext, first: First = "", last: Last = "") -> Response:
    """The rows of the page with their totals; amounts in minor units, exactly as added up."""
    report = await _report(page, first, last)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["part", *_COLUMNS, "currency"])
    for part in report.parts:
        table.writerows(
            [part.name, *(getattr(row, name) for name in _COLUMNS), report.currency] for row in [*part.rows, part.total]
        )
    filename = f"fraud_{report.from_date}_{report.to_date}.csv"
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
    )


async def _report(page: Page, first: str, last: str) -> FraudReport:
    page.need(Role.ADMIN)
    return await fraud_report(page.connection, await period_of(page.connection, day_in(first), day_in(last), now=page.now))
