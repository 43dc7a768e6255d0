"""What runs, kept in `state.json` of the state folder: written by the supervisor, read by everybody else.

A process is remembered by its number and its start time together, because numbers are used again. The lock beside the
file says whether a supervisor lives: the kernel lets go of it however the supervisor ends.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import psutil

STATE_FILE = "state.json"
LOCK_FILE = "supervisor.lock"
_CLOCK_TOLERANCE = 2.0  # psutil derives start times from the boot time, which moves when the clock is set

Health = Literal["waiting", "starting", "healthy", "unhealthy", "restarting", "held", "stopped", "failed"]
Phase = Literal["starting", "running", "degraded", "stopping", "failed"]


@dataclass(frozen=True)
class ProcessId:
    """One process of one boot."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The process that has this number now, None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def process(self) -> psutil.Process | None:
        """The process if it still lives; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < _CLOCK_TOLERANCE
            return process if is_same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None


@dataclass
class PartState:
    """One part as its supervisor sees it."""

    health: Health = "waiting"
    address: str | None = None
    process: ProcessId | None = None
    descendants: tuple[ProcessId, ...] = ()
    restarts: int = 0
    ready_at: float | None = None
    detail: str | None = None

    def processes(self) -> tuple[ProcessId, ...]:
        """The part's own process and those it started."""
        return (*((self.process,) if self.process else ()), *self.descendants)


@dataclass
class State:
    """Everything that another process may know about this marketplace."""

    supervisor: ProcessId | None = None
    phase: Phase = "starting"
    started_at: float = 0.0
    detail: str | None = None
    has_own_database: bool = True
    parts: dict[str, PartState] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Replace the state file at once, so that a reader never sees half of it."""
        fresh = folder / f"{STATE_FILE}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(self), file, indent=1)
        fresh.replace(folder / STATE_FILE)


def read_state(folder: Path) -> State | None:
    """The last written state, None when there is none; says nothing about whether it still runs."""
    try:
        raw = json.loads((folder / STATE_FILE).read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    parts = {
        name: PartState(
            **part
            | {"process": _process_id(part["process"]), "descendants": tuple(map(ProcessId, *_columns(part["descendants"])))}
        )
        for name, part in raw.pop("parts").items()
    }
    return State(**raw | {"supervisor": _process_id(raw["supervisor"]), "parts": parts})


def _process_id(raw: dict[str, Any] | None) -> ProcessId | None:
    return ProcessId(**raw) if raw else None


def _columns(rows: Iterable[dict[str, Any]]) -> tuple[list[int], list[float]]:
    rows = list(rows)
    return [row["pid"] for row in rows], [row["created"] for row in rows]


class SupervisorLock:
    """The right to supervise one state folder; held until the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK_FILE
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Whether the right is ours now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def is_supervised(folder: Path) -> bool:
    """Whether a supervisor of this folder lives now."""
    if not (folder / LOCK_FILE).exists():
        return False
    lock = SupervisorLock(folder)
    with suppress(PermissionError):
        if lock.acquire():
            lock.release()
            return False
    return True
