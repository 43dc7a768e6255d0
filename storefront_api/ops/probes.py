"""Short questions to the other parts: do they answer, and which model versions does the registry name."""

import asyncio
import json
import ssl
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
from pydantic import ValidationError

from marketplace.contracts.champion import ChampionStatus
from marketplace.settings import Settings
from marketplace.vocabulary import SERVED_MODELS
from storefront_api.ops.schemas import Part

DEADLINE_SECONDS = 1.0
_MLFLOW = "/api/2.0/mlflow"
_MOST_REPORTS = 64
_reports: dict[str, dict[str, Any]] = {}


def open_client() -> httpx.AsyncClient:
    """Connections that give up within the deadline and ignore proxies meant for the internet."""
    return httpx.AsyncClient(timeout=DEADLINE_SECONDS, trust_env=False, verify=_certificates())


@cache
def _certificates() -> ssl.SSLContext:
    """The trusted certificates, read once: reading them takes longer than all that is asked here."""
    return ssl.create_default_context()


async def probe_parts(http: httpx.AsyncClient, settings: Settings) -> list[Part]:
    """Every part that answers over HTTP, asked at the same time."""
    services = [
        (f"{name.replace('_', ' ')} service", getattr(settings.services, name.value).url, "/readyz") for name in SERVED_MODELS
    ]
    web = [("MLflow", settings.mlflow.url, "/health"), ("Dagster", settings.dagster.url, "/server_info")]
    return list(await asyncio.gather(*(_probe(http, name, url, path) for name, url, path in services + web)))


async def _probe(http: httpx.AsyncClient, name: str, url: str, path: str) -> Part:
    started = time.perf_counter()
    try:
        response = await http.get(url + path)
    except httpx.HTTPError as error:
        return Part(name=name, url=url, is_up=False, milliseconds=None, detail=type(error).__name__)
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    detail = None if response.is_success else f"answers {response.status_code}"
    return Part(name=name, url=url, is_up=response.is_success, milliseconds=milliseconds, detail=detail)


async def registered(http: httpx.AsyncClient, settings: Settings) -> dict[str, dict[str, Any]] | None:
    """The registry's entry of every model: champion with its evaluation, challenger, moves and the newest refusal.

    One question for all models, since each costs MLflow tens of milliseconds. None where the registry does not answer.
    """
    base = settings.mlflow.url
    try:
        answer = await http.get(f"{base}{_MLFLOW}/registered-models/search", params={"max_results": 100})
        models = answer.raise_for_status().json().get("registered_models", [])
        entries = await asyncio.gather(*(_entry(http, base, model) for model in models))
    except (httpx.HTTPError, ValueError, KeyError):
        return None
    return {model["name"]: entry for model, entry in zip(models, entries, strict=True)}


async def _entry(http: httpx.AsyncClient, base: str, model: Mapping[str, Any]) -> dict[str, Any]:
    tags = {tag["key"]: tag["value"] for tag in model.get("tags", [])}
    aliases = {alias["alias"]: str(alias["version"]) for alias in model.get("aliases", [])}
    champion, challenger = await asyncio.gather(
        *(_version(http, base, model, aliases.get(alias)) for alias in ("champion", "challenger"))
    )
    return {
        "champion": champion,
        "challenger": challenger,
        "evaluation": await _evaluation(http, base, champion["run_id"]) if champion else {},
        "refusal": json.loads(tags.get("last_refusal") or "{}"),
        "moves": [json.loads(value) for key, value in sorted(tags.items()) if key.startswith("champion.")],
    }


async def served(http: httpx.AsyncClient, settings: Settings, name: str) -> ChampionStatus | None:
    """What a model service says of the version at work; None where it does not answer, or the model has none."""
    if name not in SERVED_MODELS:
        return None
    try:
        answer = await http.post(f"{getattr(settings.services, name).url}/champion", json={})
        return ChampionStatus.model_validate_json(answer.raise_for_status().content)
    except (httpx.HTTPError, ValidationError):
        return None


async def _version(http: httpx.AsyncClient, base: str, model: Mapping[str, Any], version: str | None) -> dict[str, Any] | None:
    """A version of the model; the newest one comes with the model itself."""
    if version is None:
        return None
    entry = next((one for one in model.get("latest_versions", []) if str(one["version"]) == version), None)
    if entry is None:
        found = await http.get(f"{base}{_MLFLOW}/model-versions/get", params={"name": model["name"], "version": version})
        entry = found.raise_for_status().json()["model_version"]
    return {
        "version": str(entry["version"]),
        "run_id": entry["run_id"],
        "trained_at": datetime.fromtimestamp(int(entry["creation_timestamp"]) / 1000, UTC),
        "tags": {tag["key"]: tag["value"] for tag in entry.get("tags", [])},
    }


async def _evaluation(http: httpx.AsyncClient, base: str, run_id: str) -> dict[str, Any]:
    """The report of a run; it never changes, so each is asked for once."""
    key = f"{base} {run_id}"
    if key not in _reports:
        report = await _artifact(http, base, run_id, "evaluation.json")
        if not report.is_success:
            return {}
        if len(_reports) >= _MOST_REPORTS:
            _reports.clear()
        _reports[key] = report.json()
    return _reports[key]


async def _artifact(http: httpx.AsyncClient, base: str, run_id: str, path: str) -> httpx.Response:
    return await http.get(f"{base}/get-artifact", params={"run_uuid": run_id, "path": path})


async def model_card(http: httpx.AsyncClient, settings: Settings, run_id: str) -> str | None:
    """The Markdown that training wrote about a version."""
    try:
        response = await _artifact(http, settings.mlflow.url, run_id, "model_card.md")
    except httpx.HTTPError:
        return None
    return response.text if response.is_success else None
