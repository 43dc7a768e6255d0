"""A real MLflow for tests, run as `marketplace up` runs it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from marketplace.local.mlflow_process import READY_PATH, mlflow_command
from marketplace.local.ports import free_port


@contextmanager
def running_mlflow(database_url: str, folder: Path, *, port: int | None = None) -> Iterator[str]:
    """Address of the server; its artefacts and log lie in `folder`."""
    port = port or free_port(31_000 + os.getpid() % 1_500)
    backend = database_url.replace("postgresql://", "postgresql+psycopg://", 1)
    command, environment = mlflow_command(backend, folder / "artifacts", port=port)
    url = f"http://127.0.0.1:{port}"
    with (folder / "mlflow.log").open("ab") as log:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)
    try:
        wait_for(url + READY_PATH, process, folder / "mlflow.log")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path, *, timeout: float = 90.0) -> None:
    """Return once `url` answers 200; fail with the end of the log when the process dies or the time is over."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=30).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{url} is not ready (exit status {process.poll()}):\n{log.read_text(errors='replace')[-3000:]}")
