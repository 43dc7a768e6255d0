"""Tables as CSV files: written while they are read, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from fastapi.responses import StreamingResponse

# A spreadsheet takes a text that begins with one of these for a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_response(filename: str, header: Sequence[str], batches: AsyncIterator[Iterable[Sequence[Any]]]) -> StreamingResponse:
    """A download that is sent batch by batch, so that its size does not matter; never kept by caches."""
    return StreamingResponse(
        _lines(header, batches),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"', "Cache-Control": "no-store"},
    )


def safe_cell(value: Any) -> Any:
    """The value as it may stand in a file: a text that would be a formula begins with an apostrophe, instants are ISO."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _lines(header: Sequence[str], batches: AsyncIterator[Iterable[Sequence[Any]]]) -> AsyncIterator[str]:
    yield _text([header])
    async for batch in batches:
        yield _text([[safe_cell(value) for value in row] for row in batch])


def _text(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
