"""Training a family again when there is a reason to, one sensor each, with a cool-down; and the runs of dead processes.

Those that train are stopped until somebody switches them on in Dagster: a demo on a laptop shall not start to train by itself.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.defs.schedules import RETRAINING_JOBS
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

_LOOK_EVERY_SECONDS = 900


def _wall_clock() -> datetime:
    return datetime.now(UTC)


def retraining_sensor(name: ModelName, *, clock: Callable[[], datetime] = _wall_clock) -> dg.SensorDefinition:
    """Asks for `retrain_<name>` when new rows or a drift call for it; the cursor remembers when it last asked."""

    @dg.sensor(
        name=f"retrain_{name}_when_due",
        job=RETRAINING_JOBS[name],
        minimum_interval_seconds=_LOOK_EVERY_SECONDS,
        description=f"Trains {name} again after enough new rows or a strong drift, and not before its cool-down is over.",
    )
    def sensor(
        context: dg.SensorEvaluationContext, warehouse: WarehouseResource, registry: ModelRegistryResource
    ) -> dg.SensorResult:
        from marketplace.errors import ModelUnavailableError
        from pipelines.retraining import POLICIES, decide, gather

        now = clock()
        asked = datetime.fromisoformat(context.cursor) if context.cursor else None
        try:
            facts = gather(name, POLICIES[name], warehouse.open(), registry.open())
        except ModelUnavailableError as error:
            return dg.SensorResult(skip_reason=str(error))
        decision = decide(POLICIES[name], facts, now=now, last_asked_at=asked)
        if not decision.is_due:
            return dg.SensorResult(skip_reason=decision.words)
        request = dg.RunRequest(run_key=f"{name}-{now.isoformat()}", tags={"marketplace/because": decision.words})
        return dg.SensorResult(run_requests=[request], cursor=now.isoformat())

    return sensor


@dg.sensor(minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def runs_of_dead_processes(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Marks a `marketplace run` that was killed as failed: while Dagster thinks that it goes on, no other run gets its turn."""
    from marketplace.local.dagster_home import fail_dead_runs

    return dg.SkipReason(f"{fail_dead_runs(context.instance, tagged_only=True)} runs were of a process that is gone")


SENSORS = [retraining_sensor(name) for name in ModelName]
