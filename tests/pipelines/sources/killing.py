"""The importer as a process that is killed at random moments, and loads again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psycopg

from tests.pipelines.sources.conftest import shop_checksums

_LOAD = """
import sys
from pathlib import Path
from marketplace.settings import Settings
from pipelines.sources import ingest
print("begins", flush=True)
ingest(sys.argv[1], Path(sys.argv[2]), Settings(database={"url": sys.argv[3]}))
print("done", flush=True)
"""


def _start(source: str, folder: Path, url: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", _LOAD, source, str(folder), url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    return process


def load(source: str, folder: Path, url: str) -> float:
    """Seconds that one undisturbed load takes, once its modules are there."""
    process = _start(source, folder, url)
    began = time.monotonic()
    assert process.wait() == 0
    return time.monotonic() - began


def kill_loads(source: str, folder: Path, url: str, *, times: int, seconds: float, rng: Random) -> int:
    """Start a load `times` times and kill -9 it within `seconds`; returns how many had not ended by then."""
    killed = 0
    for _ in range(times):
        process = _start(source, folder, url)
        time.sleep(rng.uniform(0, seconds))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
    return killed


def rows_by_table(url: str) -> dict[str, int]:
    """Row counts of the shop, without what no source loads."""
    return {table: count for table, (count, _) in shop_checksums(url).items() if count}


def is_quiet(url: str) -> bool:
    """Whether no connection of a dead load holds a transaction open."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() "
            "and xact_start is not null"
        ).fetchone()
    return row == (0,)
