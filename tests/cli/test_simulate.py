"""`marketplace simulate`: options that fit together, files of the size asked for."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.cli.test_main import marketplace


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--live", "5", "--out", "x"), "--out shapes files"),
        (("--live", "5", "--customers", "300", "--days", "20"), "--customers, --days shapes files"),
        (("--minutes", "3"), "--minutes belongs to --live N"),
        (("--rate", "60", "--json"), "--rate, --json belongs to --live N"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    options: tuple[str, ...], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path))
    done = CliRunner().invoke(app, ["simulate", *options])
    assert done.exit_code == 1
    assert why in done.stderr
    assert not list(tmp_path.iterdir())


def test_living_needs_a_running_marketplace(tmp_path: Path) -> None:
    done = marketplace("simulate", "--live", "3", state_dir=tmp_path)
    assert done.returncode == 3
    assert "no marketplace runs here; start it with `marketplace up`" in done.stderr


def test_files_have_the_sizes_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path))
    sizes = ("--customers", "60", "--days", "20", "--products", "200", "--sellers", "15", "--visits-per-day", "0.2")
    done = CliRunner().invoke(app, ["simulate", *sizes, "--until", "2026-11-01", "--out", str(tmp_path / "files")])
    assert done.exit_code == 0
    assert "200 products" in done.stdout
    said = json.loads((tmp_path / "files" / "simulation.json").read_text())
    assert (said["products"], said["sellers"], said["visits_per_day"], said["days"]) == (200, 15, 0.2, 20)
    assert said["until"] == "2026-11-01T00:00:00+00:00"
