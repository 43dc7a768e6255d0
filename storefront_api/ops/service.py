"""What an operator asks: each function is one section of the page, quick by itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.settings import Settings
from marketplace.vocabulary import ModelName, Stream
from storefront_api.ops import dagster_runs, drift, freshness, models, probes, repository
from storefront_api.ops.schemas import (
    Freshness,
    Model,
    ModelDrift,
    Outbox,
    Part,
    Quarantined,
    Runs,
    SourceFreshness,
    State,
    Status,
)

_OUTBOX_LATE_S, _OUTBOX_STALE_S = 10.0, 120.0
_STAGES: tuple[freshness.Stage, ...] = ("raw", "marts", "features")

Shop = AsyncConnection[DictRow]


async def status(connection: Shop, settings: Settings, *, now: datetime) -> Status:
    """Everything at once, for programs."""
    origin, tables = await fresh_tables(connection, settings, now=now)
    return Status(
        checked_at=now,
        parts=await parts(settings),
        models=await registered_models(connection, settings),
        source=origin,
        freshness=tables,
        quarantine=await quarantine(connection),
        outbox=await outbox(connection),
    )


async def parts(settings: Settings) -> list[Part]:
    """Every process that answers over HTTP."""
    async with probes.open_client() as http:
        return await probes.probe_parts(http, settings)


async def registered_models(connection: Shop, settings: Settings) -> list[Model]:
    """All models, with what Dagster's checks said where one has no champion."""
    async with dagster_runs.open_history(settings) as history:
        judgements: Mapping[str, str] = await dagster_runs.judgements(history) if history is not None else {}
    return await models.models(connection, settings, judgements=judgements)


async def source_of(connection: Shop, *, now: datetime) -> tuple[SourceFreshness | None, datetime]:
    """The source, and what time it is in its data."""
    origin = await freshness.source(connection, now=now)
    return origin, freshness.clock(origin, now=now)


async def fresh_tables(connection: Shop, settings: Settings, *, now: datetime) -> tuple[SourceFreshness | None, list[Freshness]]:
    """The source and every table that is made of it."""
    async with dagster_runs.open_history(settings) as history:
        built_at = await dagster_runs.built_at(history) if history is not None else {}
    origin, at = await source_of(connection, now=now)
    tables = [await freshness.freshness(connection, stage, built_at=built_at, at=at) for stage in _STAGES]
    return origin, [table for stage in tables for table in stage]


async def runs(settings: Settings, *, limit: int = 8) -> Runs:
    """The newest runs of the pipeline."""
    async with dagster_runs.open_history(settings) as history:
        if history is None:
            return Runs(is_known=False, runs=[])
        return Runs(is_known=True, runs=await dagster_runs.runs(history, limit=limit))


async def drift_of(connection: Shop, name: ModelName, stream: Stream) -> ModelDrift:
    """The newest windows of one stream of a model."""
    return await drift.model_drift(connection, name, stream)


async def quarantine(connection: Shop, *, limit: int = 50) -> list[Quarantined]:
    """Rows that did not fit, by reason."""
    return [Quarantined.model_validate(row) for row in await repository.quarantine(connection, limit=limit)]


async def outbox(connection: Shop) -> Outbox:
    """What waits for the relay."""
    row: dict[str, Any] = await repository.outbox(connection)
    lag = row["lag_seconds"]
    state: State = "bad" if lag > _OUTBOX_STALE_S else "warn" if lag > _OUTBOX_LATE_S else "good"
    return Outbox.model_validate({**row, "state": state})
