"""The page of experiments: what runs, who saw what, what it did, and what the log says of the challenger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response

from marketplace.contracts.recommendation import Variant
from marketplace.errors import ConflictError
from marketplace.vocabulary import ExperimentKind, ModelName, Role
from storefront_api.experiments import repository, service
from storefront_api.experiments.report import Lift, is_significant, report
from storefront_api.experiments.schemas import ArmSettings, ExperimentFigure, ExperimentStart
from storefront_api.ops import models
from storefront_api.pages.context import Page, PageContext, go_to

router = APIRouter(prefix="/ops/experiments", include_in_schema=False)

EXPLORED_PLACE = "explored_place"  # under which the pipeline keeps what versions would have earned by the log


@router.get("")
async def experiments_page(page: PageContext) -> Response:
    """The running experiment first, then those that ended, then the explored place."""
    page.need(Role.ADMIN, Role.ANALYST)
    return await _render(page)


@router.post("")
async def start_experiment(
    page: PageContext,
    title: Annotated[str, Form(min_length=1, max_length=120)],
    kind: Annotated[ExperimentKind, Form()],
    share: Annotated[int, Form(ge=1, le=99)] = 50,
) -> Response:
    """Start one; where another runs meanwhile, the page says so."""
    user = page.need(Role.ADMIN)
    arms = [
        ArmSettings(name="champion", variant=Variant.CHAMPION, share=(100 - share) / 100),
        ArmSettings(name="challenger", variant=Variant.CHALLENGER, share=share / 100),
    ]
    try:
        await service.start(page.connection, ExperimentStart(title=title, kind=kind, arms=arms), by=user.user_id, now=page.now)
    except ConflictError as error:
        return await _render(page, status_code=409, problem=str(error))
    return go_to("/ops/experiments")


@router.post("/{experiment_id}/stop")
async def stop_experiment(
    page: PageContext, experiment_id: str, reason: Annotated[str, Form(min_length=1, max_length=300)]
) -> Response:
    """Stop it; one that was stopped meanwhile is shown as such."""
    user = page.need(Role.ADMIN)
    try:
        await service.stop(page.connection, experiment_id, by=user.user_id, reason=reason, now=page.now)
    except ConflictError as error:
        return await _render(page, status_code=409, problem=str(error))
    return go_to("/ops/experiments")


def _chart_of(lifts: Sequence[Lift], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the chart draws, the first metric on top."""
    return [asdict(one) | {"name": names[one.metric]} for one in lifts]


async def _render(page: Page, *, status_code: int = 200, problem: str | None = None) -> Response:
    found = await service.experiments(page.connection, limit=10)
    rows = await repository.figures(page.connection, EXPLORED_PLACE)
    estimates: dict[str, dict[str, ExperimentFigure]] = {}
    for figure in map(ExperimentFigure.model_validate, rows):
        estimates.setdefault(figure.arm, {})[figure.metric] = figure
    running = next((one for one in found if one.stopped_at is None), None)
    return page.render(
        "ops/experiments.html",
        status_code,
        section="ops",
        reports=[report(one) for one in found],
        running=running,
        tried=await models.challenger_of(page.settings, ModelName.RECOMMENDATION) if running is None else None,
        estimates=estimates,
        explored=await repository.explored(page.connection, limit=8),
        is_significant=is_significant,
        chart_of=_chart_of,
        may_change=page.viewer is not None and page.viewer.role is Role.ADMIN,
        problem=problem,
    )
