"""Alerts as a function of the drift table."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from models.monitoring import Alert, Known, Level, MonitoringConfig, alerts_of, continued
from models.monitoring.windows import WEEK

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
C, M, S = Level.CALM.value, Level.MODERATE.value, Level.STRONG.value


def drift(**levels: str) -> pd.DataFrame:
    """Rows of the drift table: for each column one letter per week."""
    rows: list[dict[str, Any]] = []
    letters = {"c": C, "m": M, "s": S}
    for rank, (feature, weeks) in enumerate(levels.items(), start=1):
        for number, letter in enumerate(weeks):
            rows.append(
                {
                    "model_name": "fraud",
                    "model_version": "3",
                    "feature": feature,
                    "status": "judged",
                    "rank": rank,
                    "window_start": MONDAY + number * WEEK,
                    "window_end": MONDAY + (number + 1) * WEEK,
                    "level": letters[letter],
                    "measure": "wasserstein",
                    "effect": 0.5,
                    "threshold": 0.2,
                    "is_score": False,
                    "details": {},
                }
            )
    return pd.DataFrame(rows)


def told(alerts: list[Alert]) -> list[tuple[str, tuple[str, ...], int, int | None]]:
    """Leader, followers, the week that opened it and the week after which it was closed."""
    return [
        (
            alert.feature,
            alert.also,
            (alert.window_start - MONDAY) // WEEK,
            None if alert.resolved_window_end is None else (alert.resolved_window_end - MONDAY) // WEEK - 1,
        )
        for alert in alerts
    ]


def test_the_score_is_told_of_versions_that_have_one() -> None:
    """What rules alone decided has no score, and no version."""
    moved = drift(risk="s").assign(stream="decisions", measure="jensen_shannon")
    moved["details"] = [{"versions": [["4", 90, 2.5], ["3", 60, 2.1], [None, 30, None]], "versions_by": "score"}]
    (alert,) = alerts_of(moved)
    assert alert.action.endswith("Mean score by version: version 4 2.5 in 90, version 3 2.1 in 60.")


def test_one_cause_opens_one_alert_that_names_what_moved_with_it() -> None:
    assert told(alerts_of(drift(amount="ccs", ratio="ccs", total="ccs", hour="ccs"))) == [("amount", ("ratio", "total"), 2, None)]


def test_an_alert_closes_after_two_calm_weeks_and_opens_anew_when_it_comes_back() -> None:
    assert told(alerts_of(drift(amount="scscc"))) == [("amount", (), 0, 4)]
    assert told(alerts_of(drift(amount="sccs"))) == [("amount", (), 0, 2), ("amount", (), 3, None)]


def test_a_moderate_column_is_no_news_while_an_alert_is_open_but_a_strong_one_is() -> None:
    assert told(alerts_of(drift(amount="sss", hour="mmm"))) == [("amount", (), 0, None)]
    assert told(alerts_of(drift(amount="sss", hour="ccs"))) == [("amount", (), 0, None), ("hour", (), 2, None)]
    assert told(alerts_of(drift(hour="mmm"))) == [("hour", (), 2, None)]


def test_windows_that_were_not_judged_neither_open_nor_close() -> None:
    table = drift(amount="sccc")
    table.loc[table["window_start"] > MONDAY, "status"] = "too_few_rows"
    assert told(alerts_of(table, MonitoringConfig())) == [("amount", (), 0, None)]


def known(feature: str, first: int, last: int, *, is_open: bool = True) -> Known:
    return Known(feature, MONDAY + first * WEEK, MONDAY + last * WEEK, is_open)


def goes_on(table: pd.DataFrame, *before: Known, is_one_trouble: bool = False) -> list[tuple[str, str]]:
    pairs = continued(alerts_of(table), before, is_one_trouble=is_one_trouble)
    return [(one.feature, alert.feature) for one, alert in pairs]


def test_an_alert_goes_on_where_another_column_of_it_leads_or_another_week_opens_it() -> None:
    moved = drift(amount="csss", ratio="csss")
    assert goes_on(moved, known("amount", 1, 3)) == []  # as it was
    assert goes_on(moved, known("ratio", 1, 2)) == [("ratio", "amount")]
    assert goes_on(moved, known("amount", 2, 3)) == [("amount", "amount")]
    assert goes_on(moved, known("ratio", 1, 2, is_open=False)) == []
    assert goes_on(moved, known("ratio", 1, 2), known("amount", 3, 3)) == [("amount", "amount")]


def test_another_cause_or_another_time_is_another_alert() -> None:
    moved = drift(amount="cccccs")
    assert goes_on(moved, known("hour", 5, 5)) == []
    assert goes_on(moved, known("hour", 5, 5), is_one_trouble=True) == [("hour", "amount")]
    assert goes_on(moved, known("hour", 3, 3), is_one_trouble=True) == [("hour", "amount")]  # it would still be open
    assert goes_on(moved, known("hour", 2, 2), is_one_trouble=True) == []


def test_one_that_is_over_by_now_goes_on_as_the_one_that_is_open() -> None:
    moved = drift(precision="ssccccc", recall="ccccsss")
    assert told(alerts_of(moved)) == [("precision", (), 0, 3), ("recall", (), 4, None)]
    assert goes_on(moved, known("frauds", 3, 5), is_one_trouble=True) == [("frauds", "recall")]
