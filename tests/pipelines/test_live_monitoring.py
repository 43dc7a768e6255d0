"""Live decisions and shown shelves, from raw rows to alerts: rules alone, lists instead, lost clicks, and a quiet promotion."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest

from marketplace.warehouse import Warehouse
from models.monitoring.windows import WEEK
from pipelines.defs.monitoring.champion import Champion
from pipelines.defs.monitoring.live import watched_live
from pipelines.defs.monitoring.measuring import measure
from tests.pipelines.empty_monitoring import measure_nothing

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
WEEKS, A_WEEK, ON_A_SHELF = 12, 150, 4
UNTIL = MONDAY + WEEKS * WEEK
CHAMPION = Champion("4", UNTIL - timedelta(days=40), model=None)
DECISIONS, SHELVES = watched_live()


def instants() -> list[datetime]:
    return [MONDAY + number * WEEK / A_WEEK for number in range(WEEKS * A_WEEK)]


def stamped(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(source="storefront", created_at=UNTIL, updated_at=UNTIL)


@pytest.fixture
def warehouse(database_url: str) -> Warehouse:
    """Twelve quiet weeks; in the seventh version 4 takes over from version 3, which calibrated small risks otherwise."""
    opened, rng = Warehouse(database_url), np.random.default_rng(5)
    at = instants()
    count = len(at)
    is_new = np.arange(count) >= 6.5 * A_WEEK
    risk = rng.beta(0.5, 12, count) * np.where(is_new, 0.6, 1.0)
    decisions = {
        "fraud_decision_id": [f"dec-{number}" for number in range(count)],
        "payment_attempt_id": [f"pay-{number}" for number in range(count)],
        "decision": np.where(risk < 0.2, "approve", "review"),
        "probability": risk,
        "score": (risk * 100).astype(int),
        "model_version": np.where(is_new, "4", "3"),
        "decided_at": at,
    }
    same = {"model_name": "fraud", "rules_version": "1", "reasons": "[]", "is_fallback": False, "latency_ms": 5.0}
    opened.write(stamped(pd.DataFrame(decisions).assign(**same)), "raw_shop", "fraud_decisions")
    place = np.arange(count * ON_A_SHELF)
    shelf = place // ON_A_SHELF
    impressions = {
        "impression_id": [f"imp-{number}" for number in place],
        "request_id": [f"rec-{number}" for number in shelf],
        "product_id": [f"product-{number}" for number in place % ON_A_SHELF],
        "position": place % ON_A_SHELF + 1,
        "candidate_source": rng.choice(["collaborative", "content", "trending"], count)[shelf],
        "model_version": np.where(is_new, "9", "8")[shelf],
        "shown_at": [at[number] for number in shelf],
    }
    shown = {"shelf": "for_you", "model_name": "recommendation", "is_fallback": False}
    clicked = np.where(rng.random(count) < 0.3, rng.integers(0, ON_A_SHELF, count), -1)
    impressions["is_clicked"] = clicked[shelf] == place % ON_A_SHELF
    with opened.connect() as connection:
        connection.execute("create schema marts")
        texts = ("impression_id", "request_id", "product_id", "candidate_source", "model_name", "model_version", "shelf")
        columns = ", ".join(f"{name} text" for name in texts)
        columns += ", position int, is_fallback boolean, is_clicked boolean, shown_at timestamptz"
        connection.execute(f"create table marts.fct_impressions ({columns})".encode())
    opened.write(pd.DataFrame(impressions).assign(**shown), "marts", "fct_impressions")
    return opened


def change(warehouse: Warehouse, statement: str) -> None:
    """Run a statement about the newest week, `{newest}`, in a fifth of whose payments and shelves something went wrong."""
    with psycopg.connect(warehouse.database_url) as connection:
        connection.execute(statement.format(since=f"'{UNTIL - WEEK}'").encode())


def alerts(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    query = "select model_name, stream, feature, measure, model_version, level, action from monitoring.alerts order by 2, 3"
    with psycopg.connect(warehouse.database_url) as connection:
        return connection.execute(query).fetchall()


def test_a_new_version_is_no_alarm_and_its_own_scores_are_compared_as_soon_as_they_can_be(warehouse: Warehouse) -> None:
    found = measure(warehouse, DECISIONS, CHAMPION, until=UNTIL)
    shelves = measure(warehouse, SHELVES, None, until=UNTIL)
    assert (found.windows, found.alerts, shelves.windows, shelves.alerts) == (WEEKS, [], WEEKS, [])
    drift = warehouse.read("select * from monitoring.drift where stream = 'decisions'")
    by_feature = drift.groupby("feature")["status"].apply(lambda statuses: (statuses == "judged").sum())
    assert by_feature.to_dict() == {"risk": WEEKS - 3, "decision": WEEKS - 3, "score": 2}  # of version 4, after three whole weeks
    by_week = drift[drift["feature"] == "risk"].sort_values("window_start")["model_version"].tolist()
    assert (by_week[5], by_week[7:]) == ("3", ["4"] * 5)


def test_payments_that_rules_alone_decide_are_told_once_per_payment_however_often_they_were_scored_again(warehouse) -> None:
    by_rules = "decided_at >= {since} and right(payment_attempt_id, 1) in ('3', '7')"
    change(
        warehouse,
        "insert into raw_shop.fraud_decisions (fraud_decision_id, payment_attempt_id, decision, probability, score, model_name,"
        " model_version, rules_version, reasons, is_fallback, latency_ms, decided_at, source, created_at, updated_at)"
        " select 'again-' || fraud_decision_id, payment_attempt_id, decision, probability, score, model_name, model_version,"
        f" rules_version, reasons, false, 5, decided_at + interval '1 minute', source, created_at, updated_at"
        f" from raw_shop.fraud_decisions where {by_rules}",
    )
    nobody = "probability = null, score = null, model_name = null, model_version = null, is_fallback = true"
    change(warehouse, f"update raw_shop.fraud_decisions set {nobody} where {by_rules} and fraud_decision_id like 'dec-%'")

    measure(warehouse, DECISIONS, CHAMPION, until=UNTIL)

    ((*what, action),) = alerts(warehouse)
    assert what == ["fraud", "decisions", "risk", "nulls", "4", "strong"]
    assert action.startswith("20.0% (before 0.0%) of payments were decided by rules alone: the fraud service was away")
    row = warehouse.read(
        "select details::text as told, row_count from monitoring.drift where feature = 'risk' order by window_end desc"
    )
    assert row["row_count"].iloc[0] == A_WEEK
    assert '"versions": [["4", 120,' in row["told"].iloc[0]


def test_lost_clicks_are_told_and_come_after_the_stored_lists_that_explain_them(warehouse: Warehouse) -> None:
    change(warehouse, "update marts.fct_impressions set is_clicked = false where shown_at >= {since}")
    measure(warehouse, SHELVES, None, until=UNTIL)
    ((*what, action),) = alerts(warehouse)
    assert what == ["recommendation", "impressions", "clicked_position", "rate", "9", "strong"]
    assert action.startswith("100.0% (before 7")
    assert "of shelves got no click" in action

    change(
        warehouse,
        "update marts.fct_impressions set is_fallback = true where shown_at >= {since} and right(request_id, 1) in ('3', '7')",
    )
    change(warehouse, "delete from monitoring.alerts")
    measure(warehouse, SHELVES, None, until=UNTIL)
    ((*what, action),) = alerts(warehouse)
    assert what[2:4] == ["candidate_source", "nulls"]
    assert "of shelves were filled from stored lists: the recommendation service was away" in action


def test_a_shop_without_live_answers_says_so_and_alarms_nobody(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKETPLACE_DATABASE__URL", database_url)
    said, passed = measure_nothing(database_url, "fraud_decisions", "recommendation_impressions")
    assert said == {
        "fraud_decisions": "raw_shop.fraud_decisions has no rows",
        "recommendation_impressions": "marts.fct_impressions has no rows",
    }
    assert passed == {"fraud_decides_live_as_before", "recommendation_is_shown_and_clicked_as_before"}
