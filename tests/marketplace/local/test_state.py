"""What is written down about the running marketplace can be read back, and never mistaken for something else."""

import os
import stat
import subprocess
from pathlib import Path

from marketplace.local.state import PartState, ProcessId, State, SupervisorLock, is_supervised, read_state


def test_state_reads_back_as_written(tmp_path: Path) -> None:
    state = State(supervisor=ProcessId(12, 3.5), phase="running", started_at=7.0)
    state.parts["mlflow"] = PartState(
        health="healthy",
        address="http://127.0.0.1:5000",
        process=ProcessId(13, 4.5),
        descendants=(ProcessId(14, 5.5),),
        restarts=2,
    )
    state.write(tmp_path)
    assert read_state(tmp_path) == state
    assert stat.S_IMODE((tmp_path / "state.json").stat().st_mode) == 0o600


def test_missing_or_torn_state_reads_as_none(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None
    (tmp_path / "state.json").write_text('{"supervisor": ')
    assert read_state(tmp_path) is None


def test_a_process_number_used_again_is_another_process() -> None:
    me = ProcessId.of(os.getpid())
    assert me is not None
    assert me.process() is not None
    assert ProcessId(me.pid, me.created - 60).process() is None


def test_a_zombie_does_not_live() -> None:
    child = subprocess.Popen(["true"])
    known = ProcessId.of(child.pid)
    while known is not None and known.process() is not None:
        pass
    child.wait()
    assert known is None or known.process() is None


def test_the_lock_is_held_once_and_let_go(tmp_path: Path) -> None:
    lock = SupervisorLock(tmp_path)
    assert not is_supervised(tmp_path)
    assert lock.acquire()
    assert is_supervised(tmp_path)
    assert not SupervisorLock(tmp_path).acquire()
    lock.release()
    assert not is_supervised(tmp_path)
