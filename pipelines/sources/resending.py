"""Corrected rows sent again: through the reader and the loader that first-time rows go through, nothing else.

All rows that belong together are tried at once; where some still do not fit, halves are tried until each is alone. So a file of
good corrections costs one load, and every bad one gets a reason of its own.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import structlog
from psycopg.rows import dict_row

from marketplace.errors import InvalidInputError, MarketplaceError, NotFoundError
from marketplace.vocabulary import Source
from pipelines.sources import csv_shop, online_retail
from pipelines.sources.known import Known
from pipelines.sources.olist.files import FILES as OLIST_FILES
from pipelines.sources.quarantine import Quarantine
from pipelines.sources.shop_tables import LOADING_ORDER, MarketplaceFacts, ShopTables, load_tables
from pipelines.sources.text_files import LINE

log = structlog.get_logger(__name__)

_OLIST_STEMS = tuple(stem for stem, _ in OLIST_FILES.values())
_ORDER = (*csv_shop.OBJECTS, *_OLIST_STEMS, online_retail.OBJECT, *LOADING_ORDER)  # parents before children


@dataclass(frozen=True)
class Outcome:
    """What became of one corrected row: loaded, or why it still does not fit and where it waits now."""

    quarantine_id: int
    is_loaded: bool
    reason: str | None = None
    waits_as: int | None = None


def resend(
    database_url: str, corrections: Mapping[int, Any], *, by: str | None = None, folder: Path | None = None
) -> list[Outcome]:
    """Send corrected payloads again, each for the row of that id; doing it twice changes nothing.

    Args:
        by: who corrected them, for the history.
        folder: the source's own files, for rows that can only be read among the others (Olist's).
    Raises:
        NotFoundError: an id is not in quarantine.
        InvalidInputError: a row needs `folder`.
    """
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        rows = connection.execute("select * from quarantine.rows where quarantine_id = any(%s)", [list(corrections)]).fetchall()
    if missing := sorted(set(corrections) - {row["quarantine_id"] for row in rows}):
        raise NotFoundError(f"no row {', '.join(map(str, missing))} is in quarantine; `marketplace quarantine list` shows them")
    if folder is None and (lone := next((row["object"] for row in rows if _kind(row) == "olist"), None)):
        raise InvalidInputError(
            f"{lone} can only be read beside Olist's other files: name their folder with --path, or correct the file there and "
            "load it again"
        )
    return [outcome for group in _groups(rows) for outcome in _send(database_url, group, corrections, by, folder)]


def resend_waiting(database_url: str) -> list[Outcome]:
    """Send again what was corrected on the page and waits for it."""
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select quarantine_id, correction, corrected_by from quarantine.rows where correction is not null order by 1"
        ).fetchall()
    outcomes: list[Outcome] = []
    for key, payload, by in rows:
        try:
            outcomes += resend(database_url, {key: payload}, by=by)
        except Exception as error:  # whatever one correction does, the others and the relay's other work go on
            log.error("correction_failed", quarantine_id=key, error=type(error).__name__)
            with psycopg.connect(database_url) as connection:
                connection.execute("update quarantine.rows set correction = null where quarantine_id = %s", [key])
    return outcomes


def _groups(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows that one reader takes together, in the order in which their tables lean on each other."""
    known = {name: place for place, name in enumerate(_ORDER)}
    ordered = sorted(rows, key=lambda row: (row["source"], known.get(row["object"], -1), row["quarantine_id"]))
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in ordered:
        groups.setdefault((row["source"], _kind(row)), []).append(row)
    yield from groups.values()


def _kind(row: dict[str, Any]) -> str:
    if row["source"] == Source.STOREFRONT:
        return "event"
    if row["object"] in csv_shop.OBJECTS:
        return "csv"
    if row["object"] == online_retail.OBJECT:
        return "online_retail"
    return "olist" if row["object"] in _OLIST_STEMS else "table"


def _send(
    url: str, rows: list[dict[str, Any]], corrections: Mapping[int, Any], by: str | None, folder: Path | None
) -> list[Outcome]:
    if _kind(rows[0]) == "event":
        return [_send_event(url, row, corrections[row["quarantine_id"]], by) for row in rows]
    quarantine = Quarantine(rows[0]["source"])
    try:
        tables, facts = _read(url, rows, corrections, quarantine, folder)
        with psycopg.connect(url) as connection:
            load_tables(connection, tables, facts, quarantine)
            is_held = any(quarantine.holds(row["object"], corrections[row["quarantine_id"]]) for row in rows)
            quarantine.flush(connection)
            fits = not quarantine.reasons
            if _kind(rows[0]) == "olist":  # read among the whole folder, whose other bad rows say nothing of these
                fits = not is_held and not _has_new_rows(connection)
            if fits or len(rows) == 1:
                return [_note(connection, row, by, is_loaded=fits) for row in rows]
            connection.rollback()
    except MarketplaceError as error:
        if len(rows) == 1:
            return [_refuse(url, rows[0], corrections[rows[0]["quarantine_id"]], str(error), by)]
    half = len(rows) // 2
    return [*_send(url, rows[:half], corrections, by, folder), *_send(url, rows[half:], corrections, by, folder)]


def _read(
    url: str, rows: list[dict[str, Any]], corrections: Mapping[int, Any], quarantine: Quarantine, folder: Path | None
) -> tuple[ShopTables, MarketplaceFacts]:
    payloads = {row["quarantine_id"]: corrections[row["quarantine_id"]] for row in rows}
    for key, payload in payloads.items():
        if not isinstance(payload, dict) or "cells" in payload:
            raise InvalidInputError(f"row {key} is not an object of columns and values; write it as one")
    kind, known = _kind(rows[0]), Known(url)
    if kind == "csv":
        texts = {
            name.removesuffix(".csv"): (name, _texts(rows, payloads, name, csv_shop.columns_of(name)))
            for name in dict.fromkeys(row["object"] for row in rows)
        }
        return csv_shop.read_csv_texts(texts, quarantine, known, now=datetime.now(UTC))
    if kind == "online_retail":
        frame = _texts(rows, payloads, online_retail.OBJECT, online_retail.COLUMNS)
        return online_retail.read_online_retail_rows(frame.with_columns(file=pl.lit("correction")), quarantine, known)
    if kind == "olist":
        from pipelines.sources.olist import read_olist

        assert folder is not None
        pairs = [(row["object"], row["payload"], payloads[row["quarantine_id"]]) for row in rows]
        return read_olist(folder, quarantine, corrected=pairs)
    facts = MarketplaceFacts(
        quarantine.source,
        known.currency or "",
        known.time_zone or "UTC",
        is_simulated=False,
        data_until=known.data_until_or_now(),
        totals_are_sums=quarantine.source in (Source.CSV, Source.ONLINE_RETAIL),
    )
    return {name: _table(rows, payloads, name) for name in LOADING_ORDER if any(row["object"] == name for row in rows)}, facts


def _texts(rows: list[dict[str, Any]], payloads: Mapping[int, Any], name: str, columns: Sequence[str]) -> pl.DataFrame:
    """Payloads of one file as its cells; the quarantine's id stands for the line."""
    keys = [row["quarantine_id"] for row in rows if row["object"] == name]
    if unknown := sorted({column for key in keys for column in payloads[key]} - set(columns)):
        raise InvalidInputError(f"{name} has no column {', '.join(unknown)}; it has {', '.join(columns)}")
    cells = {column: [_text(payloads[key].get(column)) for key in keys] for column in columns}
    frame = pl.DataFrame({LINE: keys, **cells}, schema={LINE: pl.Int64, **dict.fromkeys(columns, pl.String)})
    return frame.with_columns(pl.col(columns).str.strip_chars().replace("", None))


def _table(rows: list[dict[str, Any]], payloads: Mapping[int, Any], name: str) -> pl.DataFrame:
    found = [payloads[row["quarantine_id"]] for row in rows if row["object"] == name]
    columns = list(dict.fromkeys(column for payload in found for column in payload))
    return pl.DataFrame(
        {column: [_text(payload.get(column)) for payload in found] for column in columns},
        schema=dict.fromkeys(columns, pl.String),
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _send_event(url: str, row: dict[str, Any], payload: Any, by: str | None) -> Outcome:
    from storefront_api.events.service import capture_again

    async def send() -> str | None:
        connection = await psycopg.AsyncConnection.connect(url, row_factory=dict_row)
        async with connection:
            return await capture_again(connection, payload, context=row["context"] or {}, received_at=row["first_seen_at"])

    reason = asyncio.run(send())
    if reason is not None:
        return _refuse(url, row, payload, reason, by)
    with psycopg.connect(url) as connection:
        return _note(connection, row, by, is_loaded=True)


def _refuse(url: str, row: dict[str, Any], payload: Any, reason: str, by: str | None) -> Outcome:
    """Keep a correction that no reader took, with its new reason."""
    quarantine = Quarantine(row["source"])
    quarantine.add(row["object"], row["row_key"], reason, payload, context=row["context"])
    with psycopg.connect(url) as connection:
        quarantine.flush(connection)
        return _note(connection, row, by, is_loaded=False)


def _has_new_rows(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute("select exists (select from quarantine.rows where first_seen_at = now())").fetchone()
    return bool(found and found[0])


def _note(connection: psycopg.Connection[Any], row: dict[str, Any], by: str | None, *, is_loaded: bool) -> Outcome:
    """Write into the row's history what became of it, in the transaction that tried it."""
    key = row["quarantine_id"]
    aside = None
    if not is_loaded:
        aside = connection.execute(
            "select quarantine_id, reason from quarantine.rows where last_seen_at = now() order by "
            "(object = %s and row_key is not distinct from %s) desc, first_seen_at desc, quarantine_id limit 1",
            [row["object"], row["row_key"]],
        ).fetchone()
    waits_as = aside[0] if aside else None
    is_same = waits_as == key
    connection.execute(
        """
        update quarantine.rows set correction = null, corrected_by = coalesce(%(by)s, corrected_by), corrected_at = now(),
            resolved_at = case when %(same)s then null else coalesce(resolved_at, now()) end,
            resolution = case when %(same)s then null when %(loaded)s then 'loaded' else 'replaced' end,
            replaced_by = case when %(same)s or %(loaded)s then null else %(waits_as)s::bigint end
        where quarantine_id = %(key)s
        """,
        {"by": by, "same": is_same, "loaded": is_loaded, "waits_as": waits_as, "key": key},
    )
    return Outcome(key, is_loaded, aside[1] if aside else None, waits_as)
