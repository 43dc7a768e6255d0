"""From rows in the warehouse to the drift table and its alerts, and nothing changes when it is done again."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from structlog.testing import capture_logs

from marketplace.settings import Settings
from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.monitoring import Feature, Kind
from models.monitoring.windows import WEEK
from pipelines.alerts import deliver_alerts
from pipelines.defs.monitoring.champion import Champion
from pipelines.defs.monitoring.measuring import measure
from pipelines.defs.monitoring.watched import Watched, watched_models

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
WEEKS, A_WEEK = 12, 150
WATCHED = Watched(
    ModelName.FRAUD,
    "monitored.attempts",
    "attempted_at",
    (Feature("amount_minor"), Feature("method", Kind.CATEGORY), Feature("twice_the_amount", derived_from=("amount_minor",))),
    columns={"twice_the_amount": "2 * amount_minor"},
)


class Halver:
    """A model that scores; what it says follows the amount."""

    def score(self, rows: pd.DataFrame) -> pd.Series:
        return 1 / (1 + rows["amount_minor"] / 1000)


@pytest.fixture
def warehouse(database_url: str) -> Warehouse:
    """Twelve weeks of attempts in which nothing changes."""
    opened = Warehouse(database_url)
    rng = np.random.default_rng(5)
    count = WEEKS * A_WEEK
    rows = pd.DataFrame(
        {
            "attempted_at": pd.to_datetime([MONDAY + number * WEEK / A_WEEK for number in range(count)]),
            "amount_minor": rng.lognormal(7, 1, count).astype(int),
            "method": rng.choice(["card", "bkash", "nagad"], count, p=[0.5, 0.3, 0.2]),
        }
    )
    with opened.connect() as connection:
        connection.execute("create schema monitored")
        connection.execute("create table monitored.attempts (attempted_at timestamptz, amount_minor bigint, method text)")
    opened.write(rows, "monitored", "attempts")
    return opened


def rows_of(warehouse: Warehouse, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(warehouse.database_url) as connection:
        return connection.execute(query.encode()).fetchall()


def change(warehouse: Warehouse, statement: str) -> None:
    with psycopg.connect(warehouse.database_url) as connection:
        connection.execute(statement.encode())


ALERTS = "select feature, level, also, model_version, resolved_at is null from monitoring.alerts order by window_start, feature"
DRIFT = "select window_start, feature, status, level, effect, severity, rank, row_count from monitoring.drift order by 1, 2"


def test_a_shift_in_the_newest_week_opens_one_alert_and_a_rerun_changes_nothing(warehouse: Warehouse) -> None:
    until = MONDAY + WEEKS * WEEK
    champion = Champion("3", MONDAY + 9 * WEEK, Halver())
    quiet = measure(warehouse, WATCHED, champion, until=until)
    assert (quiet.windows, quiet.alerts, quiet.drifting) == (WEEKS, [], ())
    change(warehouse, f"update monitored.attempts set amount_minor = amount_minor * 2 where attempted_at >= '{until - WEEK}'")
    found = measure(warehouse, WATCHED, champion, until=until)
    assert found.windows == 2, "only the newest weeks may still get rows"
    assert (found.newest.start, found.drifting[0]) == (until - WEEK, "amount_minor")  # type: ignore[union-attr]
    assert rows_of(warehouse, ALERTS) == [("amount_minor", "strong", ["twice_the_amount"], "3", True)]
    before = rows_of(warehouse, DRIFT)
    measure(warehouse, WATCHED, champion, until=until)
    assert rows_of(warehouse, DRIFT) == before
    assert len(rows_of(warehouse, ALERTS)) == 1


def test_rows_that_come_late_and_calm_a_week_take_its_alert_back(warehouse: Warehouse) -> None:
    until = MONDAY + WEEKS * WEEK
    newest = f"where attempted_at >= '{until - WEEK}'"
    change(warehouse, f"update monitored.attempts set method = 'card-' || method {newest}")
    assert [alert.feature for alert in measure(warehouse, WATCHED, None, until=until).alerts] == ["method"]
    change(warehouse, f"update monitored.attempts set method = substr(method, 6) {newest}")
    assert measure(warehouse, WATCHED, None, until=until).alerts == []
    assert [row[-1] for row in rows_of(warehouse, ALERTS)] == [False]


def test_an_alert_that_opens_again_after_its_end_is_news_again(warehouse: Warehouse) -> None:
    until, settings = MONDAY + WEEKS * WEEK, Settings(database={"url": warehouse.database_url})  # type: ignore[arg-type]
    newest = f"where attempted_at >= '{until - WEEK}'"
    sent = []
    for name in ("'card-' || method", "substr(method, 6)", "'card-' || method"):
        change(warehouse, f"update monitored.attempts set method = {name} {newest}")
        measure(warehouse, WATCHED, None, until=until)
        with capture_logs() as logs:
            assert deliver_alerts(settings).sent == 1
            assert deliver_alerts(settings).sent == 0
        sent += [(entry["status"], entry["id"]) for entry in logs if "id" in entry]
    assert [status for status, _ in sent] == ["opened", "resolved", "opened"]
    assert sent[0][1] == sent[1][1] != sent[2][1]


def test_scores_are_watched_as_soon_as_there_is_a_champion(warehouse: Warehouse) -> None:
    until = MONDAY + WEEKS * WEEK
    scored = Watched(
        *(WATCHED.model, WATCHED.table, WATCHED.at, WATCHED.features[:2]),
        columns={},
        score=(Feature("score", is_score=True), lambda model, rows: model.score(rows)),
    )
    measure(warehouse, scored, None, until=until)
    assert {row[1] for row in rows_of(warehouse, DRIFT)} == {"amount_minor", "method"}
    measure(warehouse, scored, Champion("4", MONDAY + 9 * WEEK, Halver()), until=until)
    assert [row[2] for row in rows_of(warehouse, DRIFT) if row[1] == "score"].count("judged") == WEEKS - 3


def test_a_table_that_is_absent_or_empty_is_said(warehouse: Warehouse) -> None:
    change(warehouse, "delete from monitored.attempts")
    assert measure(warehouse, WATCHED, None, until=MONDAY).reason == "monitored.attempts has no rows"
    change(warehouse, "drop table monitored.attempts")
    assert measure(warehouse, WATCHED, None, until=MONDAY).reason == "monitored.attempts has no rows"


def test_every_model_is_watched_and_fraud_in_all_that_it_reads() -> None:
    from models.fraud.features import FEATURES

    watched = {one.model: {feature.name for feature in one.features} for one in watched_models()}
    assert set(watched) == set(ModelName)
    assert set(FEATURES) <= watched[ModelName.FRAUD]


def test_an_outlook_is_not_watched_in_what_becomes_of_its_orders_later() -> None:
    [outlook] = [one for one in watched_models() if one.model is ModelName.OUTLOOK]
    assert (outlook.table, {feature.name for feature in outlook.features}) == (
        "intermediate.int_orders_dated_by_approval",
        {"total_minor", "customer_id"},
    )
