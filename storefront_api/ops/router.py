"""`/v1/ops`: the state of the platform for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import AppSettings, Connection, Now, require_role
from storefront_api.ops import service
from storefront_api.ops.schemas import ModelCard, Status
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
    return await service.model_card(connection, settings, name)
