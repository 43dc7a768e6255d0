"""`marketplace run`: the Dagster job, in this process, with its progress line by line."""

import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

from marketplace.errors import ConflictError, NotFoundError
from marketplace.local.dagster_home import fail_dead_runs, run_tags
from marketplace.settings import Settings
from marketplace.warehouse import Warehouse

_LOCK = 7_230_417  # any number of our own: one pipeline run per marketplace


@dataclass(frozen=True)
class Outcome:
    """Whether every step succeeded, and by model why its challenger was refused: the champion serves on, the rest is fresh."""

    succeeded: bool
    refused: Mapping[str, str]


def run_pipeline(settings: Settings, *, only: str | None, day: date | None, progress: Callable[[str], None]) -> Outcome:
    """Run everything that is stale, one asset group, or one day, and say what came of it.

    Args:
        only: an asset group, such as `raw`, `warehouse` or `fraud`; None for all.
        day: the UTC day whose feature rows are built again, whoever they are about; None for what new rows touch.
        progress: told one line per finished asset or failed step; what libraries print goes to `logs/run.log`.
    Raises:
        ConflictError: another run holds this marketplace.
        NotFoundError: there is no such group.
    """
    _export(settings)
    import dagster as dg

    from pipelines.definitions import defs
    from pipelines.defs.warehouse.assets import RESTATES_TOUCHED
    from pipelines.staleness import DayRange, stale_days

    repository = defs.get_repository_def()
    graph = repository.asset_graph
    groups = {graph.get(key).group_name for key in graph.get_all_asset_keys()}
    if only is not None and only not in groups:
        raise NotFoundError(f"no asset group {only!r}; there are {', '.join(sorted(filter(None, groups)))}")
    warehouse = Warehouse(settings.database_url())
    with _only_run(settings.database_url()), dg.DagsterInstance.get() as instance:
        if dead := fail_dead_runs(instance, tagged_only=True):
            progress(f"{dead} earlier run(s) marked failed: their process is gone")
        days = DayRange(day, day) if day is not None else stale_days(warehouse, now=datetime.now(UTC))
        keys = [key for key in graph.get_all_asset_keys() if only is None or graph.get(key).group_name == only]
        keys = [key for key in keys if graph.get(key).is_materializable]
        tags = run_tags()
        if any(graph.get(key).is_partitioned for key in keys):
            tags |= days.range_tags() | (RESTATES_TOUCHED if day is None else {})
            progress(f"days {days.first} to {days.last}")
        run_id = str(uuid.uuid4())
        with _followed(instance, run_id, len(keys), progress), _chatter_in(settings.state_dir / "logs" / "run.log"):
            result = repository.get_job("everything").execute_in_process(
                instance=instance,
                run_id=run_id,
                asset_selection=keys,
                tags=tags,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},  # `progress` says what failed
                raise_on_error=False,
            )
    return Outcome(result.success, refusals_in(result))


def refusals_in(result: Any) -> dict[str, str]:
    """What the checks said of each challenger that they refused, by model."""
    from dagster import AssetCheckSeverity

    return {
        evaluation.asset_key.path[-1]: str(evaluation.metadata["judgement"].value)
        for evaluation in result.get_asset_check_evaluations()
        if evaluation.asset_key.path[0] == "models" and not evaluation.passed and evaluation.severity is AssetCheckSeverity.ERROR
    }


def _export(settings: Settings) -> None:
    """Dagster's resources, dbt and Feast read the environment: give them this marketplace."""
    os.environ |= settings.libpq_environment()
    os.environ["MARKETPLACE_DATABASE__URL"] = settings.database_url()
    os.environ["MLFLOW_TRACKING_URI"] = settings.mlflow.url
    os.environ.setdefault("DAGSTER_HOME", str(settings.state_dir / "dagster"))


@contextmanager
def _only_run(database_url: str) -> Iterator[None]:
    """Hold the marketplace's run lock; Postgres frees it when this process dies."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if not row or not row[0]:
            raise ConflictError("another run works on this marketplace; wait for it, or look at it in Dagster")
        yield


@contextmanager
def _chatter_in(log: Path) -> Iterator[None]:
    """Lead what dbt, Feast and MLflow print to a file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as stream, redirect_stdout(stream), redirect_stderr(stream):
        yield


@contextmanager
def _followed(instance: Any, run_id: str, steps: int, progress: Callable[[str], None]) -> Iterator[None]:
    """Report materialisations and failures of a run while it goes on in the main thread."""
    from dagster import DagsterEventType

    ASSET_MATERIALIZATION, STEP_FAILURE = DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.STEP_FAILURE
    done = threading.Event()
    started = time.monotonic()
    seen: set[str] = set()

    def report(cursor: str | None) -> str | None:
        batch = instance.get_records_for_run(run_id, cursor, of_type={ASSET_MATERIALIZATION, STEP_FAILURE})
        for record in batch.records:
            event = record.event_log_entry.dagster_event
            if event.event_type == STEP_FAILURE:
                reason = event.event_specific_data.error_display_string.strip().splitlines()
                progress(f"{time.monotonic() - started:6.1f} s  FAILED {event.step_key}: {reason[-1] if reason else ''}")
            elif (name := event.asset_key.to_user_string()) not in seen:
                seen.add(name)
                progress(f"{time.monotonic() - started:6.1f} s  {len(seen):>3}/{steps}  {name}")
        return str(batch.cursor)

    def follow() -> None:
        cursor = None
        while not done.wait(0.5):
            cursor = report(cursor)
        report(cursor)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=30)
