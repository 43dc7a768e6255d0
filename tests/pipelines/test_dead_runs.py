"""A run whose process was killed does not stay started."""

import socket
import subprocess
import sys

import dagster as dg
import psutil
import pytest
from dagster._core.storage.dagster_run import DagsterRun

from marketplace.local.dagster_home import run_tags
from pipelines.defs.sensors import runs_of_dead_processes


@pytest.fixture
def killed() -> dict[str, str]:
    """The tags of a run whose process is gone."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    tags = {"marketplace/pid": str(process.pid), "marketplace/pid_created": f"{psutil.Process(process.pid).create_time():.2f}"}
    process.kill()
    process.wait()
    return tags


def statuses(instance: dg.DagsterInstance) -> dict[str, str]:
    return {run.job_name: run.status.value for run in instance.get_runs()}


def test_the_run_of_a_killed_process_is_marked_failed_and_others_go_on(killed: dict[str, str]) -> None:
    here = {"marketplace/host": socket.gethostname()}
    with dg.DagsterInstance.ephemeral() as instance:
        for name, tags in {
            "killed": killed | here,
            "alive": run_tags(),
            "elsewhere": killed | {"marketplace/host": "another-host"},
            "launched_by_dagster": {},
        }.items():
            instance.add_run(DagsterRun(job_name=name, status=dg.DagsterRunStatus.STARTED, tags=tags))

        said = runs_of_dead_processes(dg.build_sensor_context(instance))

        assert isinstance(said, dg.SkipReason)
        assert statuses(instance) == {
            "killed": "FAILURE",
            "alive": "STARTED",
            "elsewhere": "STARTED",
            "launched_by_dagster": "STARTED",
        }


def test_it_looks_within_two_minutes_without_being_switched_on() -> None:
    assert runs_of_dead_processes.default_status == dg.DefaultSensorStatus.RUNNING
    assert runs_of_dead_processes.minimum_interval_seconds < 120
