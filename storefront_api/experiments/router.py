"""`/v1/ops/experiments`: start, stop and look at what is tried on the shelves."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.experiments import service
from storefront_api.experiments.schemas import ExperimentStart, ExperimentStop, ExperimentSummary
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/ops/experiments", tags=["operations"], responses=problem_responses(401, 403))

Operator = Annotated[User, Depends(require_role(Role.ADMIN, Role.ANALYST))]
Admin = Annotated[User, Depends(require_role(Role.ADMIN))]
ExperimentId = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("", summary="Experiments")
async def list_experiments(connection: Connection, user: Operator) -> list[ExperimentSummary]:
    """The running one first, each with its arms, exposures and figures."""
    return await service.experiments(connection)


@router.post("", status_code=201, summary="Start an experiment", responses=problem_responses(400, 409, 422))
async def start_experiment(connection: Connection, user: Admin, wanted: ExperimentStart, now: Now) -> ExperimentSummary:
    """Runs from now on; one at a time on a shelf."""
    return await service.start(connection, wanted, by=user.user_id, now=now)


@router.post("/{experiment_id}/stop", summary="Stop an experiment", responses=problem_responses(404, 409, 422))
async def stop_experiment(
    connection: Connection, user: Admin, experiment_id: ExperimentId, wanted: ExperimentStop, now: Now
) -> ExperimentSummary:
    """Everybody is answered by the champion again; what was seen stays."""
    return await service.stop(connection, experiment_id, by=user.user_id, reason=wanted.reason, now=now)
