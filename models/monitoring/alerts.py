"""Alerts as a function of the drift table: the same table always gives the same alerts, so a rerun sends nothing twice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from models.monitoring.actions import suggested_action
from models.monitoring.config import MonitoringConfig
from models.monitoring.rule import Level, judge

_NAMED = 3


@dataclass(frozen=True)
class Alert:
    """One thing that drifts: the column that leads, those that moved with it, and what to do.

    `window_start` and `window_end` are the window that opened it; `last_window_start` the newest in which it still drifted;
    `resolved_window_end` is None while it is open. `members` are all columns that belong to it, `also` the first of them.
    """

    model_name: str
    model_version: str
    feature: str
    also: tuple[str, ...]
    level: Level
    measure: str
    effect: float
    threshold: float
    window_start: datetime
    window_end: datetime
    last_window_start: datetime
    resolved_window_end: datetime | None
    action: str
    members: frozenset[str]


def alerts_of(drift: pd.DataFrame, config: MonitoringConfig | None = None) -> list[Alert]:
    """Every alert that these windows of one model opened, resolved ones included, oldest first.

    One cause moves many columns, so a window opens one alert: the highest ranked column that fires leads it, and the others
    that fire belong to it. While an alert is open, a moderate effect elsewhere is no news; a strong one in a column that
    belongs to no open alert opens another.

    Args:
        drift: rows as `measure_drift` gives them, with `model_name` and `model_version`.
    """
    config = config or MonitoringConfig()
    history: dict[str, list[Level]] = defaultdict(list)
    open_alerts: list[_Open] = []
    closed: list[Alert] = []
    for _, window in drift[drift["status"] == "judged"].sort_values(["window_start", "rank"]).groupby("window_start"):
        rows: list[Mapping[str, Any]] = window.to_dict("records")  # type: ignore[assignment]
        fired: dict[str, Level] = {}
        for row in rows:
            history[row["feature"]].append(Level(row["level"]))
            if (level := judge(history[row["feature"]], config, windows=row["details"].get("windows", 1))) is not None:
                fired[row["feature"]] = level
        covered = {name for one in open_alerts for name in one.alert.members}
        fresh = [row for row in rows if row["feature"] in fired and row["feature"] not in covered]
        if open_alerts and not any(fired[row["feature"]] is Level.STRONG for row in fresh):
            fresh = []
        open_alerts = [one.seen(rows[0], history) for one in open_alerts]
        if fresh:
            open_alerts.append(_opened(fresh, fired))
        closed += [one.alert for one in open_alerts if one.calm >= config.calm_windows]
        open_alerts = [one for one in open_alerts if one.calm < config.calm_windows]
    still = [replace(one.alert, resolved_window_end=None) for one in open_alerts]
    return sorted([*closed, *still], key=lambda alert: (alert.window_start, alert.feature))


@dataclass(frozen=True)
class Known:
    """An alert raised before: what led it, which window opened it, the newest in which it drifted, and whether it is open."""

    feature: str
    window_start: datetime
    last_window_start: datetime
    is_open: bool


def continued(
    alerts: Sequence[Alert], known: Sequence[Known], *, is_one_trouble: bool, config: MonitoringConfig | None = None
) -> list[tuple[Known, Alert]]:
    """Which known open alerts go on as which of `alerts`: late rows let another column lead, or another window open it.

    An alert goes on where its windows meet the other's, or are no further apart than an alert stays open.

    Args:
        alerts: all that the windows open now. known: those of the same model and stream.
        is_one_trouble: whether the columns are faces of one thing; otherwise only a column that moved with it may take over.
    """
    config = config or MonitoringConfig()
    now = {(alert.feature, alert.window_start) for alert in alerts}
    before = {(one.feature, one.window_start) for one in known}
    left = [one for one in known if one.is_open and (one.feature, one.window_start) not in now]
    pairs = []
    for alert in sorted(alerts, key=lambda alert: (alert.resolved_window_end is not None, alert.window_start)):
        if (alert.feature, alert.window_start) in before:
            continue
        same = [one for one in left if _meet(alert, one, config) and (is_one_trouble or one.feature in alert.members)]
        if same:
            one = min(same, key=lambda one: (one.feature != alert.feature, one.window_start))
            left.remove(one)
            pairs.append((one, alert))
    return pairs


def _meet(alert: Alert, one: Known, config: MonitoringConfig) -> bool:
    near = config.calm_windows * (alert.window_end - alert.window_start)
    return alert.window_start - near <= one.last_window_start and one.window_start <= alert.last_window_start + near


@dataclass(frozen=True)
class _Open:
    """An alert on its way, and for how many windows its leader has been calm."""

    alert: Alert
    calm: int = 0

    def seen(self, window: Mapping[str, Any], history: Mapping[str, Sequence[Level]]) -> "_Open":
        if history[self.alert.feature][-1] is Level.CALM:
            return replace(self, calm=self.calm + 1, alert=replace(self.alert, resolved_window_end=window["window_end"]))
        return replace(self, calm=0, alert=replace(self.alert, last_window_start=window["window_start"]))


def _opened(fresh: Sequence[Mapping[str, Any]], fired: Mapping[str, Level]) -> _Open:
    leader, names = fresh[0], [str(row["feature"]) for row in fresh]
    alert = Alert(
        model_name=leader["model_name"],
        model_version=leader["model_version"],
        feature=leader["feature"],
        also=tuple(names[1:_NAMED]),
        level=fired[leader["feature"]],
        measure=leader["measure"],
        effect=float(leader["effect"]),
        threshold=float(leader["threshold"]),
        window_start=leader["window_start"],
        window_end=leader["window_end"],
        last_window_start=leader["window_start"],
        resolved_window_end=None,
        action=suggested_action(leader),
        members=frozenset(names),
    )
    return _Open(alert)
