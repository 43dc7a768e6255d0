"""Short questions to the other parts: do they answer, and which model versions does the registry name."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import httpx

from marketplace.settings import Settings
from marketplace.vocabulary import ModelName
from storefront_api.ops.schemas import Part

DEADLINE_SECONDS = 1.0
_MLFLOW = "/api/2.0/mlflow"


def open_client() -> httpx.AsyncClient:
    """Connections that give up within the deadline and ignore proxies meant for the internet."""
    return httpx.AsyncClient(timeout=DEADLINE_SECONDS, trust_env=False)


async def probe_parts(http: httpx.AsyncClient, settings: Settings) -> list[Part]:
    """Every part that answers over HTTP, asked at the same time."""
    services = [
        (f"{name.replace('_', ' ')} service", getattr(settings.services, name.value).url, "/readyz") for name in ModelName
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


async def champion(http: httpx.AsyncClient, settings: Settings, name: str) -> dict[str, Any] | None:
    """The champion's registry entry with its evaluation; empty where there is none, None where MLflow does not answer."""
    base = settings.mlflow.url
    try:
        found = await http.get(f"{base}{_MLFLOW}/registered-models/alias", params={"name": name, "alias": "champion"})
        if found.status_code in (400, 404):
            return {}
        version = found.raise_for_status().json()["model_version"]
        report = await http.get(f"{base}/get-artifact", params={"run_uuid": version["run_id"], "path": "evaluation.json"})
        evaluation = report.json() if report.is_success else {}
    except (httpx.HTTPError, ValueError, KeyError):
        return None
    return {
        "version": str(version["version"]),
        "run_id": version["run_id"],
        "trained_at": datetime.fromtimestamp(int(version["creation_timestamp"]) / 1000, UTC),
        "tags": {tag["key"]: tag["value"] for tag in version.get("tags", [])},
        "evaluation": evaluation,
    }


async def model_card(http: httpx.AsyncClient, settings: Settings, run_id: str) -> str | None:
    """The Markdown that training wrote about a version."""
    try:
        response = await http.get(f"{settings.mlflow.url}/get-artifact", params={"run_uuid": run_id, "path": "model_card.md"})
    except httpx.HTTPError:
        return None
    return response.text if response.is_success else None
