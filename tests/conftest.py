"""Real parts shared by all tests: one Postgres server, and a fresh database per test where one is asked for."""

import os

# Before numpy is imported anywhere: spinning threads make small models ten times slower.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
for _variable, _value in {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
}.items():
    os.environ.setdefault(_variable, _value)

from collections.abc import Iterator  # noqa: E402
from itertools import count  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import psycopg  # noqa: E402
import pytest  # noqa: E402

from marketplace.local.postgres import EmbeddedPostgres  # noqa: E402
from tests.living import living  # noqa: E402, F401
from tests.mlflow_server import running_mlflow  # noqa: E402
from tests.workers import PARTS, FolderScheduling, scope  # noqa: E402

_names = count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lot that takes longest begins first."""
    items.sort(key=lambda item: scope(item.nodeid) != PARTS)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FolderScheduling:
    """How tests are dealt out to the workers of `pytest -n`."""
    return FolderScheduling(config, log)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A throw-away Postgres server for the whole test session."""
    folder = Path("/tmp") / f"cy-test-{os.getpid()}"
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    with EmbeddedPostgres(folder, preferred_port=55_432 + 20 * worker, is_durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_template(postgres: EmbeddedPostgres) -> str:
    """Name of a database with every migration applied and no rows; copied, never used itself."""
    from storefront_api.migrations import migrate

    name = "template_migrated"
    postgres.create_databases((name,))
    migrate(postgres.url(name).replace("postgresql://", "postgresql+psycopg://", 1))
    return name


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """`postgresql://` URL of a migrated, empty database of the test's own."""
    yield from copied_database(postgres, migrated_template)


def copied_database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """URL of a copy of `template`, dropped at the end."""
    name = f"test_{next(_names)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "{template}"')  # type: ignore[arg-type]
    yield server.url(name)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(f'drop database "{name}" with (force)')  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def mlflow_url(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real MLflow, started as `marketplace up` starts it; tests share it and use model names of their own."""
    with running_mlflow(postgres.url("mlflow"), tmp_path_factory.mktemp("mlflow")) as url:
        yield url
