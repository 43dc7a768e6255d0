"""The services as they run: `python -m serving.host` in a process of its own, on ports of its own, beside a real MLflow."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from marketplace.local.ports import free_port
from marketplace.settings import PROJECT_ROOT
from marketplace.vocabulary import SERVED_MODELS
from models.registry import ModelRegistry
from tests.mlflow_server import wait_for
from tests.serving.tiny_models import MODELS, publish

# Test sessions side by side must not choose the same port between looking and listening.
_FIRST_PORT = 20_000 + os.getpid() % 10_000


class Host:
    """A running host: one HTTP client per service."""

    def __init__(self, process: subprocess.Popen[bytes], ports: dict[str, int], log: Path) -> None:
        self.process = process
        self.log_file = log
        self.ports = ports
        self.clients = {name: httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) for name, port in ports.items()}

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def post(self, name: str, path: str, **body: object) -> httpx.Response:
        return self.clients[name].post(path, json=body)

    def wait_for_version(self, name: str, version: str, ask: Callable[[], httpx.Response], timeout: float = 20.0) -> None:
        """Return once the service answers with `version`."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if ask().json().get("version") == version:
                return
            time.sleep(0.05)
        raise AssertionError(f"{name} did not take over version {version}:\n{self.log[-2000:]}")

    def wait_for_log(self, text: str, timeout: float = 20.0) -> None:
        """Return once the host has logged `text`."""
        deadline = time.monotonic() + timeout
        while text not in self.log:
            assert time.monotonic() < deadline, f"{text!r} is not in the log:\n{self.log[-2000:]}"
            time.sleep(0.05)

    def stop(self) -> float:
        """Seconds that the host took to end after SIGTERM."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=15)
        return time.monotonic() - started


@contextmanager
def running_host(mlflow_url: str, state_dir: Path, *names: str, wait: bool = True, poll: str = "PT0.5S") -> Iterator[Host]:
    """The named services, or all, ready; state and log lie in `state_dir`; they look for a champion every `poll`."""
    ports: dict[str, int] = {}
    for name in names or SERVED_MODELS:
        ports[name] = free_port(_FIRST_PORT, taken=frozenset(ports.values()))
    environment = os.environ | {
        "MARKETPLACE_STATE_DIR": str(state_dir),
        "MARKETPLACE_MLFLOW__PORT": str(urlsplit(mlflow_url).port),
        "MARKETPLACE_SERVICES__CHAMPION_POLL": poll,
        **{f"MARKETPLACE_SERVICES__{name.upper()}__PORT": str(port) for name, port in ports.items()},
    }
    state_dir.mkdir(parents=True, exist_ok=True)
    log = state_dir / "host.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "serving.host", *names], cwd=PROJECT_ROOT, env=environment, stdout=output, stderr=output
        )
    host = Host(process, ports, log)
    try:
        if wait:
            for port in ports.values():
                wait_for(f"http://127.0.0.1:{port}/readyz", process, log)
        yield host
    finally:
        host.stop()


@pytest.fixture(scope="session")
def registry(mlflow_url: str) -> ModelRegistry:
    return ModelRegistry(mlflow_url)


@pytest.fixture(scope="session")
def published(registry: ModelRegistry) -> dict[str, str]:
    """The champion's version per model, all of those that have a service."""
    return {name: publish(registry, name, make()) for name, make in MODELS.items()}


@pytest.fixture(scope="module")
def host(mlflow_url: str, published: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """All four services with a champion each."""
    with running_host(mlflow_url, tmp_path_factory.mktemp("state")) as running:
        yield running
