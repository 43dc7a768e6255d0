"""The rows behind any figure of the seller's pages: read in pages, or taken along as CSV."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from storefront_api.analytics import rows
from storefront_api.analytics.schemas import TableName
from storefront_api.csv_files import csv_response
from storefront_api.pages.seller_area import SellerContext
from storefront_api.seller_analytics.registry import DEFINITIONS, row_table

router = APIRouter(prefix="/seller/rows", include_in_schema=False)

_PAGE_SIZE = 50


@router.get("/{table}.csv")
async def rows_csv(area: SellerContext, table: TableName) -> Response:
    """All rows of the period; amounts in minor units, exactly as added up."""
    found, period = row_table(table), area.computed
    return csv_response(period.filename(found), found.names, rows.every_row(area.page.request.app.state.database, found, period))


@router.get("/{table}")
async def rows_page(
    area: SellerContext, table: TableName, cursor: Annotated[str | None, Query(max_length=400)] = None
) -> Response:
    """Some rows with the sums of all; the figures that were counted from them stand above."""
    found, period = row_table(table), area.computed
    connection = area.page.connection
    return area.render(
        "seller/rows.html",
        found.tab,
        table=await rows.read_page(connection, found, period, cursor=cursor, limit=_PAGE_SIZE),
        totals=await rows.totals(connection, found, period),
        figures=[one for one in DEFINITIONS.values() if one.rows == table],
        is_first=cursor is None,
        has_period=found.has_period,
        nothing=found.nothing,
    )
