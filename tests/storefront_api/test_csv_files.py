"""CSV files: quoted, safe to open, sent as they are made."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from storefront_api.csv_files import csv_response, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"])
def test_text_that_would_be_a_formula_is_told_to_be_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["mug", "a=b", "", -5, 0, None, True])
def test_other_cells_stay_as_they_are(value: Any) -> None:
    assert safe_cell(value) == value


async def test_batches_become_one_file() -> None:
    async def batches() -> AsyncIterator[list[list[Any]]]:
        yield [[date(2026, 1, 2), 'a "b", c', -100]]
        yield [[datetime(2026, 1, 2, tzinfo=UTC), "=x", None]]

    answer = csv_response("rows.csv", ["when", "what", "amount_minor"], batches())
    text = "".join([str(part) async for part in answer.body_iterator])
    assert list(csv.reader(io.StringIO(text))) == [
        ["when", "what", "amount_minor"],
        ["2026-01-02", 'a "b", c', "-100"],
        ["2026-01-02T00:00:00+00:00", "'=x", ""],
    ]
    assert answer.headers["content-disposition"] == 'attachment; filename="rows.csv"'
