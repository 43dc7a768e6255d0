"""What work costs in processor seconds and memory, here and in Postgres, and how that grows with its size."""

import argparse
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from marketplace.local.postgres import EmbeddedPostgres


@dataclass(frozen=True)
class Cost:
    """Processor seconds of this process and of the Postgres server, and seconds on the clock."""

    client: float
    server: float
    wall: float

    @property
    def cpu(self) -> float:
        """Both sides together."""
        return self.client + self.server


def cost_of(work: Callable[[], object], *, server: int | None = None, repeats: int = 1) -> Cost:
    """The cheapest of some runs of `work`; `server` is the process id of the postmaster, whose children count."""
    return min((_once(work, server) for _ in range(repeats)), key=lambda cost: cost.cpu)


def _once(work: Callable[[], object], server: int | None) -> Cost:
    client, there, began = time.process_time(), _server_seconds(server), time.monotonic()
    work()
    return Cost(time.process_time() - client, _server_seconds(server) - there, time.monotonic() - began)


def _server_seconds(server: int | None) -> float:
    """Of the postmaster, of its children, and of those children that have ended."""
    if server is None:
        return 0.0
    total = 0.0
    for process in (psutil.Process(server), *psutil.Process(server).children()):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # it ended while we counted: the postmaster has its time now, or will at the next count
        total += times.user + times.system
        if process.pid == server:
            total += times.children_user + times.children_system
    return total


@contextmanager
def throw_away_postgres() -> Iterator[EmbeddedPostgres]:
    """A running server in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres", preferred_port=55432) as server:
            yield server


def postmaster(server: EmbeddedPostgres) -> int:
    """The process id of a server that we started."""
    assert server.process is not None
    return server.process.pid


def in_a_process(function: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """What `function` returns, run in a fresh process, and the most memory that this took, in megabytes."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_with_peak, (function, arguments))


def _with_peak(function: Callable[..., Any], arguments: Sequence[Any]) -> tuple[Any, float]:
    result = function(*arguments)
    return result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def sizes_asked(base: int) -> list[int]:
    """How many rows the command line asks for: `--times 1 3 10 30` of `--base`, whose default is `base`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", type=int, default=base)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 3, 10, 30])
    asked = parser.parse_args()
    return [asked.base * factor for factor in asked.times]


def growth_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of cost over size in logarithms: 1 is proportional."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def machine() -> str:
    """One line that every figure should stand beside."""
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {memory:.0f} GB, {platform.platform()}"


def milliseconds(work: Callable[[Any], object], each: Sequence[Any]) -> np.ndarray:
    """Processor time of each piece of work."""
    spent = []
    for one in each:
        began = time.process_time_ns()
        work(one)
        spent.append((time.process_time_ns() - began) / 1e6)
    return np.array(spent)


def bar(what: str, value: float, limit: float, unit: str = "×") -> bool:
    """Print whether a figure keeps to its bar."""
    holds = value <= limit
    print(f"{what}: {value:.2f}{unit} (bar {limit:g}{unit}): {'holds' if holds else 'DOES NOT HOLD'}", flush=True)
    return holds
