"""What a figure and a page of rows look like; money in minor units of `currency`."""

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel

Unit = Literal["money", "count", "rate"]
TableName = Annotated[str, Path(min_length=1, max_length=64, pattern="^[a-z_]+$")]


class Definition(BaseModel):
    """What a figure means, what it is read from, and under which name the rows behind it are found."""

    name: str
    label: str
    unit: Unit
    definition: str
    source: str
    is_live: bool
    rows: str | None


class Figure(Definition):
    """One figure of the period beside the one it is compared with; null where there is nothing to divide by."""

    value: float | None
    previous: float | None
    change: float | None


class RowColumn(BaseModel):
    """One column of a row table; `money` is in minor units."""

    name: str
    label: str
    kind: Literal["text", "instant", "date", "count", "money", "rate", "yes_no"]


class RowPage(BaseModel):
    """Some of the rows behind a figure; `next_cursor` is null on the last page."""

    name: str
    title: str
    definition: str
    currency: str
    columns: list[RowColumn]
    rows: list[dict[str, Any]]
    next_cursor: str | None
