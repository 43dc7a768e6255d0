"""Rows behind figures, asked with cursors that are none of theirs."""

from datetime import date
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI

from storefront_api.analytics import rows
from storefront_api.pagination import encode_cursor
from storefront_api.seller_analytics.registry import ROW_TABLES


class Asked:
    """A seller without rows."""

    currency = "BDT"

    def values(self) -> dict[str, Any]:
        return {"seller_id": "s", "first": date(2026, 1, 1), "last": date(2026, 1, 31)}


@pytest.mark.parametrize("values", [(1, 2), ("2026-01-01\0", "p"), ({}, None)])
async def test_cursor_of_other_values_is_bad_data(app: FastAPI, values: tuple[Any, ...]) -> None:
    async with app.state.database.transaction() as connection:
        with pytest.raises(psycopg.DataError):
            await rows.read_page(connection, ROW_TABLES["payouts"], Asked(), cursor=encode_cursor(*values), limit=5)


async def test_cursor_goes_on_behind_the_row_that_it_names(app: FastAPI) -> None:
    async with app.state.database.transaction() as connection:
        cursor = encode_cursor(date(2026, 1, 10), "p")
        page = await rows.read_page(connection, ROW_TABLES["payouts"], Asked(), cursor=cursor, limit=5)
    assert (page.rows, page.next_cursor) == ([], None)
