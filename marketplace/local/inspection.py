"""How the running marketplace does, asked now and not read from a file."""

import asyncio
import time
from typing import Any

import httpx

from marketplace.local.control import require_running
from marketplace.local.databases import masked
from marketplace.local.parts import POSTGRES, Part, marketplace_parts
from marketplace.local.probes import answers_query
from marketplace.local.processes import memory_mb
from marketplace.local.state import PartState, State
from marketplace.settings import Settings
from marketplace.vocabulary import ModelName


def inspect(settings: Settings, *, show_password: bool = False, show_own_password: bool = False) -> dict[str, Any]:
    """Every part with health, address, pid, memory and restarts, the database and the champions, ready for JSON.

    Args:
        show_password: also of a database that somebody else runs.
        show_own_password: of the embedded database, whose address scripts want to use.
    Raises:
        NotRunningError: nothing runs.
    """
    state = require_running(settings, "status")
    parts = asyncio.run(_asked(settings, state))
    supervisor_mb = memory_mb([state.supervisor] if state.supervisor else [])
    total = sum(part["memory_mb"] or 0 for part in parts) + (supervisor_mb or 0)
    url = settings.database_url()
    is_shown = show_password or (show_own_password and state.has_own_database)
    return {
        "running": True,
        "healthy": state.phase == "running" and all(part["health"] == "healthy" for part in parts),
        "phase": state.phase,
        "up_for_seconds": round(time.time() - state.started_at),
        "supervisor": {"pid": state.supervisor.pid if state.supervisor else None, "memory_mb": supervisor_mb},
        "parts": parts,
        "memory_mb": round(total, 1),
        "database": {"url": url if is_shown else masked(url), "is_embedded": state.has_own_database},
        "addresses": {
            "storefront": f"http://{settings.storefront.host}:{settings.storefront.port}",
            "dagster": settings.dagster.url,
            "mlflow": settings.mlflow.url,
            **{name: service.url for name, service in settings.services.by_name().items()},
        },
        "models": champion_versions(settings),
    }


def champion_versions(settings: Settings) -> dict[str, str | None]:
    """The version behind each model's champion alias, None for a model without one; empty when MLflow does not answer."""
    versions: dict[str, str | None] = {}
    with httpx.Client(base_url=settings.mlflow.url, timeout=5, trust_env=False) as client:
        for name in ModelName:
            try:
                answer = client.get("/api/2.0/mlflow/registered-models/alias", params={"name": name.value, "alias": "champion"})
            except httpx.HTTPError:
                return {}
            versions[name.value] = answer.json()["model_version"]["version"] if answer.status_code == 200 else None
    return versions


async def _asked(settings: Settings, state: State) -> list[dict[str, Any]]:
    known = {part.name: part for part in marketplace_parts(settings, None)}
    known[POSTGRES] = Part(POSTGRES, probe=answers_query(settings.database_url))
    rows = []
    for name, part in state.parts.items():
        if name in known and known[name].is_task:
            continue
        rows.append(_row(name, part, known.get(name)))
    return await asyncio.gather(*rows)


async def _row(name: str, state: PartState, part: Part | None) -> dict[str, Any]:
    health, detail = state.health, state.detail
    if state.process is None or state.process.process() is None:
        health = "restarting" if health in ("healthy", "unhealthy") else health
    elif health in ("healthy", "unhealthy") and part is not None and part.probe is not None:
        detail = await part.probe()
        health = "healthy" if detail is None else "unhealthy"
    return {
        "name": name,
        "health": health,
        "address": state.address,
        "pid": state.process.pid if state.process else None,
        "memory_mb": memory_mb(state.processes()),
        "restarts": state.restarts,
        "detail": detail,
    }
