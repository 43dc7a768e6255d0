"""kill -9 of every part of a running marketplace, each in turn, then of its supervisor."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace.local.control import running_state, start_detached, stop
from marketplace.local.processes import marked
from marketplace.local.state import State
from marketplace.settings import load_settings

pytestmark = pytest.mark.faults

BACK_WITHIN = 15.0
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
