"""The file that lets commands find the running marketplace, and what its parts are told."""

import socket
import stat
from pathlib import Path

import pytest

from marketplace.errors import ServiceStartError
from marketplace.local.environment import DATABASE_VARIABLE, choose_ports, part_environment, write_runtime_file
from marketplace.local.ports import is_free
from marketplace.settings import load_settings

URL = "postgresql://market:p%27w@127.0.0.1:5/marketplace"
PORT = "MARKETPLACE_STOREFRONT__PORT"


@pytest.fixture
def busy_port() -> object:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_runtime_file_is_read_by_settings_and_by_nobody_else(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PORT)
    write_runtime_file(load_settings(), {DATABASE_VARIABLE: URL, PORT: "23999"})
    settings = load_settings()
    assert settings.database_url() == URL
    assert settings.storefront.port == 23999
    assert stat.S_IMODE(settings.runtime_file.stat().st_mode) == 0o600


def test_secret_key_is_generated_once(state_dir: Path) -> None:
    write_runtime_file(load_settings(), {})
    first = load_settings().storefront.secret_key.get_secret_value()
    write_runtime_file(load_settings(), {})
    assert load_settings().storefront.secret_key.get_secret_value() == first
    assert len(first) >= 48


def test_an_empty_variable_means_not_set(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_runtime_file(load_settings(), {DATABASE_VARIABLE: URL})
    monkeypatch.setenv(DATABASE_VARIABLE, "")
    assert load_settings().database_url() == URL


def test_a_taken_port_moves_unless_a_person_set_it(state_dir: Path, monkeypatch: pytest.MonkeyPatch, busy_port: int) -> None:
    monkeypatch.setenv(PORT, str(busy_port))
    with pytest.raises(ServiceStartError, match=PORT):
        choose_ports(load_settings())
    monkeypatch.delenv(PORT)
    write_runtime_file(load_settings(), {PORT: str(busy_port)})  # an earlier run had it
    chosen = int(choose_ports(load_settings())[PORT])
    assert chosen != busy_port
    assert is_free(chosen)


def test_ports_of_one_start_differ(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MARKETPLACE_MLFLOW__PORT", "MARKETPLACE_DAGSTER__PORT", PORT):
        monkeypatch.delenv(variable)
    write_runtime_file(
        load_settings(), {"MARKETPLACE_MLFLOW__PORT": "23500", "MARKETPLACE_DAGSTER__PORT": "23500", PORT: "23500"}
    )
    chosen = choose_ports(load_settings()).values()
    assert len(set(chosen)) == len(chosen)


def test_parts_are_told_where_things_are_and_to_keep_quiet(state_dir: Path) -> None:
    write_runtime_file(load_settings(), {DATABASE_VARIABLE: URL})
    told = part_environment(load_settings())
    assert (told["PGPASSWORD"], told["PGDATABASE"], told["PGPORT"]) == ("p'w", "marketplace", "5")
    assert told["MLFLOW_TRACKING_URI"] == load_settings().mlflow.url
    assert told["DAGSTER_POSTGRES_URL"].endswith("/dagster")
    assert told["DAGSTER_HOME"] == str(state_dir / "dagster")
    for variable in ("MLFLOW_DISABLE_TELEMETRY", "DAGSTER_DISABLE_TELEMETRY", "BENTOML_DO_NOT_TRACK", "OTEL_SDK_DISABLED"):
        assert told[variable].lower() in ("1", "true")
    assert "127.0.0.1" in told["NO_PROXY"]
