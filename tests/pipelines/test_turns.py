"""A dbt whose run was killed does not outlive it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from pipelines.defs.warehouse.turns import end_orphans


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes to end with the test."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


def sleeper(parent: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(300)"], env=os.environ | {"MARKETPLACE_DBT_OF": parent}
    )


def test_dbt_of_a_dead_run_is_ended_and_one_of_a_living_run_goes_on(started: list[subprocess.Popen[bytes]]) -> None:
    me = psutil.Process()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    dead = f"{gone.pid}:{psutil.Process(gone.pid).create_time():.2f}"
    gone.wait()
    orphan, child = sleeper(dead), sleeper(f"{me.pid}:{me.create_time():.2f}")
    started += [orphan, child]

    assert end_orphans() >= 1

    assert not psutil.pid_exists(orphan.pid)
    assert child.poll() is None
