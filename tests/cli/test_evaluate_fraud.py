"""`marketplace evaluate fraud` from outside: the form of its answer on each split, and one line for what cannot be used."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

METRICS = {
    "average_precision",
    "roc_auc",
    "card_precision_at_100",
    "recall_at_1pct_fpr",
    "brier_skill",
    "calibration_slope",
    "top_tenth_estimated_over_realised",
}
COLUMNS = ("--time", "at", "--customer", "card", "--amount", "amount", "--label", "fraud", "--terminal", "shop")
WEEKLY = ("--split", "weekly", "--test-start", "2024-02-05", "--weeks", "2", "--train-days", "20", "--label-delay-days", "3")


def marketplace(*words: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", "fraud", *words])


def rows(*, customers: range = range(60), days: int = 50) -> list[str]:
    """A shop that is defrauded for weeks, and amounts far above the usual."""
    rng = random.Random(5)
    made = []
    for day in range(days):
        for card in customers:
            at = datetime(2024, 1, 1) + timedelta(days=day, seconds=rng.randrange(86_400))
            shop, is_high = rng.randrange(20), rng.random() < 0.02
            is_fraud = is_high or (shop == 3 and 10 <= day < 45)
            made.append(
                f"{at:%Y-%m-%d %H:%M:%S},c{card},s{shop},{rng.uniform(5, 30) * (8 if is_high else 1):.2f},{int(is_fraud)}"
            )
    return made


def write(path: Path, lines: list[str]) -> str:
    path.write_text("at,card,shop,amount,fraud\n" + "\n".join(lines) + "\n")
    return str(path)


def answer(*words: str) -> dict[str, Any]:
    done = marketplace(*words, "--json")
    assert done.exit_code == 0, done.stderr
    assert "reading" in done.stderr
    held: dict[str, Any] = json.loads(done.stdout)
    assert (list(held), held["task"]) == (["task", "data", "models"], "fraud")
    assert [model["name"] for model in held["models"] if model["served"]] == ["lightgbm_with_anomaly_score"]
    for model in held["models"]:
        assert set(model) == {"name", "served", "metrics", "train_cpu_s", "peak_mb"}
        assert set(model["metrics"]) == METRICS
    return held


def figure(held: dict[str, Any], model: str, metric: str = "average_precision") -> float:
    return float(next(row["metrics"][metric]["value"] for row in held["models"] if row["name"] == model))


@pytest.fixture(scope="module")
def weekly(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("cards") / "cards.csv"
    lines = [
        *rows(),
        "not a time,c1,s1,5,0",
        "2024-01-02 10:00:00,,s1,5,0",
        "2024-01-02 10:00:00,c1,s1,-5,0",
        "2024-01-02,c1,s1,5,?",
    ]
    return answer("--transactions", write(path, lines), *COLUMNS, *WEEKLY)


def test_weeks_find_the_shop_and_the_amounts(weekly: dict[str, Any]) -> None:
    assert figure(weekly, "lightgbm_with_anomaly_score") > 0.8
    assert figure(weekly, "lightgbm_with_anomaly_score") > figure(weekly, "amount_only") + 0.1
    assert set(weekly["data"]["parts"]) == {"2024-02-05", "2024-02-12"}
    assert set(weekly["data"]["parts"]["2024-02-05"]["random_forest"]) == METRICS
    for gains in ("served_minus_others", "served_minus_others_in_roc_auc", "served_minus_others_in_recall_at_1pct_fpr"):
        assert set(weekly["data"][gains]) >= {"random_forest", "logistic_regression", "isolation_forest"}


def test_each_week_tells_what_was_estimated_before_labels_beside_what_they_realised(weekly: dict[str, Any]) -> None:
    told = weekly["data"]["estimates"]
    assert set(told) == {model["name"] for model in weekly["models"]}
    served = told["lightgbm_with_anomaly_score"]
    errors = []
    for week, figures in served["windows"].items():
        part = weekly["data"]["parts"][week]["lightgbm_with_anomaly_score"]
        assert figures["average_precision"]["realised"] == pytest.approx(part["average_precision"]["value"])
        assert 0 < figures["alert_precision_at_100"]["realised"] < 1
        errors.append(abs(figures["average_precision"]["estimated"] - figures["average_precision"]["realised"]))
    assert served["mean"]["average_precision"]["error"] == pytest.approx(sum(errors) / len(errors))


def test_bad_rows_are_counted_by_reason(weekly: dict[str, Any]) -> None:
    assert (weekly["data"]["rows"], weekly["data"]["rejected"]) == (3004, 4)
    assert weekly["data"]["rejected_by_reason"] == {
        "time (at) is no time that can be read": 1,
        "customer (card) is empty": 1,
        "amount (amount) is below 0": 1,
        "label (fraud) is neither 0 nor 1": 1,
    }


def test_row_order_changes_no_figure(weekly: dict[str, Any], tmp_path: Path) -> None:
    lines = rows()
    random.Random(1).shuffle(lines)
    parts = (write(tmp_path / "one.csv", lines[:1000]), write(tmp_path / "two.csv", lines[1000:]))
    again = answer("--transactions", parts[0], "--transactions", parts[1], *COLUMNS, *WEEKLY)
    assert [model["metrics"] for model in again["models"]] == [model["metrics"] for model in weekly["models"]]


def test_other_customers_and_the_last_part(tmp_path: Path) -> None:
    learnt, judged = write(tmp_path / "learnt.csv", rows()), write(tmp_path / "judged.csv", rows(customers=range(50, 80)))
    held = answer("--transactions", learnt, "--test", judged, *COLUMNS, "--split", "customers")
    assert held["data"]["train_rows_of_test_customers"] == 10 * 50
    assert held["data"]["windows"]["test file"]["test_rows"] == 30 * 50
    late = answer("--transactions", learnt, *COLUMNS, "--split", "time", "--test-share", "0.3")
    assert late["data"]["windows"]["test"]["test_rows"] == 900


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--split", "weekly"), "--split weekly needs --test-start and --weeks and --train-days"),
        (("--split", "time", "--test-share", "1.5"), "the test share is 1.5"),
        (("--split", "time", "--test-share", "0.3", "--weeks", "2"), "--split time has no use for --weeks"),
        (("--split", "time", "--test-share", "0.3", "--device", "phone"), "lacks the column 'phone' (device); it has at, card"),
        ((*WEEKLY, "--test-start", "2030-01-01"), "the table runs from 2024-01-01 to 2024-01-08"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_2(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    path = write(tmp_path / "cards.csv", rows(days=8, customers=range(9)))
    done = marketplace("--transactions", path, *COLUMNS, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    (error,) = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert said in error
