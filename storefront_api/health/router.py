"""`/livez`, `/readyz`, `/metrics` and `/v1/health`."""

import asyncio
from typing import Literal

import psycopg
from fastapi import APIRouter, Request, Response
from psycopg_pool import PoolTimeout
from pydantic import BaseModel

from storefront_api.clients.model_client import ModelClient
from storefront_api.database import Database
from storefront_api.dependencies import AppMetrics, ModelClients
from storefront_api.problems import problem_responses

router = APIRouter(tags=["health"])

_PATIENCE_SECONDS = 1.0


class PartHealth(BaseModel):
    """One part: `down` when it does not answer, `resting` while its breaker keeps calls away."""

    name: str
    status: Literal["up", "down", "resting"]


class Health(BaseModel):
    """The storefront works in part without its model services, not at all without its database."""

    status: Literal["up", "degraded", "down"]
    parts: list[PartHealth]


@router.get("/livez", summary="Is the process alive")
async def livez() -> dict[str, str]:
    """Says so; asks nothing else."""
    return {"status": "up"}


@router.get("/readyz", summary="May traffic be sent here", responses=problem_responses(503))
async def readyz(request: Request) -> dict[str, str]:
    """Ready when the database answers within a second."""
    if not await _database_answers(request.app.state.database):
        raise PoolTimeout("the database does not answer")
    return {"status": "up"}


@router.get("/v1/health", summary="Health of every part")
async def health(request: Request, clients: ModelClients) -> Health:
    """Each part on its own, asked side by side."""
    each = (clients.recommendation, clients.fraud, clients.tagging, clients.seller_analytics)
    services, is_database_up = await asyncio.gather(
        asyncio.gather(*map(_ask, each)), _database_answers(request.app.state.database)
    )
    parts = [PartHealth(name="database", status="up" if is_database_up else "down"), *services]
    if not is_database_up:
        return Health(status="down", parts=parts)
    return Health(status="up" if all(part.status == "up" for part in parts) else "degraded", parts=parts)


@router.get("/metrics", include_in_schema=False)
async def metrics(metrics: AppMetrics) -> Response:
    """Counters in Prometheus's text format."""
    body, content_type = metrics.render()
    return Response(body, headers={"content-type": content_type})


async def _ask(client: ModelClient) -> PartHealth:
    if client.breaker.is_open:
        return PartHealth(name=client.name, status="resting")
    return PartHealth(name=client.name, status="up" if await client.is_ready() else "down")


async def _database_answers(database: Database) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), database.transaction() as connection:
            await connection.execute("select 1")
    except (psycopg.OperationalError, PoolTimeout, TimeoutError):
        return False
    return True
