"""A model as operators see it: what the registry names, what the service serves, how it was judged, and what went wrong."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.champion import ChampionProblemKind, ChampionStatus
from marketplace.errors import NotFoundError
from marketplace.settings import Settings
from marketplace.vocabulary import ModelName
from storefront_api.ops import probes, repository
from storefront_api.ops.schemas import MethodFigure, Model, ModelCard

# What a service says of the registry itself, which the page says once and not four times.
_OF_THE_REGISTRY = {ChampionProblemKind.REGISTRY_UNAVAILABLE, ChampionProblemKind.NO_CHAMPION}


async def models(connection: AsyncConnection[DictRow], settings: Settings, *, judgements: Mapping[str, str]) -> list[Model]:
    """All of them, asked for at the same time; a part that is down costs its deadline, never the page.

    Args:
        judgements: what the newest failed check said of a model's challenger, by model.
    """
    async with probes.open_client() as http:
        found, served = await asyncio.gather(
            probes.registered(http, settings),
            asyncio.gather(*(probes.served(http, settings, name) for name in ModelName)),
        )
    return [
        await _model(connection, name, _entry(found, name), status, judgements.get(name.value))
        for name, status in zip(ModelName, served, strict=True)
    ]


async def challenger_of(settings: Settings, name: str) -> str | None:
    """In words which version may be tried beside the champion, or why none may; None where the registry does not answer."""
    async with probes.open_client() as http:
        found = await probes.registered(http, settings)
    if found is None:
        return None
    entry = _entry(found, name) or {}
    champion, challenger = entry.get("champion"), entry.get("challenger")
    if not champion:
        return "There is no champion yet."
    if not challenger or challenger["version"] == champion["version"]:
        return f"There is no challenger: version {champion['version']} would answer in both arms."
    if challenger["tags"].get("verdict") == "refused":
        return f"The checks refused version {challenger['version']}: version {champion['version']} would answer in both arms."
    return f"Version {challenger['version']} is tried beside version {champion['version']}."


async def model_card(connection: AsyncConnection[DictRow], settings: Settings, name: str) -> ModelCard:
    """One model with its card.

    Raises:
        NotFoundError: no model is called so.
    """
    if name not in list(ModelName):
        raise NotFoundError(f"no model is called {name!r}; there are {', '.join(ModelName)}")
    async with probes.open_client() as http:
        answered, served = await asyncio.gather(probes.registered(http, settings), probes.served(http, settings, name))
        found = _entry(answered, name)
        champion = (found or {}).get("champion")
        card = await _card(http, settings, champion)
    model = await _model(connection, ModelName(name), found, served, None)
    return ModelCard(**model.model_dump(), card=card)


def _entry(found: Mapping[str, dict[str, Any]] | None, name: str) -> dict[str, Any] | None:
    """The entry of one model: empty where the registry has none, None where it does not answer."""
    return None if found is None else found.get(name, {})


async def _card(http: httpx.AsyncClient, settings: Settings, champion: dict[str, Any] | None) -> str | None:
    return await probes.model_card(http, settings, champion["run_id"]) if champion else None


async def _model(
    connection: AsyncConnection[DictRow],
    name: ModelName,
    found: dict[str, Any] | None,
    served: ChampionStatus | None,
    judgement: str | None,
) -> Model:
    """Registry entry, service and stored figures together; the figures alone when the registry does not answer."""
    model = Model(name=name, is_registry_up=found is not None, **_refusal(found or {}), **_problem(served))
    champion = (found or {}).get("champion")
    if found is not None and champion is None:
        return model.model_copy(update={"not_trained": judgement})
    rows = await repository.evaluations(connection, name, champion["version"] if champion else None)
    evaluation = (found or {}).get("evaluation") or {}
    figures = [MethodFigure.model_validate(row) for row in rows] or _figures_in(evaluation)
    tags = champion["tags"] if champion else {}
    challenger = (found or {}).get("challenger")
    metric, baseline = evaluation.get("primary_metric"), evaluation.get("baseline")
    difference = evaluation.get("difference") or {}
    return model.model_copy(
        update={
            "version": champion["version"] if champion else (rows[0]["model_version"] if rows else None),
            "trained_at": champion["trained_at"] if champion else (rows[0]["evaluated_at"] if rows else None),
            "training_cutoff": tags.get("training_cutoff"),
            "feature_service": tags.get("feature_service"),
            "row_count": int(tags["row_count"]) if tags.get("row_count", "").isdigit() else None,
            "git_commit": tags.get("git_commit"),
            "primary_metric": metric,
            "baseline": baseline,
            "served": next((one for one in figures if one.is_served and one.metric == metric), None),
            "baseline_figure": next((one for one in figures if one.method == baseline and one.metric == metric), None),
            "difference": difference.get("value"),
            "difference_low": difference.get("low"),
            "difference_high": difference.get("high"),
            "notes": list(evaluation.get("notes") or []),
            "figures": figures,
            "judgement": tags.get("judgement"),
            "challenger": challenger["version"] if challenger and champion and _is_newer(challenger, champion) else None,
            "not_trained": judgement if judgement and judgement.startswith("not trained") else None,
        }
    )


def _is_newer(challenger: Mapping[str, Any], champion: Mapping[str, Any]) -> bool:
    return bool(challenger["trained_at"] > champion["trained_at"])


def _refusal(found: Mapping[str, Any]) -> dict[str, Any]:
    """The newest refusal, as long as no champion has been made since."""
    refusal, moves = found.get("refusal") or {}, found.get("moves") or []
    if not refusal:
        return {}
    at = datetime.fromisoformat(refusal["at"])
    moved_at = max((datetime.fromisoformat(move["at"]) for move in moves), default=None)
    if moved_at is not None and moved_at >= at:
        return {}
    version = f"version {refusal['version']}: " if refusal.get("version") else ""
    return {"refusal": f"{version}{refusal['reason']}", "refused_at": at}


def _problem(served: ChampionStatus | None) -> dict[str, Any]:
    if served is None:
        return {}
    said: dict[str, Any] = {"served_version": served.version}
    if served.problem is not None and served.problem.kind not in _OF_THE_REGISTRY:
        words = f"version {served.problem.version} was not taken: " if served.problem.version else ""
        said |= {"problem": f"{words}{served.problem.reason}", "problem_since": served.problem.since}
    return said


def _figures_in(evaluation: dict[str, Any]) -> list[MethodFigure]:
    """The figures of the report that the registry keeps, for a version that another database evaluated."""
    return [
        MethodFigure(method=method["name"], metric=metric, is_served=method["is_served"], **figure)
        for method in evaluation.get("methods", [])
        for metric, figure in method["metrics"].items()
    ]
