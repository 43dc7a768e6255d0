"""What `marketplace up` starts, each part with what it needs first and how to ask whether it works."""

import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.local.dagster_home import needs_preparation, write_dagster_home
from marketplace.local.databases import create_missing
from marketplace.local.feature_registry import lacks_services
from marketplace.local.mlflow_process import READY_PATH, mlflow_command
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.local.probes import Probe, accepts_tcp, all_of, answers_http, answers_query
from marketplace.settings import PROJECT_ROOT, Settings

POSTGRES = "postgres"
# The storefront itself counts requests, knows how many proxies stand before it, and need not tell what serves it.
UVICORN_OPTIONS = ("--no-access-log", "--no-proxy-headers", "--no-server-header", "--log-level", "warning")


@dataclass(frozen=True)
class Part:
    """A process to keep alive, or (`is_task`) work to be done once per start.

    Attributes:
        needs: parts that must be ready before this one starts.
        command: command line; empty for a task that is only `prepare`.
        ports: what it listens on; it is not ready while another program answers there.
        probe: asks whether it works; without one it works when it has lived for `settle` seconds.
        prepare: called in a thread before each start; for a task it may answer False, "nothing to do".
        stop_signal: what asks it to end; sent by the kernel too when the supervisor is gone.
        grace: how long it may take to end before it is killed.
    """

    name: str
    needs: tuple[str, ...] = ()
    command: Sequence[str] = ()
    address: str | None = None
    ports: tuple[int, ...] = ()
    probe: Probe | None = None
    settle: float = 1.5
    is_task: bool = False
    prepare: Callable[[], object] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    cwd: Path = PROJECT_ROOT
    run_as: str | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = 8.0


def marketplace_parts(settings: Settings, server: EmbeddedPostgres | None) -> list[Part]:
    """Every part of the marketplace; without `server` the settings' own database is used."""
    python = (sys.executable, "-m")
    mlflow, mlflow_environment = mlflow_command(
        settings.sqlalchemy_url("mlflow"),
        settings.state_dir / "mlflow" / "artifacts",
        host=settings.mlflow.host,
        port=settings.mlflow.port,
    )
    services = settings.services.by_name().values()
    storefront, dagster = settings.storefront, settings.dagster
    workspace = ("--workspace", str(settings.state_dir / "dagster" / "workspace.yaml"))

    def prepare_dagster() -> bool:
        write_dagster_home(settings)
        return needs_preparation(settings)

    return [
        *([_postgres(server)] if server is not None else []),
        Part("databases", needs=(POSTGRES,) if server else (), is_task=True, prepare=lambda: create_missing(settings)),
        Part("shop-schema", needs=("databases",), is_task=True, command=(*python, "storefront_api.migrations")),
        Part(
            "feature-registry",
            needs=("shop-schema",),
            is_task=True,
            prepare=lambda: lacks_services(settings),
            command=(*python, "feature_repo"),
        ),
        Part(
            "dagster-storage",
            needs=("databases",),
            is_task=True,
            prepare=prepare_dagster,
            command=(*python, "marketplace.local.dagster_home"),
        ),
        Part(
            "mlflow",
            needs=("databases",),
            command=mlflow,
            environment=mlflow_environment,
            address=settings.mlflow.url,
            ports=(settings.mlflow.port,),
            # The first answer waits for the schema to be made; asking twice would make it twice.
            probe=answers_http(settings.mlflow.host, settings.mlflow.port, READY_PATH, timeout=60),
        ),
        Part(
            "dagster-code",
            needs=("dagster-storage", "shop-schema"),
            command=(
                *(*python, "dagster", "api", "grpc", "--module-name", "pipelines.definitions"),
                *("--host", dagster.host, "--port", str(dagster.code_port), "--location-name", "pipelines"),
                *("--use-python-environment-entry-point", "--log-level", "warning"),
            ),
            address=f"grpc://{dagster.host}:{dagster.code_port}",
            ports=(dagster.code_port,),
            probe=accepts_tcp(dagster.host, dagster.code_port),
        ),
        Part(
            "dagster-webserver",
            needs=("dagster-storage",),
            command=(*python, "dagster_webserver", "--host", dagster.host, "--port", str(dagster.port), *workspace),
            address=dagster.url,
            ports=(dagster.port,),
            probe=answers_http(dagster.host, dagster.port, "/server_info"),
        ),
        Part(
            "dagster-daemon",
            needs=("dagster-storage",),
            command=(*python, "dagster._daemon", "run", *workspace),
            probe=answers_query(
                lambda: settings.database_url("dagster"),
                "select max(timestamp) > (now() at time zone 'utc') - interval '2 minutes' from daemon_heartbeats",
            ),
        ),
        Part(
            "services",
            needs=("feature-registry",),  # without MLflow they begin with the version that served last
            command=(*python, "serving.host"),
            address=" ".join(service.url for service in services),
            ports=tuple(service.port for service in services),
            probe=all_of(*(answers_http(service.host, service.port, "/readyz") for service in services)),
        ),
        Part(
            "relay",
            needs=("shop-schema",),
            command=(*python, "cli.main", "relay"),
            # It has no address; the supervisor names each part's connections after the part.
            probe=answers_query(
                settings.database_url, "select exists (select from pg_stat_activity where application_name = 'relay')"
            ),
        ),
        Part(
            "storefront",
            needs=("shop-schema",),
            command=(
                *(*python, "uvicorn", "storefront_api.main:served_app", "--factory", "--workers", "1"),
                *("--host", storefront.host, "--port", str(storefront.port)),
                *UVICORN_OPTIONS,
                *("--timeout-graceful-shutdown", "5"),
            ),
            address=f"http://{storefront.host}:{storefront.port}",
            ports=(storefront.port,),
            probe=answers_http(storefront.host, storefront.port, "/livez"),
        ),
    ]


def with_needs(parts: Collection[Part], names: Collection[str]) -> list[Part]:
    """Those of `parts` that are named, and all that they need."""
    by_name = {part.name: part for part in parts}
    wanted: set[str] = set()
    queue = [name for name in names if name in by_name]
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue.extend(by_name[name].needs)
    return [part for part in parts if part.name in wanted]


def _postgres(server: EmbeddedPostgres) -> Part:
    return Part(
        POSTGRES,
        command=server.command,
        address=f"postgresql://127.0.0.1:{server.port}",
        probe=answers_query(lambda: server.url("postgres")),
        prepare=server.prepare_again,
        cwd=Path("/"),
        run_as=server.run_as,
        stop_signal=signal.SIGINT,
        grace=30.0,
    )
