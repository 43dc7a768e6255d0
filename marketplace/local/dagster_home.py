"""Dagster's own folder: storage in Postgres, one code location behind a gRPC server, telemetry off.

`python -m marketplace.local.dagster_home` makes its tables and marks as failed the runs that an earlier marketplace took with
it: Dagster would call them running for ever.
"""

import os
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING

from marketplace.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

_PID_TAG, _CREATED_TAG, _HOST_TAG = "marketplace/pid", "marketplace/pid_created", "marketplace/host"

DAGSTER_YAML = """\
storage:
  custom:
    module: marketplace.local.dagster_storage
    class: Storage
    config:
      postgres_url:
        env: DAGSTER_POSTGRES_URL
telemetry:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
retention:
  schedule:
    purge_after_days: 30
  sensor:
    purge_after_days: 7
"""
WORKSPACE_YAML = """\
load_from:
  - grpc_server:
      host: {host}
      port: {port}
      location_name: pipelines
"""


def write_dagster_home(settings: Settings) -> None:
    """Write `dagster.yaml` and `workspace.yaml` for this run's addresses."""
    home = settings.state_dir / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(DAGSTER_YAML)
    (home / "workspace.yaml").write_text(WORKSPACE_YAML.format(host=settings.dagster.host, port=settings.dagster.code_port))


def needs_preparation(settings: Settings) -> bool:
    """Whether Dagster's tables are missing or an unfinished run lies in them; costs no import of Dagster."""
    import psycopg

    with psycopg.connect(settings.database_url("dagster")) as connection:
        has_tables = connection.execute("select to_regclass('public.runs'), to_regclass('public.daemon_heartbeats')").fetchone()
        if has_tables is None or None in has_tables:
            return True
        unfinished = "select exists (select from runs where status in ('STARTED', 'STARTING', 'CANCELING'))"
        row = connection.execute(unfinished).fetchone()
        return bool(row and row[0])


def prepare_storage() -> None:
    """Make Dagster's tables, and mark as failed every unfinished run but those of a living `marketplace run`."""
    from dagster import DagsterInstance

    with DagsterInstance.get() as instance:
        fail_dead_runs(instance)


def run_tags() -> dict[str, str]:
    """The tags by which a run names the process that it lives in."""
    import psutil

    me = psutil.Process()
    return {_PID_TAG: str(me.pid), _CREATED_TAG: f"{me.create_time():.2f}", _HOST_TAG: socket.gethostname()}


def fail_dead_runs(instance: "DagsterInstance", *, tagged_only: bool = False) -> int:
    """Mark unfinished runs whose process is gone as failed, so that none stays started for ever, and count them.

    Those of a process on another host are left to that host.

    Args:
        tagged_only: leave alone runs without `run_tags`: those that a living Dagster daemon looks after.
    """
    from dagster import DagsterRunStatus, RunsFilter

    statuses = [DagsterRunStatus.STARTED, DagsterRunStatus.STARTING, DagsterRunStatus.CANCELING]
    dead = [
        run
        for run in instance.get_runs(filters=RunsFilter(statuses=statuses))
        if not _is_alive(run.tags) and (_PID_TAG in run.tags or not tagged_only)
    ]
    for run in dead:
        instance.report_run_failed(run, "the process that ran this is gone")
    return len(dead)


def _is_alive(tags: Mapping[str, str]) -> bool:
    import psutil

    if tags.get(_HOST_TAG, socket.gethostname()) != socket.gethostname():
        return True
    try:
        return f"{psutil.Process(int(tags[_PID_TAG])).create_time():.2f}" == tags[_CREATED_TAG]
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return False


if __name__ == "__main__":
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
    prepare_storage()
