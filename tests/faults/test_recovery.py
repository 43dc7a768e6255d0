"""kill -9 of every part of a running marketplace, each in turn, of a run, then of the supervisor."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from marketplace.local.control import running_state, start_detached, stop
from marketplace.local.processes import marked
from marketplace.local.state import State
from marketplace.settings import load_settings
from tests.living import MARKETPLACE

pytestmark = pytest.mark.faults

BACK_WITHIN, CALLED_FAILED_WITHIN = 15.0, 120.0
PARTS = ("services", "mlflow", "dagster-code", "dagster-webserver", "dagster-daemon", "relay", "storefront", "postgres")


def quiet(line: str) -> None:
    """The figures are printed by the tests."""


@pytest.fixture(scope="module")
def marketplace() -> Iterator[Path]:
    """State folder of a running marketplace without data."""
    with pytest.MonkeyPatch.context() as patch:
        folder = Path(tempfile.mkdtemp(prefix="cy-faults-", dir="/tmp"))
        folder.chmod(0o755)
        patch.setenv("MARKETPLACE_STATE_DIR", str(folder))
        assert start_detached(load_settings(), report=quiet).phase == "running"
        yield folder
        stop(load_settings(), report=quiet)
        shutil.rmtree(folder, ignore_errors=True)


def state() -> State:
    found = running_state(load_settings())
    assert found is not None
    return found


def seconds_until_back(part: str, restarts: int) -> float:
    began = time.monotonic()
    while not (state().parts[part].restarts > restarts and state().parts[part].health == "healthy"):
        assert time.monotonic() - began < 120, f"{part} does not come back: {state().parts[part]}"
        time.sleep(0.05)
    return time.monotonic() - began


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_is_back_in_time_and_alone(marketplace: Path, part: str) -> None:
    before = state().parts
    victim = before[part].process
    assert victim is not None
    os.kill(victim.pid, signal.SIGKILL)
    took = seconds_until_back(part, before[part].restarts)
    print(f"\n{part}: back after {took:.1f} s (load {os.getloadavg()[0]:.1f})")
    assert took < BACK_WITHIN
    others = {name for name in PARTS if name != part and state().parts[name].restarts != before[name].restarts}
    assert others == set()


def test_a_killed_run_is_called_failed_within_two_minutes(marketplace: Path) -> None:
    run = subprocess.Popen([str(MARKETPLACE), "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with psycopg.connect(load_settings().database_url("dagster"), autocommit=True) as dagster:

        def seconds_until(status: str) -> float:
            began = time.monotonic()
            while dagster.execute("select status from runs order by id desc limit 1").fetchone() != (status,):
                assert time.monotonic() - began < CALLED_FAILED_WITHIN, f"not {status} yet"
                time.sleep(0.1)
            return time.monotonic() - began

        seconds_until("STARTED")
        run.kill()
        run.wait()
        took = seconds_until("FAILURE")
    print(f"\na killed run: called failed after {took:.1f} s (load {os.getloadavg()[0]:.1f})")


def test_nothing_is_left_of_a_marketplace_whose_supervisor_was_killed(marketplace: Path) -> None:
    before = state()
    everything = [one for part in before.parts.values() for one in part.processes()]
    assert before.supervisor is not None
    os.kill(before.supervisor.pid, signal.SIGKILL)
    time.sleep(1)
    left = [one for one in everything if one.process() is not None]
    began = time.monotonic()
    stop(load_settings(), report=quiet)
    took = time.monotonic() - began
    print(f"\nsupervisor: {len(left)} of {len(everything)} processes left after 1 s, none after {took:.1f} s of `down`")
    assert [one for one in everything if one.process() is not None] == []
    assert marked(marketplace, PARTS) == []
