"""A state folder that Postgres can use whoever runs it, and that leaves nothing behind."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketplace.local.control import stop
from marketplace.local.environment import listeners
from marketplace.local.ports import free_port
from marketplace.settings import Settings, load_settings


@pytest.fixture
def state_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty state folder below /tmp, short enough for a socket; every listener wants a port far from the usual ones."""
    folder = Path(tempfile.mkdtemp(prefix="cy-", dir="/tmp"))
    folder.chmod(0o755)
    for variable in ("MARKETPLACE_DATABASE__URL", "MARKETPLACE_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(folder))
    taken: set[int] = set()
    for _, variable, _, _ in listeners(Settings()):
        port = free_port(23000, taken=frozenset(taken))
        taken.add(port)
        monkeypatch.setenv(variable, str(port))
    yield folder
    stop(load_settings(), report=lambda line: None)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """Waits until a claim is true, or fails after 15 s."""

    def wait(claim: Callable[[], object]) -> None:
        deadline = time.monotonic() + 15
        while not claim():
            assert time.monotonic() < deadline, "did not become true in time"
            time.sleep(0.05)

    return wait
