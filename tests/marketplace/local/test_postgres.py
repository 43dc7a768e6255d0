"""The embedded Postgres as root and as an ordinary user, on a taken port, in a deep folder, after a crash."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from marketplace.local.control import running_state, start_detached
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.local.state import State
from marketplace.settings import load_settings


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="cy-pg-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def owner(process_id: int) -> str:
    return psutil.Process(process_id).username()


def test_server_runs_as_us_or_as_nobody_when_we_are_root(folder: Path) -> None:
    with EmbeddedPostgres(folder / "postgres", preferred_port=25000, is_durable=False) as server:
        assert server.process is not None
        assert owner(server.process.pid) == ("nobody" if os.geteuid() == 0 else owner(os.getpid()))
        with psycopg.connect(server.url()) as over_tcp:
            assert over_tcp.execute("show listen_addresses").fetchone() == ("127.0.0.1",)
        socket_url = server.url().replace(f"127.0.0.1:{server.port}", "") + f"?host={server.socket_folder}&port={server.port}"
        with psycopg.connect(socket_url) as over_socket:
            assert over_socket.execute("select inet_client_addr() is null").fetchone() == (True,)
    assert not (server.data / "postmaster.pid").exists()


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv to become nobody")
def test_server_runs_for_an_ordinary_user(folder: Path) -> None:
    shutil.chown(folder, "nobody", "nogroup")
    program = (
        "import sys; from pathlib import Path; from marketplace.local.postgres import EmbeddedPostgres\n"
        "import psycopg, os\n"
        "with EmbeddedPostgres(Path(sys.argv[1]) / 'postgres', preferred_port=25100, is_durable=False) as server:\n"
        "    print(os.geteuid() != 0, server.run_as, psycopg.connect(server.url()).execute('select 6 * 7').fetchone()[0])\n"
    )
    root = Path(__file__).resolve().parents[3]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root), "HOME": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    become = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]
    can_run = subprocess.run([*become, sys.executable, "-c", "import psycopg"], cwd="/", env=environment, capture_output=True)
    if can_run.returncode:
        pytest.skip("nobody cannot run this Python: it lies in a folder of root's own")
    done = subprocess.run(
        [*become, sys.executable, "-c", program, str(folder)], cwd="/", env=environment, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "None", "42"], done.stderr


def test_a_taken_port_moves_the_server_to_the_next_free_one(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with EmbeddedPostgres(folder / "postgres", preferred_port=taken, is_durable=False) as server:
            assert server.port > taken
            assert psycopg.connect(server.url()).execute("select 1").fetchone() == (1,)


def test_a_path_too_long_for_a_socket_is_no_obstacle(folder: Path) -> None:
    deep = folder / ("a-rather-long-name-of-a-folder/" * 4)
    with EmbeddedPostgres(deep / "postgres", preferred_port=25300, is_durable=False) as server:
        assert len(str(server.folder)) > 107
        assert psycopg.connect(server.url()).execute("select 1").fetchone() == (1,)
        short = server.socket_folder
    shutil.rmtree(short, ignore_errors=True)


def test_a_server_left_behind_is_ended_before_the_next_starts(folder: Path) -> None:
    first = EmbeddedPostgres(folder / "postgres", preferred_port=25400, is_durable=False).start()
    assert first.process is not None
    with EmbeddedPostgres(folder / "postgres", preferred_port=25400, is_durable=False) as second:
        assert first.process.wait(5) == 0
        assert second.port == first.port


def test_a_killed_server_comes_back_on_its_port_with_what_was_committed(state_dir: Path, eventually: Callable) -> None:
    def state() -> State:
        found = running_state(load_settings())
        assert found is not None
        return found

    start_detached(load_settings(), report=lambda line: None, only=["databases"], dies_with_us=True)
    url = load_settings().database_url()
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 1 as one")
    server = state().parts["postgres"].process
    assert server is not None
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: state().parts["postgres"].restarts == 1 and state().parts["postgres"].health == "healthy")
    assert psycopg.connect(url).execute("select one from kept").fetchone() == (1,)


def test_the_kernel_ends_the_server_when_its_supervisor_is_killed(state_dir: Path, eventually: Callable) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's death")
    state = start_detached(load_settings(), report=lambda line: None, only=["databases"], dies_with_us=True)
    server = state.parts["postgres"].process
    assert server is not None
    assert state.supervisor is not None
    os.kill(state.supervisor.pid, signal.SIGKILL)
    eventually(lambda: server.process() is None)
