"""Warehouses for tests: a shop written in SQL, copied to raw and built by dbt, once per test session and shop."""

import os
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote, urlsplit

import psycopg

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import PROJECT_ROOT
from marketplace.warehouse import Warehouse
from pipelines.raw_copy import copy_to_raw
from pipelines.ring_history import restate_rings

HERE = Path(__file__).parent
_RUN = ("build", "--exclude-resource-type", "test", "unit_test")  # `dbt run` would leave out the snapshots
_built: dict[str, str] = {}


def warehouse(server: EmbeddedPostgres, template: str, *shops: str, command: str = "build") -> str:
    """URL of a database that holds the shops of these SQL files, built by dbt; made on the first call."""
    name = "warehouse_" + "_".join(shops)
    if name not in _built:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{name}" template "{template}"'.encode())
        url = server.url(name)
        with psycopg.connect(url) as connection:
            for shop in shops:
                connection.execute((HERE / f"{shop}.sql").read_bytes())
        copy_to_raw(url)
        result = dbt(url, command)
        assert result.success, failures(result)
        restate_rings(Warehouse(url))
        _built[name] = url
    return _built[name]


def dbt(database_url: str, command: str, *arguments: str) -> Any:
    """The result of `dbt <command>` on this database, run in this process; `run` builds snapshots and models, without tests."""
    from dbt.cli.main import dbtRunner

    parts = urlsplit(database_url)
    environment = {
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
    }
    project = str(PROJECT_ROOT / "dbt")
    options = ["--project-dir", project, "--profiles-dir", project, "--target-path", _target(), "--log-path", _target()]
    with patch.dict(os.environ, environment):
        return dbtRunner().invoke(
            [*(_RUN if command == "run" else (command,)), *options, "--quiet", "--no-version-check", *arguments]
        )


def failures(result: Any) -> Sequence[str]:
    """Names and messages of what failed in a dbt result."""
    if result.exception is not None:
        return [repr(result.exception)]
    return [f"{one.node.name}: {one.status} {one.message}" for one in result.result if one.status in ("error", "fail")]


@cache
def _target() -> str:
    return tempfile.mkdtemp(prefix="dbt-target-")


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """The query's rows."""
    with psycopg.connect(database_url) as connection:
        connection.execute("set time zone 'UTC'")
        return connection.execute(query.encode()).fetchall()
