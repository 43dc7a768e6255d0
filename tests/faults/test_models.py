"""200 requests a second while champions change, break, vanish and come back: none may fail."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from marketplace.local.postgres import EmbeddedPostgres
from marketplace.vocabulary import ModelName
from models.registry import ModelRegistry
from tests.load import Call, Load
from tests.mlflow_server import running_mlflow
from tests.serving.conftest import Host, running_host
from tests.serving.test_host import ATTEMPT, Broken
from tests.serving.tiny_models import fraud_model, log, publish, recommendation_model

pytestmark = pytest.mark.faults

RATE = 200.0
FLIP_WITHIN = 60.0
FRAUD, RECOMMENDATION = ModelName.FRAUD, ModelName.RECOMMENDATION


class Registry:
    """An MLflow of the test's own, which can be stopped, and whose files can be damaged."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._database_url, self._folder = database_url, folder
        self._server = running_mlflow(database_url, folder)
        self.url = self._server.__enter__()
        self.client = ModelRegistry(self.url)

    def files(self, name: str, version: str) -> Path:
        """Where the files of a version lie on the server's disk."""
        run_id = self.client.version(name, version).run_id
        return next((self._folder / "artifacts").glob(f"*/{run_id}/artifacts/model"))

    def stop(self) -> None:
        self._server.__exit__(None, None, None)

    def start(self) -> None:
        self._server = running_mlflow(self._database_url, self._folder, port=urlsplit(self.url).port)
        self._server.__enter__()


@pytest.fixture
def registry(postgres: EmbeddedPostgres, tmp_path: Path) -> Iterator[Registry]:
    postgres.create_databases(("mlflow_faults",))
    registry = Registry(postgres.url("mlflow_faults"), tmp_path)
    yield registry
    registry.stop()


def problem(host: Host, kind: str | None, version: str | None) -> float:
    """Seconds until the fraud service says that this is wrong with this version; None for all's well."""
    began = time.monotonic()
    while True:
        found: dict[str, Any] = host.post("fraud", "/champion").raise_for_status().json()["problem"] or {}
        if (found.get("kind"), found.get("version")) == (kind, version):
            return time.monotonic() - began
        assert time.monotonic() - began < FLIP_WITHIN, f"not {kind} of {version}: {found}"
        time.sleep(0.2)


def test_no_request_fails_while_champions_change_break_vanish_and_the_registry_goes(registry: Registry, tmp_path: Path) -> None:
    client = registry.client
    publish(client, RECOMMENDATION, recommendation_model())
    first = publish(client, FRAUD, fraud_model())
    second, corrupt, missing = (log(client, FRAUD, fraud_model(seed=seed)) for seed in (8, 9, 10))
    half_written = log(client, FRAUD, Broken(fraud_model(seed=11)))
    other = log(client, RECOMMENDATION, recommendation_model(seed=8))
    for array in registry.files(FRAUD, corrupt).glob("*.npz"):
        array.write_bytes(array.read_bytes()[:-1] + b"x")
    shutil.rmtree(registry.files(FRAUD, missing))

    with running_host(registry.url, tmp_path / "state", FRAUD, RECOMMENDATION, poll="PT20S") as host:
        calls = (
            Call(f"{host.clients[FRAUD].base_url}/score", ATTEMPT, read=lambda answer: f"fraud {answer['version']}"),
            Call(
                f"{host.clients[RECOMMENDATION].base_url}/recommend",
                {"customer_id": "customer-1", "k": 10},
                read=lambda answer: f"recommendation {answer['version']}",
            ),
        )
        with Load(*calls, rate=RATE) as load:
            load.wait_for(f"fraud {first}", within=FLIP_WITHIN)
            client.promote(FRAUD, second)
            client.promote(RECOMMENDATION, other)
            swap = max(load.wait_for(seen, within=FLIP_WITHIN) for seen in (f"fraud {second}", f"recommendation {other}"))
            for version, kind in ((corrupt, "not_fetched"), (missing, "not_fetched"), (half_written, "rejected")):
                client.promote(FRAUD, version)
                took = problem(host, kind, version)
                print(f"\nversion {version}: {kind} after {took:.1f} s")
                client.rollback(FRAUD)
                problem(host, None, None)
            registry.stop()
            problem(host, "registry_unavailable", None)
            registry.start()
            problem(host, None, None)
            load.forget(f"fraud {first}")
            client.rollback(FRAUD)
            back = load.wait_for(f"fraud {first}", within=FLIP_WITHIN)
        print(f"\nswap after {swap:.1f} s, rollback after {back:.1f} s; {load.summary()} (load {os.getloadavg()[0]:.1f})")

    assert load.failures == []
    assert not {f"fraud {version}" for version in (corrupt, missing, half_written)} & set(load.first_seen)
