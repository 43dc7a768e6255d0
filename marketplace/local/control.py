"""Starting, finding and ending the marketplace from outside of its supervisor."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from marketplace.errors import ConflictError, NotRunningError, ServiceStartError
from marketplace.local.environment import (
    DATABASE_VARIABLE,
    choose_ports,
    has_external_database,
    part_environment,
    write_runtime_file,
)
from marketplace.local.processes import spawn
from marketplace.local.state import ProcessId, State, SupervisorLock, is_supervised, read_state
from marketplace.settings import PROJECT_ROOT, Settings, load_settings

Report = Callable[[str], None]
_START_PATIENCE = 300.0
_STOP_PATIENCE = 60.0


def supervise(
    settings: Settings,
    *,
    report: Report,
    only: Collection[str] | None = None,
    on_up: Callable[[Settings], None] = lambda settings: None,
) -> bool:
    """Be the supervisor of this state folder until told to stop; whether it ended as wished.

    Args:
        only: names of parts; they and what they need are started, None for all.
        on_up: told the settings of this run once everything is up.
    Raises:
        ConflictError: a supervisor lives already.
        ServiceStartError: a port set on purpose is taken, or Postgres cannot be prepared.
    """
    import asyncio

    from marketplace.local.parts import marketplace_parts, with_needs
    from marketplace.local.postgres import EmbeddedPostgres
    from marketplace.local.supervisor import Supervisor, end_leftovers

    settings.refuse_unsafe_production()
    lock = SupervisorLock(settings.state_dir)
    if not lock.acquire():
        raise ConflictError(_already_running(settings))
    try:
        if left := end_leftovers(settings.state_dir):
            report(f"ended {left} processes that an earlier run left behind")
        variables = choose_ports(settings)
        server = None
        if not has_external_database():
            server = EmbeddedPostgres(settings.state_dir / "postgres")
            server.prepare()
            variables[DATABASE_VARIABLE] = server.url()
        write_runtime_file(settings, variables)
        settings = load_settings()
        parts = marketplace_parts(settings, server)
        if only is not None:
            parts = with_needs(parts, only)
        supervisor = Supervisor(
            parts,
            state_dir=settings.state_dir,
            environment=part_environment(settings),
            report=report,
            on_up=lambda: on_up(settings),
        )
        return asyncio.run(supervisor.run())
    finally:
        lock.release()


def running_state(settings: Settings) -> State | None:
    """What the living supervisor last wrote, None when none lives."""
    return read_state(settings.state_dir) if is_supervised(settings.state_dir) else None


def require_running(settings: Settings, what: str) -> State:
    """The state of the running marketplace.

    Raises:
        NotRunningError: none runs; says that `what` needs it.
    """
    state = running_state(settings)
    if state is None:
        raise NotRunningError(f"{what} needs the running marketplace and none runs here: `marketplace up --detach` starts it")
    return state


def start_detached(
    settings: Settings, *, report: Report, only: Collection[str] | None = None, dies_with_us: bool = False
) -> State:
    """Start a supervisor of its own session and come back when everything is up, or as up as it gets.

    Raises:
        ConflictError: one lives already.
        ServiceStartError: it ended at its start, or did not get there in time.
    """
    if is_supervised(settings.state_dir):
        raise ConflictError(_already_running(settings))
    log = settings.state_dir / "logs" / "supervisor.log"
    seen = log.stat().st_size if log.exists() else 0
    process = spawn(
        [sys.executable, "-m", "marketplace.local", *(["--only", ",".join(only)] if only is not None else [])],
        log=log,
        environment=os.environ | {"MARKETPLACE_STATE_DIR": str(settings.state_dir)},
        cwd=PROJECT_ROOT,
        signal_on_our_death=signal.SIGTERM if dies_with_us else 0,
    )
    deadline = time.monotonic() + _START_PATIENCE
    try:
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            seen = follow(log, seen, report)
            if ended:
                raise ServiceStartError(f"the marketplace did not start; see {log}")
            state = read_state(settings.state_dir)
            if state and state.supervisor and state.supervisor.pid == process.pid and state.phase in ("running", "degraded"):
                follow(log, seen, report)
                return state
            time.sleep(0.1)
    except KeyboardInterrupt:
        stop(settings, report=report)
        raise
    raise ServiceStartError(f"not up after {_START_PATIENCE:.0f} s; `marketplace status` says which part, {log} why")


def follow(log: Path, seen: int, report: Report) -> int:
    """Report the lines of the supervisor's log after byte `seen`; comes back with the new position."""
    with suppress(FileNotFoundError), log.open("rb") as file:
        file.seek(seen)
        for line in file:
            if not line.endswith(b"\n"):
                break
            seen += len(line)
            report(line.decode(errors="replace").rstrip().split(" ", 1)[-1])
    return seen


def stop(settings: Settings, *, report: Report) -> bool:
    """End the marketplace and whatever a killed one left; whether there was anything to end.

    Raises:
        ServiceStartError: its supervisor belongs to somebody else, or does not end.
    """
    from marketplace.local.postgres import EmbeddedPostgres
    from marketplace.local.supervisor import end_leftovers

    state = read_state(settings.state_dir)
    was_running = is_supervised(settings.state_dir)
    if was_running:
        supervisor = state.supervisor.process() if state and state.supervisor else None
        if supervisor is None:
            raise ServiceStartError(
                f"somebody holds {settings.state_dir / 'supervisor.lock'} but did not say who; try again in a moment"
            )
        supervisor.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_PATIENCE
        while is_supervised(settings.state_dir):
            if time.monotonic() > deadline:
                report("the supervisor does not end: killing it")
                supervisor.kill()
                supervisor.wait(5)
            time.sleep(0.05)
    left = end_leftovers(settings.state_dir)
    if not has_external_database():
        left += EmbeddedPostgres(settings.state_dir / "postgres").stop_leftover()
    if left:
        report(f"ended {left} processes that a run without a supervisor left behind")
    for name in ("state.json", "hold.json"):
        (settings.state_dir / name).unlink(missing_ok=True)
    return was_running or left > 0


@contextmanager
def running_parts(settings: Settings, names: Collection[str], *, report: Report) -> Iterator[Settings]:
    """Settings with which `names` can be reached: of the running marketplace, or of parts started for the block alone.

    Raises:
        ConflictError: a supervisor lives that runs only some other parts, for another command.
    """
    from marketplace.local.parts import POSTGRES

    needed = {name for name in names if not (name == POSTGRES and has_external_database())}
    state = running_state(settings)
    if state is not None:
        if missing := needed - set(state.parts):
            raise ConflictError(f"another command runs here without {', '.join(sorted(missing))}; wait until it has ended")
        yield load_settings()
        return
    report(f"the marketplace is down: starting {' and '.join(sorted(names))} for this command")
    start_detached(settings, report=lambda line: None, only=[*names, "shop-schema"], dies_with_us=True)
    try:
        yield load_settings()
    finally:
        stop(settings, report=report)
        report("stopped them again")


@contextmanager
def held(settings: Settings, names: Collection[str]) -> Iterator[None]:
    """The block runs while the supervisor keeps `names` stopped; it starts them, and their tasks, again afterwards."""
    me = ProcessId.of(os.getpid())
    if me is None:
        raise ServiceStartError("the process table cannot be read")
    path = settings.state_dir / "hold.json"
    path.write_text(json.dumps({"parts": sorted(names), "holder": {"pid": me.pid, "created": me.created}}))
    try:
        _wait_until(settings, lambda state: all(state.parts[name].health == "held" for name in names if name in state.parts))
        yield
    finally:
        path.unlink(missing_ok=True)
    _wait_until(settings, lambda state: all(part.health == "healthy" for part in state.parts.values()))


def _wait_until(settings: Settings, is_so: Callable[[State], bool], timeout: float = 120.0) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        state = require_running(settings, "this")
        if is_so(state):
            return
        time.sleep(0.1)
    raise ServiceStartError(f"the parts did not get there within {timeout:.0f} s; `marketplace status` says which")


def _already_running(settings: Settings) -> str:
    state = read_state(settings.state_dir)
    who = f" (pid {state.supervisor.pid})" if state and state.supervisor else ""
    return f"a marketplace already runs here{who}: see `marketplace status`, or end it with `marketplace down`"
