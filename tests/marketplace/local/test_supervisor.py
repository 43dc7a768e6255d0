"""The supervisor with tiny parts: order, return, and that nothing is left whatever ends it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from marketplace.local.ports import free_port
from marketplace.local.processes import marked
from marketplace.local.state import ProcessId, State, read_state
from marketplace.local.supervisor import HOLD_FILE, end_leftovers

NAMES = ("first", "task", "second", "parent")
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(state_dir: Path) -> Iterator[Start]:
    """Starts the supervisor of the tiny parts; what is left of it is killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> "subprocess.Popen[str]":
        port = free_port(24000)
        command = [sys.executable, "-m", "tests.marketplace.local.fake_marketplace", str(state_dir), str(port), *words]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()
    end_leftovers(state_dir)


def now(state_dir: Path) -> State:
    return read_state(state_dir) or State()


def is_up(state_dir: Path) -> bool:
    return now(state_dir).phase == "running" and now(state_dir).parts["parent"].descendants != ()


def pid(state_dir: Path, part: str) -> int:
    process = now(state_dir).parts[part].process
    assert process is not None
    return process.pid


def test_a_part_starts_when_what_it_needs_is_ready(start: Start, state_dir: Path, eventually: Callable) -> None:
    start()
    eventually(lambda: is_up(state_dir))
    parts = now(state_dir).parts
    ready = [parts[name].ready_at or 0.0 for name in ("first", "task", "second")]
    assert ready == sorted(ready)


def test_a_killed_part_comes_back_alone(start: Start, state_dir: Path, eventually: Callable) -> None:
    start()
    eventually(lambda: is_up(state_dir))
    before, neighbour = pid(state_dir, "first"), pid(state_dir, "second")
    os.kill(before, signal.SIGKILL)
    eventually(lambda: now(state_dir).parts["first"].restarts == 1 and now(state_dir).parts["first"].health == "healthy")
    assert pid(state_dir, "first") != before
    assert pid(state_dir, "second") == neighbour


def test_children_in_other_sessions_go_before_their_parent_returns(start: Start, state_dir: Path, eventually: Callable) -> None:
    start()
    eventually(lambda: is_up(state_dir))
    child = now(state_dir).parts["parent"].descendants[0]
    assert os.getsid(child.pid) != os.getsid(pid(state_dir, "parent"))
    os.kill(pid(state_dir, "parent"), signal.SIGKILL)
    eventually(lambda: now(state_dir).parts["parent"].restarts == 1 and is_up(state_dir))
    assert child.process() is None
    assert len(now(state_dir).parts["parent"].descendants) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(start: Start, state_dir: Path, eventually: Callable, number: signal.Signals) -> None:
    supervisor = start()
    eventually(lambda: is_up(state_dir))
    supervisor.send_signal(number)
    assert supervisor.wait(15) == 0
    assert marked(state_dir, NAMES) == []
    assert read_state(state_dir) is None


def test_after_a_killed_supervisor_the_next_one_leaves_nothing_of_the_old_run(
    start: Start, state_dir: Path, eventually: Callable
) -> None:
    supervisor = start()
    eventually(lambda: is_up(state_dir))
    old_supervisor = now(state_dir).supervisor
    old = [one for part in now(state_dir).parts.values() for one in part.processes()]
    assert len(old) == 4  # two servers, the parent and its child
    supervisor.kill()
    supervisor.wait()
    start()
    eventually(lambda: is_up(state_dir) and now(state_dir).supervisor != old_supervisor)
    assert [one for one in old if one.process() is not None] == []


def test_leftovers_of_a_killed_supervisor_are_ended(start: Start, state_dir: Path, eventually: Callable) -> None:
    supervisor = start()
    eventually(lambda: is_up(state_dir))
    supervisor.kill()
    supervisor.wait()
    end_leftovers(state_dir)
    assert marked(state_dir, NAMES) == []


def test_a_second_supervisor_is_refused(start: Start, state_dir: Path, eventually: Callable) -> None:
    start()
    eventually(lambda: is_up(state_dir))
    assert start().wait(15) == 9


def test_a_failing_task_ends_the_start_with_its_reason(start: Start, state_dir: Path) -> None:
    supervisor = start("broken")
    assert supervisor.wait(30) == 1
    state = now(state_dir)
    assert state.phase == "failed"
    assert "exit status 7" in str(state.detail)
    assert marked(state_dir, NAMES) == []


def test_a_part_is_not_ready_while_a_stranger_answers_on_its_port(start: Start, state_dir: Path, eventually: Callable) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        stranger.listen()
        start("--port-of-second", str(stranger.getsockname()[1]))
        eventually(lambda: now(state_dir).parts and now(state_dir).parts["second"].restarts > 0)
        assert now(state_dir).parts["second"].ready_at is None


def test_held_parts_stop_and_return_when_let_go(start: Start, state_dir: Path, eventually: Callable) -> None:
    start()
    eventually(lambda: is_up(state_dir))
    before = pid(state_dir, "second")
    holder = subprocess.Popen(["sleep", "1000"])
    me = ProcessId.of(holder.pid)
    assert me is not None
    (state_dir / HOLD_FILE).write_text(
        json.dumps({"parts": ["task", "second"], "holder": {"pid": me.pid, "created": me.created}})
    )
    eventually(lambda: {now(state_dir).parts[name].health for name in ("task", "second")} == {"held"})
    assert not psutil.pid_exists(before)
    holder.kill()  # whoever asked for it died without letting go
    holder.wait()
    eventually(lambda: now(state_dir).parts["second"].health == "healthy")
