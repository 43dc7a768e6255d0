"""Parts for the time of one command, and the refusal of a second supervisor."""

from pathlib import Path

import psycopg
import pytest

from marketplace.errors import ConflictError, NotRunningError, ServiceStartError
from marketplace.local.control import require_running, running_parts, running_state, start_detached, stop
from marketplace.local.databases import empty, masked
from marketplace.local.processes import marked
from marketplace.settings import load_settings


def quiet(line: str) -> None:
    """Nobody listens."""


def test_a_command_gets_its_database_for_its_own_time(state_dir: Path) -> None:
    lines: list[str] = []
    with running_parts(load_settings(), {"postgres"}, report=lines.append) as settings:
        with psycopg.connect(settings.database_url()) as connection:
            assert connection.execute("select count(*) from shop.users").fetchone() == (0,)  # migrated, empty
        with running_parts(load_settings(), {"postgres"}, report=lines.append) as inner:  # now it runs: nothing is started
            assert inner.database_url() == settings.database_url()
        with pytest.raises(ConflictError, match="without mlflow"), running_parts(load_settings(), {"mlflow"}, report=quiet):
            pass
        with pytest.raises(ConflictError, match="marketplace status"):
            start_detached(load_settings(), report=quiet)
        empty(settings)
        with psycopg.connect(settings.database_url()) as connection:
            assert connection.execute("select to_regclass('shop.users')").fetchone() == (None,)
    assert running_state(load_settings()) is None
    assert marked(state_dir, ["postgres", "databases", "shop-schema"]) == []
    assert len([line for line in lines if "starting" in line]) == 1


def test_without_a_marketplace_there_is_nothing_to_stop_or_to_ask(state_dir: Path) -> None:
    assert stop(load_settings(), report=quiet) is False
    with pytest.raises(NotRunningError, match="marketplace up"):
        require_running(load_settings(), "this")


def test_an_unreachable_database_of_ones_own_ends_the_start(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_DATABASE__URL", "postgresql://someone:secret@127.0.0.1:1/marketplace")
    lines: list[str] = []
    with pytest.raises(ServiceStartError):
        start_detached(load_settings(), report=lines.append, only=["databases"], dies_with_us=True)
    assert any("does not answer" in line for line in lines)
    assert not any("secret" in line for line in lines)
    assert not (state_dir / "postgres").exists()


def test_passwords_are_masked_and_the_rest_is_kept() -> None:
    assert masked("postgresql://a:b@host:5432/shop") == "postgresql://a:***@host:5432/shop"
    assert masked("postgresql:///shop") == "postgresql:///shop"
