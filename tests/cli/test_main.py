"""The command line: quick to help, one line for an error, exit statuses that a script can rely on."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

VERBS = ("demo", "up", "down", "status", "run", "reset", "doctor", "env")


def marketplace(*words: str, state_dir: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MARKETPLACE_")}
    environment["MARKETPLACE_STATE_DIR"] = str(state_dir)
    return subprocess.run([sys.executable, "-m", "cli.main", *words], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_an_example(verb: str, tmp_path: Path) -> None:
    done = marketplace(verb, "--help", state_dir=tmp_path)
    assert done.returncode == 0
    assert "Example:" in done.stdout


def test_help_costs_no_heavy_import(tmp_path: Path) -> None:
    program = "import sys, cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert not {"pandas", "numpy", "polars", "dagster", "mlflow", "psycopg", "feast", "httpx"} & set(done.stdout.split())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert marketplace("--help", state_dir=tmp_path).returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0  # 0.4 s on a quiet machine


def test_status_of_nothing_is_3_and_says_what_to_do(tmp_path: Path) -> None:
    done = marketplace("status", state_dir=tmp_path)
    assert done.returncode == 3
    assert "marketplace up" in done.stdout
    as_json = marketplace("status", "--json", state_dir=tmp_path)
    assert as_json.returncode == 3
    assert json.loads(as_json.stdout) == {"running": False, "healthy": False, "parts": []}


def test_down_of_nothing_succeeds(tmp_path: Path) -> None:
    assert marketplace("down", state_dir=tmp_path).returncode == 0


def test_an_unknown_word_is_2(tmp_path: Path) -> None:
    assert marketplace("status", "--nonsense", state_dir=tmp_path).returncode == 2


def test_an_error_of_ours_is_one_line_and_1(tmp_path: Path) -> None:
    done = marketplace("env", state_dir=tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("marketplace: no database")


def test_reset_asks_first(tmp_path: Path) -> None:
    done = marketplace("reset", state_dir=tmp_path)
    assert done.returncode == 1
    assert "Go on?" in done.stdout
    assert not (tmp_path / "postgres").exists()


def test_doctor_examines_this_machine(tmp_path: Path) -> None:
    done = marketplace("doctor", state_dir=tmp_path)
    assert done.returncode == 0, done.stdout
    for subject in ("Python", "disk", "memory", "ports", "libgomp", "Chromium", "Postgres"):
        assert subject in done.stdout
