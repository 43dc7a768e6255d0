"""The job that runs everything, and when it runs by itself."""

import dagster as dg

everything = dg.define_asset_job("everything", selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor)


@dg.schedule(job=everything, cron_schedule="30 0 * * *", execution_timezone="UTC")
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Half an hour after UTC midnight, for the days since the features were last built."""
    from marketplace.settings import load_settings
    from marketplace.warehouse import Warehouse
    from pipelines.staleness import stale_days

    days = stale_days(Warehouse(load_settings().database_url()), now=context.scheduled_execution_time)
    return dg.RunRequest(run_key=context.scheduled_execution_time.isoformat(), tags=days.range_tags())
