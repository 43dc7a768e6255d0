"""The jobs, and when they run by themselves: data every night, each model as often as what it learns changes.

Stopped until somebody switches them on in Dagster: a demo on a laptop shall not start to work by itself.
"""

import dagster as dg

from marketplace.vocabulary import ModelName
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource

# Tastes and sales change by the day, and a model of last week does not know this week's customers. What fraud and words
# look like changes slowly, and a drift or a load of labels has a sensor.
_WEEKLY = {ModelName.FRAUD: "0 2 * * 1", ModelName.TAGGING: "30 2 * * 1"}
_weekly_assets = [dg.AssetKey([kind, name.value]) for name in _WEEKLY for kind in ("models", "champions")]

everything = dg.define_asset_job("everything", selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor)
daily = dg.define_asset_job(
    "daily",
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*_weekly_assets),
    executor_def=dg.in_process_executor,
    description="Data from raw to features, drift, and the models that change by the day.",
)
RETRAINING_JOBS = {
    name: dg.define_asset_job(
        f"retrain_{name}",
        selection=dg.AssetSelection.groups(name.value),
        executor_def=dg.in_process_executor,
        description=f"Training set, challenger, checks, champion and predictions of {name}.",
    )
    for name in ModelName
}


@dg.schedule(job=daily, cron_schedule="30 0 * * *", execution_timezone="UTC")
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Half an hour after UTC midnight: what new rows touch, and the days since the features were last built."""
    from marketplace.settings import load_settings
    from marketplace.warehouse import Warehouse
    from pipelines.defs.warehouse.assets import RESTATES_TOUCHED
    from pipelines.staleness import stale_days

    days = stale_days(Warehouse(load_settings().database_url()), now=context.scheduled_execution_time)
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=days.range_tags() | RESTATES_TOUCHED)


def weekly_retraining(name: ModelName) -> dg.ScheduleDefinition:
    """Trains a family early on Mondays, after the night's data, unless the champion was trained on all of it."""

    @dg.schedule(name=f"{name}_retraining", job=RETRAINING_JOBS[name], cron_schedule=_WEEKLY[name], execution_timezone="UTC")
    def schedule(
        context: dg.ScheduleEvaluationContext, warehouse: WarehouseResource, registry: ModelRegistryResource
    ) -> dg.RunRequest | dg.SkipReason:
        champion = registry.open().resolve(name)
        until = warehouse.data_until().isoformat()
        if champion is not None and champion.tags.get("training_cutoff") == until:
            return dg.SkipReason(f"champion {champion.version} was trained on everything until {until}")
        return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat())

    return schedule


SCHEDULES = [nightly, *(weekly_retraining(name) for name in _WEEKLY)]
