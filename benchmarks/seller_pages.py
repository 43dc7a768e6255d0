"""How fast are the seller's pages, and what does a day of their marts cost beside building them, as shops and sales grow?

`python -m benchmarks.seller_pages [--times 1 3 10] [--sellers 10000] [--items 500000]`: a year of sales written in SQL into a
scratch database, ten times which is 100,000 sellers and 5 million order items. Per size: the seller marts built whole and after
one more day with its orders and some new listings, in CPU seconds of Postgres and of dbt (what they read is built before and
not counted); and after one more order, which is what a day costs whatever its size. Then every page of the seller's area and of
the platform's, asked one at a time through the application itself, warm: the seller's for the largest sellers and for others
taken by chance.
"""

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import httpx
import numpy as np
import psycopg
from pwdlib import PasswordHash

from benchmarks._growth import Cost, bar, cost_of, growth_exponent, machine, postmaster, throw_away_postgres
from benchmarks._seller_shop import ShopSize, add_listings, add_orders, fill
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import PROJECT_ROOT, Settings
from pipelines.raw_copy import copy_to_raw
from storefront_api.main import create_app
from storefront_api.migrations import migrate
from storefront_api.pages import platform_area, seller_area
from storefront_api.platform_analytics import tables as platform_tables
from storefront_api.seller_analytics.registry import ROW_TABLES

SELLER_MARTS = ("path:models/intermediate/sellers", "path:models/marts/sellers", "fct_product_days")
PLATFORM_MARTS = "path:models/marts/platform"
_LARGEST, _BY_CHANCE = 10, 20
_ASKED_BY_ADMIN = 20
_MOST_MS = 100.0
_PASSWORD = "customise-you"


@dataclass
class Measured:
    """The costs at one size; `pages` holds milliseconds on the clock by address."""

    size: ShopSize
    whole: Cost
    day: Cost
    order: Cost
    pages: dict[str, list[float]] = field(default_factory=dict)
    page_cpu: dict[str, float] = field(default_factory=dict)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--sellers", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=500_000)
    options = parser.parse_args()
    print(machine(), flush=True)
    folder = Path(tempfile.mkdtemp(prefix="cy-bench-"))
    try:
        with throw_away_postgres() as server:
            base = ShopSize(options.sellers, options.items)
            measured = [_measure(server, folder, base.times(factor)) for factor in options.times]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if _report(measured) else 1


def _measure(server: EmbeddedPostgres, folder: Path, size: ShopSize) -> Measured:
    name = f"sellers_{size.sellers}"
    server.create_databases((name,))
    url, pid = server.url(name), postmaster(server)
    migrate(url.replace("postgresql://", "postgresql+psycopg://", 1))
    with psycopg.connect(url) as connection:
        fill(connection, size)
    _build_inputs(url, folder)
    _vacuum(url)  # as Postgres would have done by itself, but not while the marts are built
    whole = _build_marts(url, folder, pid)
    _vacuum(url)
    with psycopg.connect(url) as connection:
        add_orders(connection, size, name="d", count=size.orders_a_day)
        add_listings(connection, size, name="d")
    _build_inputs(url, folder)
    day = _build_marts(url, folder, pid)
    with psycopg.connect(url) as connection:
        add_orders(connection, size, name="e", count=1)
    _build_inputs(url, folder)
    measured = Measured(size, whole, day, order=_build_marts(url, folder, pid))
    _say_cost(measured)
    _dbt(url, folder, "--select", "+seller_performance", f"+{PLATFORM_MARTS}")
    _vacuum(url)
    _ask_pages(url, measured, pid)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)".encode())
    return measured


def _build_inputs(url: str, folder: Path) -> None:
    """All that the seller marts read."""
    copy_to_raw(url)
    _dbt(url, folder, "--select", *(f"+{one}" for one in SELLER_MARTS), "--exclude", *SELLER_MARTS)


def _build_marts(url: str, folder: Path, pid: int) -> Cost:
    """What bringing the seller marts up to date costs."""
    return cost_of(lambda: _dbt(url, folder, "--select", *SELLER_MARTS), server=pid)


def _say_cost(measured: Measured) -> None:
    print(f"{measured.size.sellers:,} sellers, {measured.size.items:,} items; CPU s of Postgres and of dbt:")
    for what, cost in (("whole", measured.whole), ("a day", measured.day), ("one order", measured.order)):
        print(f"    {what:<10} {cost.server:7.2f} + {cost.client:.2f}", flush=True)


def _dbt(url: str, folder: Path, *selection: str) -> None:
    from dbt.cli.main import dbtRunner

    project = str(PROJECT_ROOT / "dbt")
    places = ["--project-dir", project, "--profiles-dir", project, "--target-path", str(folder), "--log-path", str(folder)]
    command = ["build", "--exclude-resource-type", "test", "unit_test", "--quiet", "--no-version-check"]
    with patch.dict(os.environ, Settings(database={"url": url}).libpq_environment()):  # type: ignore[arg-type]
        result = dbtRunner().invoke([*command, *places, *selection])
    if not result.success:
        raise SystemExit(f"dbt failed: {result.exception or [one.message for one in result.result if one.status == 'error']}")  # type: ignore[union-attr]


def _vacuum(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _ask_pages(url: str, measured: Measured, pid: int) -> None:
    """Every page for every chosen seller: once so that it is warm, once on the clock."""
    limits = {"requests_per_minute_per_user": 1_000_000, "requests_per_minute_per_address": 1_000_000}
    app = create_app(Settings(database={"url": url}, storefront=limits))  # type: ignore[arg-type]
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        transport = httpx.ASGITransport(app)
        sellers = [runner.run(_signed_in(transport, email)) for email in _choose_sellers(url)]
        admin = [runner.run(_signed_in(transport, "admin@example.org"))] * _ASKED_BY_ADMIN
        for path in _paths():
            clients = admin if path.startswith("/platform") else sellers
            runner.run(_ask_all(clients, path))
            cost = cost_of(
                lambda path=path, clients=clients: measured.pages.update({path: runner.run(_ask_all(clients, path))}),  # type: ignore[misc]
                server=pid,
            )
            measured.page_cpu[path] = 1000 * cost.cpu / len(clients)
        runner.run(lifespan.__aexit__(None, None, None))


def _paths() -> list[str]:
    """Each tab on the usual days and on a year, the rows behind every figure, and the sellers' longest file."""
    tabs = [tab.path for tab in (*seller_area.TABS, *platform_area.TABS)]
    rows = [f"/seller/rows/{name}" for name in ROW_TABLES] + [f"/platform/rows/{name}" for name in platform_tables.ROW_TABLES]
    return [*tabs, *(f"{path}?days=365" for path in tabs), *rows, "/seller/rows/statement?days=365", "/seller/rows/statement.csv"]


async def _ask_all(clients: list[httpx.AsyncClient], path: str) -> list[float]:
    return [await _ask(client, path) for client in clients]


async def _ask(client: httpx.AsyncClient, path: str) -> float:
    """Milliseconds until the whole answer was there."""
    began = time.perf_counter()
    answer = await client.get(path)
    taken = time.perf_counter() - began
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return 1000 * taken


async def _signed_in(transport: httpx.ASGITransport, email: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(transport=transport, base_url="http://shop.test")
    answer = await client.post("/v1/sign-in", json={"email": email, "password": _PASSWORD})
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


def _choose_sellers(url: str) -> list[str]:
    """E-mail addresses of the owners of the largest sellers and of others by chance; they and the administrator may sign in."""
    query = """
        update shop.users set password_hash = %s where user_id = 'admin' or user_id in (
            select 'o' || n from generate_series(1, %s) as n
            union
            (select user_id from shop.sellers order by md5(seller_id) limit %s)
        ) returning email, role
    """
    with psycopg.connect(url) as connection:
        return [
            email
            for email, role in connection.execute(
                query, [PasswordHash.recommended().hash(_PASSWORD), _LARGEST, _BY_CHANCE]
            ).fetchall()
            if role == "seller"
        ]


def _report(measured: list[Measured]) -> bool:
    largest = measured[-1]
    for path, taken in largest.pages.items():
        p50, p95 = np.quantile(taken, [0.5, 0.95])
        print(f"{path:<48} p50 {p50:6.1f} ms, p95 {p95:6.1f} ms, CPU {largest.page_cpu[path]:6.1f} ms")
    pages = {path: float(np.quantile(taken, 0.95)) for path, taken in largest.pages.items() if ".csv" not in path}
    slowest = max(pages, key=pages.__getitem__)
    holds = [
        bar(f"slowest page at {largest.size.sellers:,} sellers ({slowest}), p95 on the clock", pages[slowest], _MOST_MS, " ms"),
        bar("the page that costs most, CPU of the application and Postgres", max(largest.page_cpu.values()), _MOST_MS, " ms"),
        bar(f"a day of {largest.size.sellers:,} sellers' marts, of a whole build", _day_of_whole(largest), 2.0, " %"),
    ]
    for one in measured[:-1]:  # part of a day costs the same at any size
        print(f"the same of {one.size.sellers:,} sellers: {_day_of_whole(one):.2f} %")
    print(f"the same at the largest size with dbt's own time: {100 * largest.day.cpu / largest.whole.cpu:.2f} %")
    if len(measured) > 1:
        sizes = [one.size.items for one in measured]
        holds.append(
            bar("growth exponent of the whole build", growth_exponent(sizes, [one.whole.server for one in measured]), 1.05, "")
        )
        holds.append(bar("growth exponent of a day", growth_exponent(sizes, [one.day.server for one in measured]), 1.05, ""))
    return all(holds)


def _day_of_whole(one: Measured) -> float:
    """What a day costs Postgres, in percent of a whole build."""
    return 100 * one.day.server / one.whole.server


if __name__ == "__main__":
    sys.exit(main())
