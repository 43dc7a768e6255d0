"""What Dagster's own tables say of runs, builds and checks: a few indexed rows, without its web server.

The tables are Dagster's: their columns are those of the version that the lock names.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from marketplace.settings import Settings
from marketplace.vocabulary import ModelName
from storefront_api.ops.schemas import Run

_LONGEST = 300


@asynccontextmanager
async def open_history(settings: Settings) -> AsyncIterator[AsyncConnection[DictRow] | None]:
    """A connection to Dagster's database; None where it is away or has no tables yet."""
    try:
        connection = await AsyncConnection.connect(
            settings.database_url("dagster"), autocommit=True, row_factory=dict_row, connect_timeout=2, options="-c timezone=UTC"
        )
    except psycopg.Error:
        yield None
        return
    async with connection:
        row = await (await connection.execute("select to_regclass('public.asset_keys') is not null as is_there")).fetchone()
        yield connection if row and row["is_there"] else None


async def runs(history: AsyncConnection[DictRow], *, limit: int) -> list[Run]:
    """The newest runs, newest first, with what failed."""
    rows = await (
        await history.execute(
            "select run_id, pipeline_name, status, start_time, end_time, create_timestamp from runs order by id desc limit %s",
            [limit],
        )
    ).fetchall()
    failed = [row["run_id"] for row in rows if row["status"] == "FAILURE"]
    causes = await _failures(history, failed) if failed else {}
    refused = await _refusals(history, [row["run_id"] for row in rows])
    return [
        Run(
            run_id=row["run_id"],
            job=row["pipeline_name"],
            status=row["status"].lower(),
            started_at=_instant(row["start_time"]) or row["create_timestamp"].replace(tzinfo=UTC),
            ended_at=_instant(row["end_time"]),
            refused=refused.get(row["run_id"], {}),
            **dict(zip(("failed_step", "failure"), causes.get(row["run_id"], (None, None)), strict=True)),
        )
        for row in rows
    ]


async def built_at(history: AsyncConnection[DictRow]) -> dict[str, datetime]:
    """When each asset was last built, by `schema/table`."""
    rows = await (
        await history.execute(
            "select asset_key, last_materialization_timestamp as at from asset_keys"
            " where last_materialization_timestamp is not null"
        )
    ).fetchall()
    return {"/".join(json.loads(row["asset_key"])): row["at"].replace(tzinfo=UTC) for row in rows}


async def _refusals(history: AsyncConnection[DictRow], run_ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """What the checks said of the challengers that each run refused, by model."""
    rows = await (
        await history.execute(
            "select run_id, asset_key, evaluation_event from asset_check_executions"
            " where asset_key = any(%s) and run_id = any(%s) and evaluation_event is not null order by id",
            [_model_keys(), list(run_ids)],
        )
    ).fetchall()
    said: dict[str, dict[str, str]] = {}
    for row in rows:
        evaluation = _specific(row["evaluation_event"])
        is_error = (evaluation.get("severity") or {}).get("__enum__") == "AssetCheckSeverity.ERROR"
        if is_error and not evaluation.get("success", True):
            said.setdefault(row["run_id"], {})[_model_of(row["asset_key"])] = _judgement(evaluation) or "a check failed"
    return said


async def judgements(history: AsyncConnection[DictRow]) -> dict[str, str]:
    """For each model whose newest check failed: what the check said."""
    rows = await (
        await history.execute(
            "select distinct on (asset_key, check_name) asset_key, evaluation_event from asset_check_executions"
            " where asset_key = any(%s) and evaluation_event is not null order by asset_key, check_name, id desc",
            [_model_keys()],
        )
    ).fetchall()
    said: dict[str, str] = {}
    for row in rows:
        evaluation = _specific(row["evaluation_event"])
        text = _judgement(evaluation)
        if text and not evaluation.get("success", True):
            said.setdefault(_model_of(row["asset_key"]), text)
    return said


async def _failures(history: AsyncConnection[DictRow], run_ids: Sequence[str]) -> dict[str, tuple[str | None, str | None]]:
    """The first failed step of each run; of a run that died without one, what Dagster says of the run."""
    rows = await (
        await history.execute(
            "select distinct on (run_id) run_id, step_key, event from event_logs where run_id = any(%s)"
            " and dagster_event_type in ('STEP_FAILURE', 'PIPELINE_FAILURE')"
            " order by run_id, dagster_event_type = 'PIPELINE_FAILURE', id",
            [list(run_ids)],
        )
    ).fetchall()
    return {row["run_id"]: (_step(row["step_key"]), _cause(row["event"])) for row in rows}


def _model_keys() -> list[str]:
    return [json.dumps(["models", name.value]) for name in ModelName]


def _model_of(asset_key: str) -> str:
    return str(json.loads(asset_key)[1])


def _judgement(evaluation: dict[str, Any]) -> str | None:
    return ((evaluation.get("metadata") or {}).get("judgement") or {}).get("text")


def _step(key: str | None) -> str | None:
    return key.replace("__", "/") if key else None


def _cause(event: str) -> str | None:
    """The innermost error's last line, which is what went wrong; the lines above are where."""
    error = _specific(event).get("error") or {}
    while error.get("cause"):
        error = error["cause"]
    said = error.get("message") or json.loads(event).get("dagster_event", {}).get("message") or ""
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return lines[-1][:_LONGEST] if lines else None


def _specific(event: str) -> dict[str, Any]:
    found = (json.loads(event).get("dagster_event") or {}).get("event_specific_data") or {}
    return found if isinstance(found, dict) else {}


def _instant(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
