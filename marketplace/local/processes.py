"""Starting a process so that it can be ended with everything it started, whatever became of us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from marketplace.local.state import ProcessId

PART_VARIABLE = "MARKETPLACE_PART"  # "<state folder>:<part>", inherited by everything that the part starts
_PR_SET_PDEATHSIG = 1
_LOG_TURNS_OVER_AT = 20_000_000
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str],
    cwd: Path,
    run_as: str | None = None,
    signal_on_our_death: int = signal.SIGTERM,
) -> "subprocess.Popen[bytes]":
    """The started process: its own session, output straight into `log`, told by the kernel (Linux) when we die.

    Call it from the main thread: Linux sends that signal when the *thread* that forked ends.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_TURNS_OVER_AT:
        log.replace(log.with_suffix(".log.1"))
    parent = os.getpid()

    def follow_parent_into_death() -> None:
        # Runs after the change of user, which would have cleared the request.
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal_on_our_death, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            user=run_as,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=follow_parent_into_death,
        )


def descendants(roots: Collection[int]) -> dict[int, tuple[ProcessId, ...]]:
    """For each root its children and theirs, from one look at the process table."""
    children: dict[int, list[psutil.Process]] = {}
    for process in psutil.process_iter(["ppid"]):
        children.setdefault(process.info["ppid"], []).append(process)
    found: dict[int, tuple[ProcessId, ...]] = {}
    for root in roots:
        below: list[ProcessId] = []
        queue = list(children.get(root, ()))
        while queue:
            process = queue.pop()
            queue.extend(children.get(process.pid, ()))
            try:
                below.append(ProcessId(process.pid, process.create_time()))
            except psutil.Error:
                continue
        found[root] = tuple(sorted(below, key=lambda child: child.pid))
    return found


def marked(state_dir: Path, parts: Collection[str]) -> list[ProcessId]:
    """Processes whose environment says that one of `parts` of this state folder started them."""
    wanted = {f"{state_dir}:{part}" for part in parts}
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(PART_VARIABLE) in wanted:
                found.append(ProcessId(process.pid, process.create_time()))
        except (psutil.Error, OSError):
            continue
    return [one for one in found if one.pid != os.getpid()]


def listening_ports(pids: Iterable[int]) -> set[int]:
    """TCP ports on which any of these processes listens."""
    ports: set[int] = set()
    for pid in pids:
        with suppress(psutil.Error):
            connections = psutil.Process(pid).net_connections(kind="tcp")
            ports |= {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN and one.laddr}
    return ports


def end(processes: Iterable[ProcessId], *, grace: float = 5.0, with_signal: int = signal.SIGTERM) -> int:
    """How many of `processes` were alive; each was asked to end, and killed when it had not after `grace` seconds."""
    alive = [process for one in set(processes) if (process := one.process()) is not None]
    for process in alive:
        _send(process, with_signal)
    deadline = time.monotonic() + grace
    left = alive
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = [process for process in left if _lives(process)]
    for process in left:
        _send(process, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while any(_lives(process) for process in left) and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(alive)


def memory_mb(processes: Iterable[ProcessId]) -> float | None:
    """Their memory in MB, shared pages divided among the sharers (PSS); resident size where the system has no PSS."""
    total, seen = 0, False
    for one in processes:
        process = one.process()
        if process is None:
            continue
        try:
            full = process.memory_full_info()
            total += getattr(full, "pss", 0) or full.rss
            seen = True
        except psutil.Error:
            continue
    return round(total / 1e6, 1) if seen else None


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied:
        print(f"cannot end process {process.pid}: it belongs to another user", file=sys.stderr)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
