"""The rules of experiments: one at a time on a surface, started and stopped by somebody, and who is in which arm."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from marketplace.errors import ConflictError, NotFoundError
from marketplace.experiments import Arm, Experiment
from marketplace.vocabulary import ExperimentKind, Shelf
from storefront_api.accounts.repository import audit
from storefront_api.experiments import repository
from storefront_api.experiments.schemas import ExperimentStart, ExperimentSummary
from storefront_api.security import new_id

Shop = AsyncConnection[DictRow]

BOTH = "interleaved"  # the arm of everybody while two lists are interleaved


@dataclass(frozen=True)
class Treatment:
    """What an experiment does to one unit; `arm` is None where everybody sees both lists."""

    experiment: Experiment
    arm: Arm | None


async def treatment(connection: Shop, surface: Shelf, *, unit_id: str, now: datetime) -> Treatment | None:
    """What the surface's running experiment does to the unit, noted as an exposure; None where none runs.

    Noted before any list is known: a treatment that fails its unit must count against it.
    """
    row = await repository.running(connection, surface)
    if row is None:
        return None
    experiment = _experiment(row)
    arm = None if experiment.kind is ExperimentKind.INTERLEAVING else experiment.arm_of(unit_id)
    name = BOTH if arm is None else arm.name
    await repository.note_exposure(connection, experiment.experiment_id, unit_id, name, now=now)
    return Treatment(experiment, arm)


async def start(connection: Shop, wanted: ExperimentStart, *, by: str, now: datetime) -> ExperimentSummary:
    """The experiment, running from now on.

    Raises:
        InvalidInputError: its arms are not those of an experiment.
        ConflictError: another one runs on the surface.
    """
    experiment = Experiment(
        experiment_id=new_id("exp"),
        surface=Shelf.FOR_YOU,
        kind=wanted.kind,
        salt=secrets.token_hex(8),
        arms=tuple(Arm(arm.name, arm.variant, arm.share) for arm in wanted.arms),
        title=wanted.title,
    )
    arms = [arm.model_dump(mode="json") for arm in wanted.arms]
    row: dict[str, Any] = {
        "experiment_id": experiment.experiment_id,
        "title": wanted.title,
        "surface": experiment.surface,
        "kind": experiment.kind,
        "salt": experiment.salt,
        "arms": Jsonb(arms),
        "started_at": now,
        "started_by": by,
    }
    if not await repository.start(connection, row):
        raise ConflictError(f"an experiment runs on {experiment.surface} already; stop it first")
    details = {"title": wanted.title, "kind": wanted.kind.value, "arms": arms}
    await _audit(connection, "start_experiment", experiment.experiment_id, by=by, reason=None, details=details, now=now)
    return await find(connection, experiment.experiment_id)


async def stop(connection: Shop, experiment_id: str, *, by: str, reason: str, now: datetime) -> ExperimentSummary:
    """The experiment, over; everybody is answered by the champion again.

    Raises:
        NotFoundError: there is none of that id.
        ConflictError: it has been stopped before.
    """
    await find(connection, experiment_id)
    if not await repository.stop(connection, experiment_id, by=by, reason=reason, now=now):
        raise ConflictError(f"experiment {experiment_id} was stopped before")
    await _audit(connection, "stop_experiment", experiment_id, by=by, reason=reason, details={}, now=now)
    return await find(connection, experiment_id)


async def find(connection: Shop, experiment_id: str) -> ExperimentSummary:
    """One experiment with its figures.

    Raises:
        NotFoundError: there is none of that id.
    """
    found = await repository.newest(connection, limit=1, experiment_id=experiment_id)
    if not found:
        raise NotFoundError(f"no experiment {experiment_id!r}; `marketplace experiment list` shows them")
    return await _summary(connection, found[0])


async def experiments(connection: Shop, *, limit: int = 20) -> list[ExperimentSummary]:
    """Experiments with their figures, the running one first."""
    return [await _summary(connection, row) for row in await repository.newest(connection, limit=limit)]


async def _summary(connection: Shop, row: DictRow) -> ExperimentSummary:
    figures = await repository.figures(connection, row["experiment_id"])
    return ExperimentSummary.model_validate(row | {"figures": figures})


def _experiment(row: DictRow) -> Experiment:
    return Experiment(
        experiment_id=row["experiment_id"],
        surface=row["surface"],
        kind=ExperimentKind(row["kind"]),
        salt=row["salt"],
        arms=tuple(Arm(arm["name"], arm["variant"], arm["share"]) for arm in row["arms"]),
        title=row["title"],
    )


async def _audit(
    connection: Shop, action: str, experiment_id: str, *, by: str, reason: str | None, details: dict[str, Any], now: datetime
) -> None:
    await audit(
        connection,
        actor_id=by,
        action=action,
        object_type="experiment",
        object_id=experiment_id,
        reason=reason,
        details=details,
        now=now,
    )
