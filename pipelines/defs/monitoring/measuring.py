"""One model's drift from its rows to `monitoring.drift` and `monitoring.alerts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from marketplace.vocabulary import Stream
from marketplace.warehouse import Warehouse
from pipelines.defs.monitoring.champion import Champion
from pipelines.defs.monitoring.storing import bring_alerts_in_line, write_drift

if TYPE_CHECKING:
    import pandas as pd

    from models.monitoring import Alert, Window
    from pipelines.defs.monitoring.watched import Watched

# How far back windows are measured the first time, and how many of the newest are measured again because rows come late.
_HISTORY, _MEASURED_AGAIN = 16, 2
_ROWS_PER_DAY = 2000


@dataclass(frozen=True)
class Measured:
    """What a run did: windows measured, columns that fired in the newest one, alerts open afterwards; or why it did nothing."""

    windows: int
    newest: "Window | None"
    drifting: tuple[str, ...]
    alerts: "Sequence[Alert]"
    reason: str | None = None


def measure(warehouse: Warehouse, watched: "Watched", champion: Champion | None, *, until: datetime) -> Measured:
    """Measure the windows that are new or may have got late rows, rewrite them, and bring the alerts in line.

    Args:
        until: the data's own clock; the last window ends at or before it.
    """
    from models.monitoring import MonitoringConfig, complete_windows, measure_drift, window_length
    from models.monitoring.features import MEMORY
    from models.monitoring.windows import DAY
    from pipelines.defs.monitoring.live_drift import live_drift

    span = _span(warehouse, watched)
    if span is None:
        return Measured(0, None, (), (), f"{watched.table} has no rows")
    first, count = span
    length = window_length(count, first, until, rows_per_day=_ROWS_PER_DAY)
    config = MonitoringConfig() if length > DAY else MonitoringConfig(reference_windows=28, min_reference_windows=14)
    windows = complete_windows(first, until, length)
    features = watched.features
    if champion is not None and watched.score is not None:
        features = (*features, watched.score[0])
    expected = {feature.name for feature in (*features, *(watched.by_version if champion else ()))}
    judged = _to_be_judged(warehouse, watched, windows[-_HISTORY:], expected)
    if not judged:
        return Measured(0, None, (), (), "no whole window has passed yet")
    keep = config.reference_windows
    needed = windows[max(0, windows.index(judged[0]) - keep) :]
    trained_until = champion.trained_until if champion is not None and watched.stream is Stream.INPUTS else None
    if trained_until is not None:
        trained = [window for window in windows if window.end <= trained_until][-keep:]
        needed = sorted({*needed, *trained})
    rows = _rows(warehouse, watched, since=needed[0].start - MEMORY, until=judged[-1].end)
    if champion is not None and watched.score is not None:
        feature, score = watched.score
        rows[feature.name] = score(champion.model, rows)
    drift = measure_drift(
        rows,
        features,
        needed,
        judged=judged,
        since=first,
        trained_until=trained_until,
        config=config,
    ).assign(model_version=champion.version if champion else "none")
    if watched.stream is not Stream.INPUTS:
        drift = live_drift(drift, watched, rows, needed, judged=judged, champion=champion, since=first, config=config)
    write_drift(warehouse, watched.model, watched.stream, drift, judged)
    alerts = bring_alerts_in_line(warehouse, watched.model, watched.stream, config)
    return Measured(len(judged), judged[-1], drifting_in(drift, judged[-1]), alerts)


def drifting_in(drift: "pd.DataFrame", window: "Window") -> tuple[str, ...]:
    """What is not as usual in a window, the likeliest cause first."""
    own = drift[drift["window_start"] == window.start]
    return tuple(own[own["level"] != "calm"].sort_values("rank")["feature"])


def _span(warehouse: Warehouse, watched: "Watched") -> tuple[datetime, int] | None:
    """The first instant and the number of rows; None where the table is absent or empty."""
    with warehouse.connect() as connection:
        if not connection.execute("select to_regclass(%s)", [watched.table]).fetchone()[0]:  # type: ignore[index]
            return None
        connection.execute("set local time zone 'UTC'")  # a date begins at UTC midnight
        query = f"select min({watched.at})::timestamptz, count({watched.count}) from {watched.table} where {watched.only}"
        first, count = connection.execute(query.encode()).fetchone() or (None, 0)
    return (first.astimezone(UTC), count) if first is not None else None


def _rows(warehouse: Warehouse, watched: "Watched", *, since: datetime, until: datetime) -> "pd.DataFrame":
    import pandas as pd

    within = {"since": since.isoformat(), "until": until.isoformat()}
    names = {feature.name: watched.columns.get(feature.name, feature.name) for feature in watched.features}
    few = ", ".join(f"{expression} as {name}" for name, expression in names.items())
    # A model reads more columns than are watched.
    columns = few if watched.score is None and watched.rows is None else "*"
    table = f"({watched.rows.format(**within)}) as watched" if watched.rows else watched.table
    rows: pd.DataFrame = warehouse.read(
        f"select {columns}, {watched.at} as at from {table}"
        f" where {watched.only} and {watched.at} >= '{within['since']}' and {watched.at} < '{within['until']}'"
    )
    return rows.assign(at=pd.to_datetime(rows["at"], utc=True))


def _to_be_judged(warehouse: Warehouse, watched: "Watched", windows: "Sequence[Window]", features: set[str]) -> "list[Window]":
    """Windows that lack a column, and the newest ones, whose rows may have come late."""
    with warehouse.connect() as connection:
        stored = connection.execute(
            "select window_start, window_end, array_agg(feature) from monitoring.drift"
            " where model_name = %s and stream = %s group by 1, 2",
            [watched.model.value, watched.stream.value],
        ).fetchall()
    known = {(start, end): set(names) for start, end, names in stored}
    again = set(windows[-_MEASURED_AGAIN:])
    return [window for window in windows if window in again or not features <= known.get((window.start, window.end), set())]
