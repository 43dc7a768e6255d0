"""A whole marketplace, started by its own command line on a small simulation, for the tests that need every part."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from psycopg.rows import dict_row

from marketplace.local.control import start_detached
from marketplace.local.environment import listeners
from marketplace.local.ports import free_port
from marketplace.settings import RUNTIME_FILE, Settings, load_settings

CUSTOMERS, DAYS, SEED = 300, 90, 11  # until the last midnight, as a demo: visits stay fresh enough for the online store
MARKETPLACE = Path(sys.executable).with_name("marketplace")


@dataclass(frozen=True)
class Living:
    """A running marketplace: its settings, and its command line."""

    state_dir: Path
    environment: dict[str, str]

    @property
    def settings(self) -> Settings:
        """The addresses of this run, read afresh."""
        return Settings(_env_file=self.state_dir / RUNTIME_FILE, state_dir=self.state_dir)  # type: ignore[call-arg]

    @property
    def shop(self) -> str:
        """Base address of the storefront."""
        return f"http://127.0.0.1:{self.settings.storefront.port}"

    def command(self, *arguments: str, timeout: float = 400, or_status: int = 0) -> str:
        """What `marketplace <arguments>` prints; fails the test with its output when it ends with neither 0 nor `or_status`."""
        done = subprocess.run(
            [str(MARKETPLACE), *arguments], env=self.environment, capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode in (0, or_status), (
            f"marketplace {' '.join(arguments)}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
        return done.stdout

    def rows(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """The query's rows from the marketplace's database."""
        with psycopg.connect(self.settings.database_url(), row_factory=dict_row) as connection:
            return connection.execute(query, parameters or None).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def living() -> Iterator[Living]:
    """Every part up, the small simulation ingested, the pipeline run once."""
    with started() as marketplace:
        ingest_simulation(marketplace, "--customers", str(CUSTOMERS), "--days", str(DAYS), "--seed", str(SEED))
        marketplace.command("run", timeout=900)
        yield marketplace


@contextmanager
def started(*only: str) -> Iterator[Living]:
    """An empty marketplace of its own, running in a folder that is removed afterwards: all of it, or only some parts."""
    state_dir = Path(tempfile.mkdtemp(prefix="cy-living-", dir="/tmp"))
    state_dir.chmod(0o755)
    unwanted = {"MARKETPLACE_DATABASE__URL", "MLFLOW_TRACKING_URI", "DAGSTER_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted and not name.startswith("PG")}
    # All the people of a test come from one address.
    limits = {f"MARKETPLACE_STOREFRONT__REQUESTS_PER_MINUTE_PER_{whose}": "5000" for whose in ("USER", "ADDRESS")}
    environment |= {"MARKETPLACE_STATE_DIR": str(state_dir)} | limits | _ports_of_its_own()
    marketplace = Living(state_dir, environment)
    try:
        if only:
            with patch.dict(os.environ, environment, clear=True):
                start_detached(load_settings(), report=lambda line: None, only=only)
        else:
            marketplace.command("up", "--detach")
        yield marketplace
    finally:
        subprocess.run([str(MARKETPLACE), "down"], env=environment, capture_output=True, timeout=120)
        shutil.rmtree(state_dir, ignore_errors=True)


def _ports_of_its_own() -> dict[str, str]:
    """Ports away from the usual ones, at which another marketplace may be starting just now."""
    first, taken = 10_000 + os.getpid() % 600 * 20, frozenset[int]()
    ports: dict[str, str] = {}
    for _, variable, host, _ in listeners(load_settings()):
        port = free_port(first, taken=taken, host=host)
        ports[variable], taken = str(port), taken | {port}
    return ports


def ingest_simulation(marketplace: Living, *size: str) -> None:
    """Fill the shop with a simulation of this size."""
    files = marketplace.state_dir / "files"
    marketplace.command("simulate", *size, "--out", str(files))
    marketplace.command("ingest", "simulation", "--path", str(files))
