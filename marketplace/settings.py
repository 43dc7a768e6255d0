"""Where every part of the marketplace finds the others, from `MARKETPLACE_*` variables.

Three places are read, the first wins: the process's own environment, `.env` in the project, and the file that
`marketplace up` writes into the state folder with the addresses and secrets of this run. So every command, Feast's and
dbt's own included, finds the running marketplace without being told. Read settings once at the edge and pass them down.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit, urlunsplit

from dotenv import dotenv_values
from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from marketplace.errors import SettingsError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
RUNTIME_FILE = "runtime.env"
DATABASES = ("marketplace", "mlflow", "dagster")
_UNSAFE_SECRET = "local-only-secret-change-me-0123456789"


class DatabaseSettings(BaseModel):
    """One Postgres server with three databases; empty means that none was set and none runs."""

    url: SecretStr = SecretStr("")  # postgresql://user:password@host:port/marketplace
    mlflow_url: SecretStr | None = None
    dagster_url: SecretStr | None = None
    pool_size: int = 10


class StorefrontSettings(BaseModel):
    """The API and its pages; `secret_key` signs log-ins and keys the hashes of devices and cards."""

    host: str = "127.0.0.1"
    port: int = 8000
    secret_key: SecretStr = SecretStr(_UNSAFE_SECRET)
    access_token_lifetime: timedelta = timedelta(minutes=15)
    refresh_token_lifetime: timedelta = timedelta(days=30)
    requests_per_minute_per_user: int = 100
    requests_per_minute_per_address: int = 1000
    trusted_proxies: int = Field(default=0, ge=0, description="Proxies before us whose X-Forwarded-For counts.")
    session_idle: timedelta = timedelta(hours=24)
    # By currency; one parcel for each seller of an order. Currencies that are not named ship free.
    shipping_minor_per_seller: dict[str, int] = {"BDT": 6000, "BRL": 1500}
    # Without the fraud service an order from this amount on is held for a person to look at, a smaller one is decided by
    # rules; 0 holds every order. Either is scored again later.
    unscored_order_limit_minor: dict[str, int] = {"BDT": 300_000, "BRL": 30_000}
    # The same where the service answers but its feature store does not: half blind it is trusted with more, not with all.
    degraded_order_limit_minor: dict[str, int] = {"BDT": 1_000_000, "BRL": 100_000}


class ServiceSettings(BaseModel):
    """A model service: its address, how long its client waits, how often it looks for a new champion."""

    host: str = "127.0.0.1"
    port: int
    timeout: timedelta

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


class ServicesSettings(BaseModel):
    """The four model services; the same addresses whether one process hosts them or four."""

    recommendation: ServiceSettings = ServiceSettings(port=3001, timeout=timedelta(milliseconds=250))
    fraud: ServiceSettings = ServiceSettings(port=3002, timeout=timedelta(milliseconds=250))
    tagging: ServiceSettings = ServiceSettings(port=3003, timeout=timedelta(milliseconds=300))
    seller_analytics: ServiceSettings = ServiceSettings(port=3004, timeout=timedelta(milliseconds=500))
    champion_poll: timedelta = timedelta(seconds=20)

    def by_name(self) -> dict[str, ServiceSettings]:
        """The four, under the name of their model."""
        return {name: value for name, value in self if isinstance(value, ServiceSettings)}


class WebSettings(BaseModel):
    """A user interface of a library that we host: MLflow, Dagster."""

    host: str = "127.0.0.1"
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


class DagsterSettings(WebSettings):
    """Dagster's pages, and the code server behind them that only Dagster talks to."""

    code_port: int = 3010


class AlertSettings(BaseModel):
    """Where alerts go besides the log; what is empty is switched off."""

    webhook_url: SecretStr | None = Field(default=None, description="Receives each alert as JSON by POST; may hold a token.")
    email_to: str = Field(default="", description="Addresses, separated by commas.")
    email_from: str = "marketplace@localhost"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_starttls: bool = False
    timeout: timedelta = timedelta(seconds=5)
    # Moderate drift is for the log and the ops page; nobody is woken for it unless this says so.
    page_from: Literal["moderate", "strong"] = "strong"

    @property
    def recipients(self) -> tuple[str, ...]:
        return tuple(address for part in self.email_to.split(",") if (address := part.strip()))


class SnapshotSettings(BaseModel):
    """How many versions of a model keep the rows that they were trained on; champion and challenger always do."""

    keep_versions: int = Field(default=10, ge=1, description="The newest.")
    keep_champions: int = Field(default=5, ge=1, description="Those that served last, which a rollback returns to first.")


class Settings(BaseSettings):
    """Everything that may differ between two installations."""

    model_config = SettingsConfigDict(
        env_prefix="MARKETPLACE_",
        env_nested_delimiter="__",
        env_ignore_empty=True,  # `MARKETPLACE_DATABASE__URL=` in a copied .env means "not set"
        extra="ignore",
        nested_model_default_partial_update=True,
    )

    profile: Literal["local", "production"] = "local"
    state_dir: Path = PROJECT_ROOT / ".marketplace"
    database: DatabaseSettings = DatabaseSettings()
    storefront: StorefrontSettings = StorefrontSettings()
    services: ServicesSettings = ServicesSettings()
    mlflow: WebSettings = WebSettings(port=5000)
    dagster: DagsterSettings = DagsterSettings(port=3000)
    alerts: AlertSettings = AlertSettings()
    snapshots: SnapshotSettings = SnapshotSettings()
    demo_password: SecretStr = SecretStr("customise-you")
    data: Path | None = Field(default=None, description="Folder with public data sets, for tests and benchmarks.")

    def database_url(self, name: Literal["marketplace", "mlflow", "dagster"] = "marketplace") -> str:
        """The `postgresql://` URL of one of the three databases.

        Raises:
            SettingsError: no database was set and none is running.
        """
        url = self.database.url.get_secret_value()
        if not url:
            raise SettingsError(
                "no database: MARKETPLACE_DATABASE__URL is empty and no marketplace runs here; "
                "start one with `marketplace up` or set the URL"
            )
        chosen = {"mlflow": self.database.mlflow_url, "dagster": self.database.dagster_url}.get(name)
        if chosen is not None:
            return chosen.get_secret_value()
        return url if name == "marketplace" else urlunsplit(urlsplit(url)._replace(path=f"/{name}"))

    def sqlalchemy_url(self, name: Literal["marketplace", "mlflow", "dagster"] = "marketplace") -> str:
        """The same address with psycopg 3 spelled out, as SQLAlchemy wants it."""
        return self.database_url(name).replace("postgresql://", "postgresql+psycopg://", 1)

    def libpq_environment(self) -> dict[str, str]:
        """`PGHOST` and its siblings for the operational database: what dbt, Feast and psql read."""
        parts = urlsplit(self.database_url())
        return {
            "PGHOST": parts.hostname or "",
            "PGPORT": str(parts.port or 5432),
            "PGUSER": unquote(parts.username or ""),
            "PGPASSWORD": unquote(parts.password or ""),
            "PGDATABASE": parts.path.lstrip("/"),
        }

    @property
    def runtime_file(self) -> Path:
        return self.state_dir / RUNTIME_FILE

    def refuse_unsafe_production(self) -> None:
        """Raise `SettingsError` when a demo secret would serve real customers."""
        if self.profile == "local":
            return
        unsafe = []
        if self.storefront.secret_key.get_secret_value() == _UNSAFE_SECRET:
            unsafe.append("MARKETPLACE_STOREFRONT__SECRET_KEY")
        if self.demo_password.get_secret_value() == type(self).model_fields["demo_password"].default.get_secret_value():
            unsafe.append("MARKETPLACE_DEMO_PASSWORD")
        if unsafe:
            raise SettingsError(
                f"profile is {self.profile!r} but {' and '.join(unsafe)} still hold the demo's value; set your own"
            )


def load_settings() -> Settings:
    """The settings of this process, read afresh: environment, then `.env`, then the running marketplace's file."""
    own_file = PROJECT_ROOT / ".env"
    named = os.environ.get("MARKETPLACE_STATE_DIR") or dotenv_values(own_file).get("MARKETPLACE_STATE_DIR")
    state_dir = Path(named).expanduser().absolute() if named else PROJECT_ROOT / ".marketplace"
    return Settings(_env_file=(state_dir / RUNTIME_FILE, own_file), state_dir=state_dir)  # type: ignore[call-arg]
