"""Each service is built as a bento of its own, which holds what it needs and starts where nothing else of ours is."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from marketplace.local.ports import free_port
from marketplace.settings import PROJECT_ROOT
from marketplace.vocabulary import SERVED_MODELS, ModelName
from tests.mlflow_server import wait_for

BENTOML = Path(sys.executable).with_name("bentoml")
# Of one model a bento holds only its own; these belong to no service at all.
FOREIGN = {"storefront_api", "pipelines", "cli", "tests", "dbt"}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bentos-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def bento(home: Path) -> Path:
    """The tagging bento: the model without stored features, so it needs no database to start."""
    return build_bento(ModelName.TAGGING, home)


def test_a_bento_holds_its_service_and_model_and_nothing_of_the_others(bento):
    sources = bento / "src"
    folders = {path.name for path in sources.iterdir() if path.is_dir()}

    assert folders.isdisjoint(FOREIGN)
    assert {path.name for path in (sources / "models").iterdir() if path.is_dir()} == {"metrics", "registry", "tagging"}
    assert {path.name for path in (sources / "serving").iterdir() if path.is_dir()} == {"tagging"}
    assert sum(path.stat().st_size for path in bento.rglob("*") if path.is_file()) < 2_000_000


def test_a_built_bento_serves_alone_and_is_ready_without_a_registry(bento, home, tmp_path):
    with served_bento(ModelName.TAGGING, home, tmp_path, mlflow_port=9) as url:
        answer = httpx.post(f"{url}/tag", json={"title": "Blue mug"}, timeout=10)

    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json()["code"] == "model_unavailable"


@pytest.mark.parametrize("name", [name.value for name in SERVED_MODELS])
def test_what_a_bento_installs_is_what_the_project_installs(name):
    described = yaml.safe_load((PROJECT_ROOT / "serving" / name / "bentofile.yaml").read_text())
    project = (PROJECT_ROOT / "pyproject.toml").read_text()

    assert described["service"].startswith(f"serving.{name}.service:")
    assert [package for package in described["python"]["packages"] if f'"{package}"' not in project] == []


@pytest.mark.parametrize("name", [name.value for name in SERVED_MODELS])
def test_the_modules_that_a_service_imports_are_in_its_bento(name):
    """Built bentos differ from the tree only by their `include` patterns, so these are compared with a real import."""
    described = yaml.safe_load((PROJECT_ROOT / "serving" / name / "bentofile.yaml").read_text())
    included = {path for pattern in described["include"] for path in PROJECT_ROOT.glob(pattern)}
    code = (
        f"import sys, serving.{name}.service\n"
        "roots = ('marketplace', 'models', 'serving', 'feature_repo')\n"
        "print(*[m.__file__ for n, m in sys.modules.items() if n.split('.')[0] in roots and m.__file__], sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)

    assert [path for path in done.stdout.split() if Path(path) not in included] == []


def build_bento(name: str, home: Path) -> Path:
    """The folder of the built bento."""
    done = subprocess.run(
        [str(BENTOML), "build", "-f", f"serving/{name}/bentofile.yaml", "-o", "tag", "."],
        cwd=PROJECT_ROOT,
        env=_environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    folder = home / "bentos" / name
    return folder / (folder / "latest").read_text().strip()


@contextmanager
def served_bento(name: str, home: Path, state_dir: Path, *, mlflow_port: int) -> Iterator[str]:
    """Address of the newest bento of that name, run by `bentoml serve` and ready."""
    port = free_port(25_000 + os.getpid() % 5_000)
    log = state_dir / "bento.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(BENTOML), "serve", f"{name}:latest", "--host", "127.0.0.1", "--port", str(port)],
            cwd=state_dir,  # not the repository: nothing may be imported from there
            env=_environment(home) | {"MARKETPLACE_STATE_DIR": str(state_dir), "MARKETPLACE_MLFLOW__PORT": str(mlflow_port)},
            stdout=output,
            stderr=output,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/readyz", process, log)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _environment(home: Path) -> dict[str, str]:
    return os.environ | {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}
