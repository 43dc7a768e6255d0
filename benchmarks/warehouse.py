"""How much does the warehouse cost per row, how does that grow, and what does one more day cost?

`python -m benchmarks.warehouse [--times 1 3 10] [--customers 2000] [--days 365]`: a simulated marketplace, copied n times inside
Postgres. Per size: raw copy, marts and features in CPU seconds of Postgres beside a bare COPY and INSERT ... SELECT of the same
events in the same run; dbt's own cost apart; the highest memory; a day's increment beside the whole build, raw copies included;
a rerun without news. Autovacuum is off, because it would fall on whatever happens to run: what it does is a step of its own.
"""

import argparse
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import psutil
import psycopg

from benchmarks._growth import growth_exponent, machine
from benchmarks._warehouse_data import add_day, count, multiply
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import PROJECT_ROOT, Settings
from pipelines.raw_copy import copy_to_raw
from storefront_api.migrations import migrate

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Cost:
    """What a piece of work took: seconds on the wall, CPU seconds of Postgres and of this process, the highest memory."""

    wall: float = 0.0
    postgres: float = 0.0
    own: float = 0.0
    peak_mb: float = 0.0


@dataclass
class Size:
    """The costs at one size."""

    times: int
    rows: int
    events: int
    costs: dict[str, Cost] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--customers", type=int, default=2000)
    # One more day is asked of a shop with a year behind it: of a month it would be a thirtieth of all there is.
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="cy-bench-", dir="/tmp"))
    folder.chmod(0o755)
    print(machine())
    try:
        with EmbeddedPostgres(folder / "postgres", preferred_port=55990, is_durable=False) as server:
            _fill(server, folder, options.customers, options.days)
            sizes = [_measure(server, folder, times) for times in options.times]
        _report(sizes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fill(server: EmbeddedPostgres, folder: Path, customers: int, days: int) -> None:
    """The database `one`, which holds the simulated marketplace."""
    from marketplace.simulation import generate
    from pipelines.sources import ingest

    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("alter system set autovacuum = off")
        connection.execute("select pg_reload_conf()")
    server.create_databases(("one",))
    migrate(server.url("one").replace("postgresql://", "postgresql+psycopg://", 1))
    generate(customers, days, 7, UNTIL, folder / "files", lambda _: None)
    ingest("simulation", folder / "files", Settings(database={"url": server.url("one")}))  # type: ignore[arg-type]


def _measure(server: EmbeddedPostgres, folder: Path, times: int) -> Size:
    name = f"times_{times}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name} template one".encode())
    url = server.url(name)
    with psycopg.connect(url) as connection:
        rows = multiply(connection, times)
        size = Size(times, rows, count(connection, "shop.events"))
    steps: list[tuple[str, Callable[[], object]]] = [
        ("COPY out and in", lambda: _bare_copy(url)),
        ("INSERT ... SELECT", lambda: _bare_insert(url)),
        ("raw copy", lambda: copy_to_raw(url)),
        ("marts", lambda: _dbt(url, folder, "--exclude", "tag:features")),
        ("features", lambda: _dbt(url, folder, "--select", "tag:features")),
        ("vacuum", lambda: _vacuum(url)),
        ("nothing new", lambda: _dbt(url, folder)),
        ("arrival of a day", lambda: _arrive(url)),
        ("raw copy of a day", lambda: copy_to_raw(url)),
        ("a day", lambda: _dbt(url, folder)),
    ]
    for step, work in steps:
        with _cost(server) as cost:
            work()
        size.costs[step] = cost
        print(
            f"{times:>3}x {step:<18} {cost.wall:7.1f} s wall, {cost.postgres:7.2f} s CPU of Postgres, {cost.own:5.1f} s of ours,"
            f" peak {cost.peak_mb:,.0f} MB (load {os.getloadavg()[0]:.1f})",
            flush=True,
        )
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())
    return size


def _bare_copy(url: str) -> None:
    with psycopg.connect(url) as source, psycopg.connect(url) as target:
        target.execute("create table public.copied (like shop.events)")
        with (
            source.cursor().copy("copy shop.events to stdout (format binary)") as out,
            target.cursor().copy("copy public.copied from stdin (format binary)") as into,
        ):
            for block in out:
                into.write(block)


def _bare_insert(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table public.inserted (like shop.events)")
        connection.execute("insert into public.inserted select * from shop.events")


def _vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _arrive(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("update shop.marketplace set data_until = data_until + interval '1 day'")
        add_day(connection, 1)


def _dbt(url: str, folder: Path, *selection: str) -> None:
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    project = str(PROJECT_ROOT / "dbt")
    places = [
        "--project-dir",
        project,
        "--profiles-dir",
        project,
        "--target-path",
        str(folder / "target"),
        "--log-path",
        str(folder),
    ]
    command = ["build", "--exclude-resource-type", "test", "unit_test", "--quiet", "--no-version-check"]
    with patch.dict(os.environ, Settings(database={"url": url}).libpq_environment()):  # type: ignore[arg-type]
        result = dbtRunner().invoke([*command, *places, *selection])
    if not result.success:
        nodes = result.result if isinstance(result.result, RunExecutionResult) else ()
        raise SystemExit(f"dbt failed: {result.exception or [one.message for one in nodes if one.status == 'error']}")


@contextmanager
def _cost(server: EmbeddedPostgres) -> Iterator[Cost]:
    """Measure the block; memory is private and shared pages of Postgres and ours, each page once (PSS)."""
    assert server.process is not None
    postgres, own, cost = psutil.Process(server.process.pid), psutil.Process(), Cost()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            used = 0.0
            for process in (own, postgres, *postgres.children()):
                with suppress(psutil.Error):
                    used += process.memory_full_info().pss / 1e6
            cost.peak_mb = max(cost.peak_mb, used)

    thread = threading.Thread(target=watch)
    before, own_before, began = _cpu(postgres), time.process_time(), time.monotonic()
    thread.start()
    try:
        yield cost
    finally:
        cost.wall = time.monotonic() - began
        time.sleep(0.5)  # a backend that has just ended is counted once the server has taken note of it
        done.set()
        thread.join()
        cost.own = time.process_time() - own_before
        cost.postgres = _cpu(postgres) - before


def _cpu(postgres: psutil.Process) -> float:
    """CPU seconds of a server and its backends, gone and living."""
    times = postgres.cpu_times()
    total = times.user + times.system + times.children_user + times.children_system
    for backend in postgres.children():
        with suppress(psutil.Error):
            total += sum(backend.cpu_times()[:2])
    return float(total)


def _report(sizes: list[Size]) -> None:
    print(f"\n{'':<20}" + "".join(f"{size.times:>9}x" for size in sizes) + "   growth")
    for step in ("COPY out and in", "INSERT ... SELECT", "raw copy", "marts", "features"):
        speeds = [_rows(size, step) / max(size.costs[step].postgres, 1e-9) for size in sizes]
        costs = [size.costs[step].postgres for size in sizes]
        growth = f"{growth_exponent([_rows(size, step) for size in sizes], costs):4.2f}" if len(sizes) > 1 else "   -"
        print(f"{step:<20}" + "".join(f"{speed:>10,.0f}" for speed in speeds) + f"   {growth}   rows per CPU second of Postgres")
    for step, peer in (("raw copy", "COPY out and in"), ("marts", "INSERT ... SELECT"), ("features", "INSERT ... SELECT")):
        shares = [_ratio(size, step, peer) for size in sizes]
        print(
            f"{step + ' / ' + peer.split()[0]:<20}"
            + "".join(f"{share:>10.2f}" for share in shares)
            + "   of its rows per CPU second"
        )
    whole = [_sum(size, "raw copy", "marts", "features") for size in sizes]
    fixed = [size.costs["nothing new"].postgres for size in sizes]
    days = [_sum(size, "raw copy of a day", "a day") for size in sizes]
    ratios = [a / b for a, b in zip(whole, days, strict=True)]
    print(f"{'whole':<20}" + "".join(f"{cost:>10.1f}" for cost in whole) + "   CPU s of Postgres: raw copy, marts and features")
    print(f"{'a day':<20}" + "".join(f"{cost:>10.2f}" for cost in days) + "   CPU s of Postgres: raw copy and dbt")
    print(
        f"{'whole / day':<20}"
        + "".join(f"{ratio:>10.1f}" for ratio in ratios)
        + f"   {'PASS' if min(ratios) >= 20 else 'FAIL'}: 20"
    )
    print(f"{'  fixed':<20}" + "".join(f"{cost:>10.2f}" for cost in fixed) + "   CPU s of Postgres of a run without news")
    print(f"{'dbt itself':<20}" + "".join(f"{size.costs['nothing new'].own:>10.1f}" for size in sizes) + "   CPU s of a run")
    print(f"{'peak memory':<20}" + "".join(f"{max(c.peak_mb for c in s.costs.values()):>10,.0f}" for s in sizes) + "   MB")


def _rows(size: Size, step: str) -> int:
    return size.events if step in ("COPY out and in", "INSERT ... SELECT") else size.rows


def _sum(size: Size, *steps: str) -> float:
    return sum(size.costs[step].postgres for step in steps)


def _ratio(size: Size, step: str, peer: str) -> float:
    return (_rows(size, step) / size.costs[step].postgres) / (_rows(size, peer) / max(size.costs[peer].postgres, 1e-9))


if __name__ == "__main__":
    main()
