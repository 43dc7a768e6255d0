"""How well the fraud model does at checkout, from decisions and labels to alerts that lead to the estimates of those weeks."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from structlog.testing import capture_logs

from marketplace.settings import Settings
from marketplace.vocabulary import Stream
from marketplace.warehouse import Warehouse
from models.monitoring.windows import WEEK
from pipelines.alerts import deliver_alerts
from pipelines.defs.monitoring.performance import measure_performance
from tests.pipelines.empty_monitoring import measure_nothing

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
WEEKS, A_WEEK = 14, 400
UNTIL = MONDAY + WEEKS * WEEK
MATURE = WEEKS - 3


@pytest.fixture
def warehouse(database_url: str) -> Warehouse:
    """Fourteen quiet weeks: a tenth of the attempts is an alert with its probability of .8, the others have .01."""
    opened = Warehouse(database_url)
    count = WEEKS * A_WEEK
    number = np.arange(count)
    at = [MONDAY + int(one) * WEEK / A_WEEK for one in number]
    is_high = number % 10 == 0
    is_fraud = np.where(is_high, number % 50 != 0, number % 100 == 1)
    ids = [f"pay-{one}" for one in number]
    decisions = pd.DataFrame(
        {
            "fraud_decision_id": [f"dec-{one}" for one in number],
            "payment_attempt_id": ids,
            "decision": np.where(is_high, "review", "approve"),
            "probability": np.where(is_high, 0.8, 0.01),
            "score": np.where(is_high, 80, 20),
            "decided_at": at,
        }
    )
    same = {"model_name": "fraud", "model_version": "3", "rules_version": "1", "reasons": "[]", "is_fallback": False}
    stamped = {"latency_ms": 5.0, "source": "storefront", "created_at": UNTIL, "updated_at": UNTIL}
    opened.write(decisions.assign(**same, **stamped), "raw_shop", "fraud_decisions")
    with opened.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_payment_attempts (payment_attempt_id text, outcome text, attempted_at timestamptz)"
        )
        connection.execute(
            "create table marts.fct_fraud_labels (payment_attempt_id text, is_fraud boolean, labelled_at timestamptz)"
        )
    # Of the honest at low risk nobody says anything; every tenth of them was refused, and nobody will ever say.
    attempts = pd.DataFrame({"payment_attempt_id": ids, "attempted_at": at})
    attempts["outcome"] = np.where(~is_fraud & ~is_high & (number % 10 == 2), "declined", "authorised")
    opened.write(attempts, "marts", "fct_payment_attempts")
    labels = pd.DataFrame({"payment_attempt_id": ids, "is_fraud": is_fraud, "labelled_at": [one + WEEK / 7 for one in at]})
    opened.write(labels[is_high | is_fraud], "marts", "fct_fraud_labels")
    return opened


def change(warehouse: Warehouse, statement: str, week: int) -> None:
    """Run a statement about `{hit}`, the alerts of one week."""
    inside = range(week * A_WEEK, (week + 1) * A_WEEK, 10)
    with psycopg.connect(warehouse.database_url) as connection:
        connection.execute(statement.format(hit=", ".join(f"'pay-{one}'" for one in inside)).encode())


def alerts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    query = "select stream, feature, measure, level, model_version, window_start, also, action from monitoring.alerts"
    with psycopg.connect(warehouse.database_url) as connection:
        return connection.execute(query).fetchall()


def test_quiet_weeks_are_measured_by_their_labels_and_alarm_nobody(warehouse: Warehouse) -> None:
    realised = measure_performance(warehouse, Stream.REALISED, until=UNTIL)
    estimates = measure_performance(warehouse, Stream.ESTIMATES, until=UNTIL)
    assert (realised.windows, realised.alerts, estimates.windows, estimates.alerts) == (MATURE, [], WEEKS, [])
    drift = warehouse.read(
        "select stream, feature, row_count, details ->> 'estimated' as estimated, details ->> 'realised' as realised"
        f" from monitoring.drift where window_start = '{MONDAY + (MATURE - 1) * WEEK}' and status = 'judged'"
    ).set_index(["stream", "feature"])
    precision = drift.loc[("realised", "precision")]
    assert (float(precision["estimated"]), float(precision["realised"])) == (pytest.approx(0.8, abs=0.01), 0.8)
    assert precision["row_count"] == A_WEEK - 40  # refused ones that nobody looked at are in neither
    assert drift.loc[("estimates", "precision")]["row_count"] == precision["row_count"]
    assert set(drift.loc["realised"].index) == {"average_precision", "precision", "recall", "frauds"}


def test_alerts_that_turn_out_honest_say_so_and_lead_to_the_estimates(warehouse: Warehouse) -> None:
    change(warehouse, "update marts.fct_fraud_labels set is_fraud = false where payment_attempt_id in ({hit})", MATURE - 1)
    measure_performance(warehouse, Stream.REALISED, until=UNTIL)
    ((*what, also, action),) = alerts(warehouse)
    assert what == ["realised", "recall", "below_estimate", "strong", "3", MONDAY + (MATURE - 1) * WEEK]
    assert set(also) <= {"average_precision", "precision", "frauds"}
    assert "the score is no longer calibrated or fraud has changed" in action
    settings = Settings(database={"url": warehouse.database_url})  # type: ignore[arg-type]
    with capture_logs() as logs:
        assert deliver_alerts(settings).sent == 1
    (told,) = [entry for entry in logs if "page" in entry]
    first, last = (f"{UNTIL - timedelta(days=days):%Y-%m-%d}" for days in (13 * 7, 22))
    assert told["page"].endswith(f"/fraud/estimates?from={first}&to={last}")
    assert told["text"].startswith("fraud version 3: realised recall (and ")


def test_late_labels_that_name_another_figure_or_week_go_on_with_the_same_alert(warehouse: Warehouse) -> None:
    settings = Settings(database={"url": warehouse.database_url})  # type: ignore[arg-type]
    change(warehouse, "update marts.fct_fraud_labels set is_fraud = false where payment_attempt_id in ({hit})", MATURE - 1)
    measure_performance(warehouse, Stream.REALISED, until=UNTIL)
    named = "select alert_id, raised_at, feature, window_start, effect, resolved_at is null as is_open from monitoring.alerts"
    (first,) = warehouse.read(named).to_dict("records")
    with capture_logs() as logs:
        assert deliver_alerts(settings).sent == 1
    # The alerts were frauds after all, and so were many that looked harmless, in that week and the one before.
    for week in (MATURE - 2, MATURE - 1):
        change(warehouse, "update marts.fct_fraud_labels set is_fraud = true where payment_attempt_id in ({hit})", week)
        late = "insert into marts.fct_fraud_labels select 'pay-' || {first} + one * 10 + other, true, '{at}'"
        late += " from generate_series(0, 39) as one, generate_series(3, 6) as other"
        at = (MONDAY + week * WEEK).isoformat()
        change(warehouse, late.format(first=week * A_WEEK, at=at), week)
    measure_performance(warehouse, Stream.REALISED, until=UNTIL)

    (second,) = warehouse.read(named).to_dict("records")
    assert (first["feature"], first["window_start"]) == ("recall", MONDAY + (MATURE - 1) * WEEK)
    assert (second["feature"], second["window_start"]) == ("frauds", MONDAY + (MATURE - 2) * WEEK)
    assert {name: second[name] for name in ("alert_id", "raised_at", "is_open")} == {
        name: first[name] for name in ("alert_id", "raised_at", "is_open")
    }
    with capture_logs() as more:
        assert deliver_alerts(settings).sent == 0
    assert [entry["id"] for entry in logs + more if "page" in entry] == [first["alert_id"]]


def test_an_unsure_score_is_told_before_any_label(warehouse: Warehouse) -> None:
    weeks = "update raw_shop.fraud_decisions set probability = 0.4, model_version = '4' where payment_attempt_id in ({hit})"
    change(warehouse, weeks, WEEKS - 1)
    measure_performance(warehouse, Stream.ESTIMATES, until=UNTIL)
    ((*what, _, action),) = alerts(warehouse)
    assert what[:4] == ["estimates", "precision", "below_reference", "strong"]
    said = r"By the fraud model's own probabilities precision is (39|40)\.\d%, where mature weeks had (79|80)\.\d%"
    assert re.match(said, action)
    assert "Mean probability by version: version 3 0.01 in" in action


def test_a_shop_without_decisions_says_so_and_alarms_nobody(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_DATABASE__URL", database_url)
    nothing = "no attempt was decided at checkout yet"
    said, passed = measure_nothing(database_url, "fraud_estimates", "fraud_realised")
    assert said == {"fraud_estimates": nothing, "fraud_realised": nothing}
    assert len(passed) == 2
