"""One dbt at a time on a marketplace, and none that outlives the run that started it.

dbt runs in a process of its own. When a run is killed, that process would go on building while the next run starts.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import psycopg

_LOCK = 7_230_418  # any number of our own, beside that of pipelines/run.py
_PARENT = "MARKETPLACE_DBT_OF"  # "<pid>:<when it was started>", inherited by the dbt that this process starts


@contextmanager
def one_build_at_a_time() -> Iterator[None]:
    """Hold the marketplace's build lock, waiting for it; the database is the one that libpq's variables name."""
    os.environ[_PARENT] = _name(psutil.Process())
    end_orphans()
    with psycopg.connect(autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        yield


def end_orphans() -> int:
    """Kill the dbt processes whose run is gone, and count them."""
    orphans = [process for process in psutil.process_iter() if (parent := _parent(process)) and not _is_alive(parent)]
    for orphan in orphans:
        with suppress(psutil.NoSuchProcess):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=10)
    return len(orphans)


def _name(process: psutil.Process) -> str:
    return f"{process.pid}:{process.create_time():.2f}"


def _parent(process: psutil.Process) -> str | None:
    try:
        return str(process.environ()[_PARENT])
    except (psutil.Error, KeyError):  # somebody else’s process, or no dbt of ours
        return None


def _is_alive(name: str) -> bool:
    try:
        return _name(psutil.Process(int(name.split(":")[0]))) == name
    except psutil.NoSuchProcess:
        return False
