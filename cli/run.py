"""`marketplace run`: the pipeline, from raw rows to published models."""

import os
from datetime import datetime
from typing import Annotated

import typer

from cli.progress import ExitStatus, Progress


def run(
    only: Annotated[str | None, typer.Option(help="One asset group: raw, warehouse, features, feature_store, fraud ...")] = None,
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="One UTC day instead of everything stale.")] = None,
) -> None:
    """Run the Dagster job: everything that is stale, one group, or one day.

    While the marketplace is down, the database and MLflow are started for as long as it takes. Exit status 0 is all done, 1 a
    failure, and 4 means that a challenger was refused while everything else is fresh: the champion serves on.
    Example: `marketplace run --only fraud`
    """
    from marketplace.local.control import running_parts
    from marketplace.local.environment import part_environment
    from marketplace.settings import load_settings

    progress = Progress()
    with running_parts(load_settings(), {"postgres", "mlflow", "dagster-storage"}, report=progress) as settings:
        os.environ.update(part_environment(settings))  # before dbt, Feast and Dagster are imported: they read it
        from pipelines.run import run_pipeline

        outcome = run_pipeline(settings, only=only, day=day.date() if day else None, progress=progress)
    for model, reason in outcome.refused.items():
        progress(f"the {model} challenger was refused, the champion stays: {reason}")
    if not outcome.succeeded:
        progress("failed; Dagster's run page has the reasons")
        raise typer.Exit(ExitStatus.FAILED)
    if outcome.refused:
        progress(f"done, and everything is fresh; not promoted: {', '.join(outcome.refused)}")
        raise typer.Exit(ExitStatus.REFUSED)
    progress("done")
