"""The addresses and secrets of this run, and the environment that every part gets.

`runtime.env` is what lets any command find the running marketplace: `load_settings` reads it. It is made anew by each
start, keeps the secret key that the first start generated, and only its owner may read it.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from marketplace.errors import ServiceStartError
from marketplace.local.ports import free_port, is_free
from marketplace.settings import PROJECT_ROOT, Settings

DATABASE_VARIABLE = "MARKETPLACE_DATABASE__URL"
SECRET_VARIABLE = "MARKETPLACE_STOREFRONT__SECRET_KEY"

# Threads are pinned before numpy loads; no library phones home; no trace is sent anywhere.
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DAGSTER_EVENT_BATCH_SIZE": "1000",  # a range of partitions is one insert, not one per day
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_VERSION_CHECK": "false",
    "DO_NOT_TRACK": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "BENTOML_DO_NOT_TRACK": "True",
    "RAY_USAGE_STATS_ENABLED": "0",
    "FEAST_USAGE": "False",
    "OTEL_SDK_DISABLED": "true",
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    "GIT_PYTHON_REFRESH": "quiet",
}


def listeners(settings: Settings) -> Iterator[tuple[str, str, str, int]]:
    """Every address that we open besides the database's: what for, its variable, host, wanted port."""
    yield "the storefront", "MARKETPLACE_STOREFRONT__PORT", settings.storefront.host, settings.storefront.port
    yield "Dagster", "MARKETPLACE_DAGSTER__PORT", settings.dagster.host, settings.dagster.port
    yield "Dagster's code server", "MARKETPLACE_DAGSTER__CODE_PORT", settings.dagster.host, settings.dagster.code_port
    yield "MLflow", "MARKETPLACE_MLFLOW__PORT", settings.mlflow.host, settings.mlflow.port
    for name, service in settings.services.by_name().items():
        yield f"the {name} service", f"MARKETPLACE_SERVICES__{name.upper()}__PORT", service.host, service.port


def explicit_variables() -> dict[str, str]:
    """What a person set, in the environment or in `.env`, as opposed to what an earlier run wrote down."""
    from dotenv import dotenv_values

    from_file = {name.upper(): value for name, value in dotenv_values(PROJECT_ROOT / ".env").items() if value}
    return from_file | {name.upper(): value for name, value in os.environ.items() if value}


def has_external_database() -> bool:
    """Whether a person named a database server, so that none is started."""
    return DATABASE_VARIABLE in explicit_variables()


def choose_ports(settings: Settings) -> dict[str, str]:
    """Variable and port of every listener: the wanted port, or the next free one unless a person insists.

    Raises:
        ServiceStartError: a port that was set on purpose is taken.
    """
    chosen: dict[str, str] = {}
    taken: set[int] = set()
    explicit = explicit_variables()
    for what, variable, host, wanted in listeners(settings):
        if variable in explicit and (wanted in taken or not is_free(wanted, host)):
            raise ServiceStartError(f"port {wanted}, set for {what} by {variable}, is taken; free it or set another")
        port = free_port(wanted, taken=frozenset(taken), host=host)
        taken.add(port)
        chosen[variable] = str(port)
    return chosen


def write_runtime_file(settings: Settings, variables: Mapping[str, str]) -> None:
    """Write `runtime.env`: `variables`, and a secret key that stays the same from run to run."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    key = _kept_secret(settings.runtime_file) or secrets.token_urlsafe(48)
    lines = [f"{name}={_quoted(value)}" for name, value in ({SECRET_VARIABLE: key} | dict(variables)).items()]
    fresh = settings.runtime_file.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("# Written by `marketplace up`: the addresses and secrets of this run. Only its owner may read it.\n")
        file.write("\n".join(lines) + "\n")
    fresh.replace(settings.runtime_file)


def part_environment(settings: Settings) -> dict[str, str]:
    """The environment of every part and of every command that imports our packages.

    The settings as variables, `PG*` for dbt, Feast and psql, the places of Dagster, MLflow and Bento, threads pinned,
    telemetry off. Bytecode may be written: without it every process compiles hundreds of packages again.
    """
    own = {
        "MARKETPLACE_PROFILE": settings.profile,
        "MARKETPLACE_STATE_DIR": str(settings.state_dir),
        DATABASE_VARIABLE: settings.database_url(),
        SECRET_VARIABLE: settings.storefront.secret_key.get_secret_value(),
        **{variable: str(port) for _, variable, _, port in listeners(settings)},
        **settings.libpq_environment(),
        "DAGSTER_HOME": str(settings.state_dir / "dagster"),
        "DAGSTER_POSTGRES_URL": settings.database_url("dagster"),
        "MLFLOW_TRACKING_URI": settings.mlflow.url,
        "BENTOML_HOME": str(settings.state_dir / "bentoml"),
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | QUIET | own | _no_proxy()


def _no_proxy() -> dict[str, str]:
    """Parts reach each other directly even where the way out is a proxy."""
    known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    value = ",".join(filter(None, [known, "127.0.0.1", "localhost"]))
    return {"NO_PROXY": value, "no_proxy": value}


def _kept_secret(runtime_file: Path) -> str | None:
    from dotenv import dotenv_values

    return dotenv_values(runtime_file).get(SECRET_VARIABLE) if runtime_file.exists() else None


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
