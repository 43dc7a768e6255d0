"""`marketplace evaluate` from outside: the form of its answer, its exit statuses, one line for a table that cannot be used."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

CLICKS = "session_id,product_id,position\n" + "".join(f"{n},a,1\n{n},{'bc'[n % 2]},2\n" for n in range(12))


def marketplace(*words: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *words])


@pytest.fixture
def clicks(tmp_path: Path) -> Path:
    path = tmp_path / "clicks.csv"
    path.write_text(CLICKS + ",a,1\nbroken\n")
    return path


def assert_form(answer: dict[str, Any], task: str, metrics: set[str]) -> None:
    assert list(answer) == ["task", "data", "models"]
    assert answer["task"] == task
    assert {"rows", "rejected"} <= set(answer["data"])
    assert sum(model["served"] for model in answer["models"]) == 1
    for model in answer["models"]:
        assert set(model) == {"name", "served", "metrics", "train_cpu_s", "peak_mb"}
        assert metrics <= set(model["metrics"])
        for metric in model["metrics"].values():
            assert set(metric) == {"value", "low", "high"}
            assert metric["low"] is None or metric["low"] <= metric["value"] <= metric["high"]


def test_sessions_as_json_with_progress_elsewhere(clicks: Path) -> None:
    done = marketplace("sessions", "--train", str(clicks), "--test-share", "0.5", "--json")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert_form(answer, "sessions", {"hit_rate_at_20", "mrr_at_20", "hit_rate_at_10", "ndcg_at_10"})
    assert (answer["data"]["rows"], answer["data"]["rejected"]) == (26, 2)
    assert "reading" in done.stderr


def test_recommendation_as_json(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = [f"c{n % 9},p{n * n % 7},2026-01-{n % 28 + 1:02}" for n in range(120)]
    path.write_text("who,what,at\n" + "\n".join(rows) + "\n")
    columns = ("--customer", "who", "--product", "what", "--time", "at")
    done = marketplace("recommendation", "--interactions", str(path), *columns, "--test-days", "7", "--json")
    assert done.exit_code == 0, done.stderr
    metrics = {"ndcg_at_10", "recall_at_10", "recall_at_20", "hit_rate_at_10", "coverage_at_10", "personalisation_at_10"}
    assert_form(json.loads(done.stdout), "recommendation", metrics)


def test_forecast_as_json_and_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    rows = [f"s{n % 3},2026-{1 + week // 4:02}-{1 + 7 * (week % 4):02},{n + week % 5}" for week in range(24) for n in range(6)]
    path.write_text("sku,at,units\n" + "\n".join(rows) + "\n")
    words = ["--sales", str(path), "--key", "sku", "--time", "at", "--value", "units", "--frequency", "week"]
    words += ["--horizon", "2", "--origins", "2"]
    done = marketplace("forecast", *words, "--json")
    assert done.exit_code == 0, done.stderr
    assert_form(json.loads(done.stdout), "forecast", {"wape", "mase", "bias", "interval_80_coverage", "stock_wape", "stock_bias"})
    table = marketplace("forecast", *words)
    assert table.exit_code == 0
    for word in ("two_forecasts *", "seasonal_naive", "wape", "train CPU s", "is what the platform serves"):
        assert word in table.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--train", "absent.csv", "--test-share", "0.5"), "absent.csv: no such file"),
        (
            ("--train", "{clicks}", "--test-share", "0.5", "--product", "sku"),
            "lacks the column 'sku' (product); it has session_id",
        ),
        (("--train", "{clicks}"), "either --test FILE or --test-share"),
        (("--train", "{clicks}", "--test-share", "0.5", "--position", "product_id"), "position (product_id) is no number"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line_and_2(clicks: Path, words: tuple[str, ...], said: str) -> None:
    done = marketplace("sessions", *(word.format(clicks=clicks) for word in words), "--json")
    assert done.exit_code == 2
    assert done.stdout == ""
    errors = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert len(errors) == 1
    assert said in errors[0]


@pytest.mark.parametrize("task", ["recommendation", "sessions", "forecast"])
def test_every_task_has_help_with_an_example(task: str) -> None:
    done = marketplace(task, "--help")
    assert done.exit_code == 0
    assert "Example:" in done.stdout


def test_an_unknown_frequency_is_2() -> None:
    words = ("--sales", "x", "--key", "k", "--time", "t", "--value", "v", "--horizon", "1", "--origins", "1")
    assert marketplace("forecast", *words, "--frequency", "month").exit_code == 2
