"""Rows in quarantine as files: written out to be corrected, read in again."""

import csv
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row

from marketplace.errors import InvalidInputError, NotFoundError

_FIXED = ("quarantine_id", "source", "object", "row_key", "reason")


@dataclass(frozen=True)
class Row:
    """One row of `quarantine.rows`."""

    quarantine_id: int
    source: str
    object: str
    row_key: str | None
    reason: str
    payload: Any
    context: dict[str, Any] | None
    seen_count: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None
    resolution: str | None

    def summary(self) -> dict[str, Any]:
        """Everything but the contents, ready for JSON."""
        whole = {name: getattr(self, name) for name in (*_FIXED, "seen_count", "first_seen_at", "last_seen_at", "resolved_at",
                                                         "resolution")}  # fmt: skip
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in whole.items()}


def find(
    database_url: str,
    *,
    source: str | None = None,
    object_: str | None = None,
    reason: str | None = None,
    ids: Sequence[int] | None = None,
    resolved: bool = False,
) -> list[Row]:
    """The rows that meet every condition given, the newest first; those that were resolved only on demand."""
    with psycopg.connect(database_url, row_factory=class_row(Row)) as connection:
        return connection.execute(
            f"""
            select {", ".join(Row.__dataclass_fields__)} from quarantine.rows
            where (%(source)s::text is null or source = %(source)s) and (%(object)s::text is null or object = %(object)s)
                and (%(reason)s::text is null or strpos(lower(reason), lower(%(reason)s)) > 0)
                and (%(ids)s::bigint[] is null or quarantine_id = any(%(ids)s)) and (%(resolved)s or resolved_at is null)
            order by last_seen_at desc, quarantine_id desc
            """,  # type: ignore[arg-type]
            {"source": source, "object": object_, "reason": reason, "ids": list(ids) if ids else None, "resolved": resolved},
        ).fetchall()


def write(file: Path, rows: Sequence[Row]) -> None:
    """Write the rows with their payload: JSON lines, or CSV with a column per column of the one file or table they are of.

    Raises:
        InvalidInputError: the file is there already, ends otherwise, or is CSV and the rows do not share columns.
    """
    if file.suffix not in (".jsonl", ".csv"):
        raise InvalidInputError(f"{file.name} ends neither in .jsonl nor in .csv")
    if file.suffix == ".csv":
        _refuse_for_csv(rows)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it may hold names and addresses
    except FileExistsError:
        raise InvalidInputError(f"{file} is there already; name a new file") from None
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as text:
        if file.suffix == ".jsonl":
            for row in rows:
                text.write(json.dumps(row.summary() | {"payload": row.payload}, ensure_ascii=False) + "\n")
            return
        columns = list(dict.fromkeys(name for row in rows for name in row.payload))
        writer = csv.writer(text)
        writer.writerow([*_FIXED, *(f"payload.{name}" for name in columns)])
        for row in rows:
            writer.writerow([*(getattr(row, name) for name in _FIXED), *(_cell(row.payload.get(name)) for name in columns)])


def _refuse_for_csv(rows: Sequence[Row]) -> None:
    kinds = sorted({f"{row.source}/{row.object}" for row in rows})
    if len(kinds) > 1:
        raise InvalidInputError(
            f"one CSV file holds rows of one file or table, here are {', '.join(kinds)}; filter, or use .jsonl"
        )
    if any(not isinstance(row.payload, dict) or "cells" in row.payload or row.source == "storefront" for row in rows):
        raise InvalidInputError("these rows are no plain columns (events, or lines with too few cells); use .jsonl")


def read(file: Path, database_url: str) -> dict[int, Any]:
    """Corrected payloads by the id of their row. In CSV, a cell that was not touched keeps its value and type.

    Raises:
        InvalidInputError: a line is not what `write` writes.
        NotFoundError: an id is not in quarantine.
    """
    if file.suffix != ".csv":
        return dict(_read_line(file, number, line) for number, line in enumerate(_lines(file), start=1) if line.strip())
    found: dict[int, Any] = {}
    rows = list(csv.DictReader(_lines(file)))
    ids = [_id(file, number, row.get("quarantine_id")) for number, row in enumerate(rows, start=2)]
    stored = {row.quarantine_id: row.payload for row in find(database_url, ids=ids, resolved=True)} if ids else {}
    for key, row in zip(ids, rows, strict=True):
        if key not in stored:
            raise NotFoundError(f"{file.name}: no row {key} is in quarantine")
        cells = {name.removeprefix("payload."): cell for name, cell in row.items() if name and name.startswith("payload.")}
        found[key] = {
            name: stored[key].get(name) if _cell(stored[key].get(name)) == cell else cell
            for name, cell in cells.items()
            if name in stored[key] or cell
        }
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError:
        raise InvalidInputError(f"{file.name} is not UTF-8 text") from None


def _read_line(file: Path, number: int, line: str) -> tuple[int, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InvalidInputError(f"{file.name}, line {number} is not JSON: {error}") from None
    if not isinstance(row, dict) or "payload" not in row:
        raise InvalidInputError(f"{file.name}, line {number} has no payload; keep the form that `export` wrote")
    return _id(file, number, row.get("quarantine_id")), row["payload"]


def _id(file: Path, number: int, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InvalidInputError(f"{file.name}, line {number}: quarantine_id is no number, {value!r} came") from None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
