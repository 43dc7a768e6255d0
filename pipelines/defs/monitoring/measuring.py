"""One model's drift from its rows to `monitoring.drift` and `monitoring.alerts`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from psycopg.types.json import Jsonb

from marketplace.vocabulary import Stream
from marketplace.warehouse import Warehouse
from pipelines.defs.monitoring.champion import Champion

if TYPE_CHECKING:
    import pandas as pd

    from models.monitoring import Alert, Window
    from pipelines.defs.monitoring.watched import Watched

log = structlog.get_logger(__name__)

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
    drift = drift.assign(model_name=watched.model.value, stream=watched.stream.value)
    _write_drift(warehouse, watched, drift, judged)
    alerts = _alerts(warehouse, watched, config)
    newest = drift[drift["window_start"] == judged[-1].start]
    drifting = tuple(newest[newest["level"] != "calm"].sort_values("rank")["feature"])
    return Measured(len(judged), judged[-1], drifting, alerts)


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


def _write_drift(warehouse: Warehouse, watched: "Watched", drift: "pd.DataFrame", judged: "Sequence[Window]") -> None:
    """Rewrite the judged windows in one transaction; windows of another length that overlap them go too."""
    frame = drift.astype(object).where(drift.notna(), None)
    names = list(frame.columns)
    insert = f"insert into monitoring.drift ({', '.join(names)}) values ({', '.join(['%s'] * len(names))})"
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "delete from monitoring.drift where model_name = %s and stream = %s and window_start < %s and window_end > %s",
            [(watched.model.value, watched.stream.value, window.end, window.start) for window in judged],
        )
        cursor.executemany(
            insert.encode(),
            [[Jsonb(value) if isinstance(value, dict) else value for value in row] for row in frame.itertuples(index=False)],
        )


def _alerts(warehouse: Warehouse, watched: "Watched", config: Any) -> "list[Alert]":
    """Bring `monitoring.alerts` in line with the drift table and return the open ones."""
    from models.monitoring import alerts_of

    model, stream = watched.model.value, watched.stream.value
    drift = warehouse.read(
        "select model_name, stream, model_version, feature, window_start, window_end, is_score, status, level, measure, effect,"
        " threshold, rank, null_share, reference_null_share, distinct_count, reference_distinct_count, details::text as details"
        f" from monitoring.drift where model_name = '{model}' and stream = '{stream}'"
    )
    alerts = alerts_of(drift.assign(details=drift["details"].map(json.loads)), config)
    now = datetime.now(UTC)
    with warehouse.connect() as connection:
        for alert in alerts:
            row = asdict(alert) | {"also": list(alert.also), "level": alert.level.value, "stream": stream, "now": now}
            if alert.resolved_window_end is None:
                connection.execute(_FORGET_END, row)
            connection.execute(_UPSERT, row)
        # A window that late rows calmed down takes its alert back.
        keys = [f"{alert.feature} {alert.window_start.isoformat()}" for alert in alerts]
        stored = connection.execute(
            "select feature, window_start from monitoring.alerts where model_name = %s and stream = %s and resolved_at is null",
            [model, stream],
        ).fetchall()
        gone = [(now, model, stream, *key) for key in stored if f"{key[0]} {key[1].isoformat()}" not in keys]
        with connection.cursor() as cursor:
            cursor.executemany(
                "update monitoring.alerts set resolved_at = %s"
                " where model_name = %s and stream = %s and feature = %s and window_start = %s",
                gone,
            )
    return [alert for alert in alerts if alert.resolved_window_end is None]


# An alert that opens again after its end is news again, to everybody who was told that it was over.
_FORGET_END = """
delete from monitoring.deliveries using monitoring.alerts
where (deliveries.model_name, deliveries.stream, deliveries.feature, deliveries.window_start)
    = (alerts.model_name, alerts.stream, alerts.feature, alerts.window_start)
    and alerts.model_name = %(model_name)s and alerts.stream = %(stream)s and alerts.feature = %(feature)s
    and alerts.window_start = %(window_start)s and alerts.resolved_at is not null
"""
_UPSERT = """
insert into monitoring.alerts (model_name, stream, feature, window_start, window_end, model_version, also, level, measure, effect,
    threshold, last_window_start, resolved_window_end, action, raised_at, resolved_at)
values (%(model_name)s, %(stream)s, %(feature)s, %(window_start)s, %(window_end)s, %(model_version)s, %(also)s, %(level)s,
    %(measure)s, %(effect)s, %(threshold)s, %(last_window_start)s, %(resolved_window_end)s, %(action)s, %(now)s,
    case when %(resolved_window_end)s::timestamptz is not null then %(now)s end)
on conflict (model_name, stream, feature, window_start) do update set
    also = excluded.also, level = excluded.level, measure = excluded.measure, effect = excluded.effect,
    threshold = excluded.threshold, last_window_start = excluded.last_window_start,
    resolved_window_end = excluded.resolved_window_end, action = excluded.action,
    raised_at = case when excluded.resolved_at is null and monitoring.alerts.resolved_at is not null
        then excluded.raised_at else monitoring.alerts.raised_at end,
    resolved_at = case when excluded.resolved_at is null then null
        else coalesce(monitoring.alerts.resolved_at, excluded.resolved_at) end
"""
