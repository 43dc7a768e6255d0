"""`/v1/fraud/shadow`: what the challenger would have decided."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.dependencies import Connection, Now, require_role
from storefront_api.fraud.schemas import ShadowComparison
from storefront_api.fraud.shadow import shadow_report
from storefront_api.problems import problem_responses

router = APIRouter(prefix="/v1/fraud", tags=["fraud review"], responses=problem_responses(401, 403))

Analyst = Annotated[User, Depends(require_role(Role.ANALYST, Role.ADMIN))]


@router.get("/shadow", summary="The challenger beside checkout", responses=problem_responses(422))
async def get_shadow(
    connection: Connection, analyst: Analyst, now: Now, days: Annotated[int, Query(ge=1, le=365)] = 30
) -> list[ShadowComparison]:
    """Live attempts counted by what was decided and what the challenger would have; nobody ever acted on the latter."""
    return await shadow_report(connection, since=now - timedelta(days=days))
