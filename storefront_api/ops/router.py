"""`/v1/ops`: the state of the platform for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from marketplace.vocabulary import ModelName, Role, Stream
from storefront_api.accounts.service import User
from storefront_api.dependencies import AppSettings, Connection, Now, require_role
from storefront_api.ops import drift, models, service
from storefront_api.ops.schemas import ModelCard, ModelDrift, OpenAlert, Runs, Status
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/ops", tags=["operations"], responses=problem_responses(401, 403))

Operator = Annotated[User, Depends(require_role(Role.ADMIN, Role.ANALYST))]


@router.get("/status", summary="State of the platform")
async def get_status(connection: Connection, user: Operator, settings: AppSettings, now: Now) -> Status:
    """Freshness, parts, models, quarantine and outbox."""
    return await service.status(connection, settings, now=now)


@router.get("/models/{name}", summary="One model and its card", responses=problem_responses(404))
async def get_model(
    connection: Connection, user: Operator, settings: AppSettings, name: Annotated[str, Path(max_length=64)]
) -> ModelCard:
    """One model: the version that serves, its figures beside the baselines, and its card."""
    return await models.model_card(connection, settings, name)


@router.get("/alerts", summary="Open alerts and the last resolved ones")
async def list_alerts(connection: Connection, user: Operator) -> list[OpenAlert]:
    """What drifts, what leads it, and what to do."""
    return await drift.alerts(connection)


@router.get("/drift/{name}", summary="Drift of one model by window", responses=problem_responses(404))
async def get_drift(connection: Connection, user: Operator, name: ModelName, stream: Stream = Stream.INPUTS) -> ModelDrift:
    """Severity by column and window, and the newest window in full."""
    return await service.drift_of(connection, name, stream)


@router.get("/runs", summary="The newest runs of the pipeline")
async def list_runs(user: Operator, settings: AppSettings) -> Runs:
    """State, times and what failed."""
    return await service.runs(settings)
