"""The rules of the operator's page: what counts as fresh, and which figures describe a model."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from marketplace.settings import Settings
from marketplace.vocabulary import ModelName
from storefront_api.ops import probes, repository
from storefront_api.ops.schemas import Freshness, MethodFigure, Model, ModelCard, Outbox, Quarantined, State, Status

# The pipeline runs daily: a day and some hours is late, two days is a fault.
_LATE, _STALE = timedelta(hours=30), timedelta(hours=54)
_OUTBOX_LATE_S, _OUTBOX_STALE_S = 10.0, 120.0


async def status(connection: AsyncConnection[DictRow], settings: Settings, *, now: datetime) -> Status:
    """Everything at once; a part that is down costs its deadline, never the page."""
    async with probes.open_client() as http:
        parts, champions = await asyncio.gather(
            probes.probe_parts(http, settings),
            asyncio.gather(*(probes.champion(http, settings, name) for name in ModelName)),
        )
    raw = await repository.freshness(connection, "raw_shop")
    features = await repository.freshness(connection, "features")
    return Status(
        checked_at=now,
        parts=parts,
        models=[await _model(connection, name, found) for name, found in zip(ModelName, champions, strict=True)],
        freshness=[_freshness("raw", row, now) for row in raw] + [_freshness("features", row, now) for row in features],
        quarantine=[Quarantined.model_validate(row) for row in await repository.quarantine(connection, limit=50)],
        outbox=_outbox(await repository.outbox(connection)),
    )


async def model_card(connection: AsyncConnection[DictRow], settings: Settings, name: str) -> ModelCard:
    """One model with its card.

    Raises:
        NotFoundError: no model is called so.
    """
    if name not in list(ModelName):
        raise NotFoundError(f"no model is called {name!r}; there are {', '.join(ModelName)}")
    async with probes.open_client() as http:
        found = await probes.champion(http, settings, name)
        card = await _card(http, settings, found)
    model = await _model(connection, ModelName(name), found)
    return ModelCard(**model.model_dump(), card=card)


async def _card(http: httpx.AsyncClient, settings: Settings, found: dict[str, Any] | None) -> str | None:
    return await probes.model_card(http, settings, found["run_id"]) if found else None


async def _model(connection: AsyncConnection[DictRow], name: ModelName, found: dict[str, Any] | None) -> Model:
    """Registry entry and stored figures together; the figures alone when the registry does not answer."""
    version = found.get("version") if found else None
    if found == {}:
        return Model(name=name, is_registry_up=True)
    rows = await repository.evaluations(connection, name, version)
    evaluation = (found or {}).get("evaluation") or {}
    figures = [MethodFigure.model_validate(row) for row in rows] or _figures_in(evaluation)
    tags = (found or {}).get("tags") or {}
    metric = evaluation.get("primary_metric")
    difference = evaluation.get("difference") or {}
    return Model(
        name=name,
        is_registry_up=found is not None,
        version=version or (rows[0]["model_version"] if rows else None),
        trained_at=(found or {}).get("trained_at") or (rows[0]["evaluated_at"] if rows else None),
        training_cutoff=tags.get("training_cutoff"),
        feature_service=tags.get("feature_service"),
        row_count=int(tags["row_count"]) if tags.get("row_count", "").isdigit() else None,
        git_commit=tags.get("git_commit"),
        primary_metric=metric,
        baseline=evaluation.get("baseline"),
        served=next((figure for figure in figures if figure.is_served and figure.metric == metric), None),
        baseline_figure=next(
            (figure for figure in figures if figure.method == evaluation.get("baseline") and figure.metric == metric), None
        ),
        difference=difference.get("value"),
        difference_low=difference.get("low"),
        difference_high=difference.get("high"),
        notes=list(evaluation.get("notes") or []),
        figures=figures,
    )


def _figures_in(evaluation: dict[str, Any]) -> list[MethodFigure]:
    """The figures of the report that the registry keeps, for a version that another database evaluated."""
    return [
        MethodFigure(method=method["name"], metric=metric, is_served=method["is_served"], **figure)
        for method in evaluation.get("methods", [])
        for metric, figure in method["metrics"].items()
    ]


def _freshness(stage: str, row: dict[str, Any], now: datetime) -> Freshness:
    return Freshness.model_validate({**row, "stage": stage, "state": _age_state(row["newest_at"], now)})


def _age_state(newest_at: datetime | None, now: datetime) -> State:
    if newest_at is None or now - newest_at > _STALE:
        return "bad" if newest_at else "warn"
    return "warn" if now - newest_at > _LATE else "good"


def _outbox(row: dict[str, Any]) -> Outbox:
    lag = row["lag_seconds"]
    state: State = "bad" if lag > _OUTBOX_STALE_S else "warn" if lag > _OUTBOX_LATE_S else "good"
    return Outbox.model_validate({**row, "state": state})
