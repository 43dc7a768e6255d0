"""The tables of drift and alerts: windows are rewritten, alerts brought in line with them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from marketplace.vocabulary import ModelName, Stream
from marketplace.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from models.monitoring import Alert, Window


def write_drift(
    warehouse: Warehouse, model: ModelName, stream: Stream, drift: "pd.DataFrame", judged: "Sequence[Window]"
) -> None:
    """Rewrite the judged windows in one transaction; windows of another length that overlap them go too."""
    drift = drift.assign(model_name=model.value, stream=stream.value)
    frame = drift.astype(object).where(drift.notna(), None)
    names = list(frame.columns)
    insert = f"insert into monitoring.drift ({', '.join(names)}) values ({', '.join(['%s'] * len(names))})"
    with warehouse.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "delete from monitoring.drift where model_name = %s and stream = %s and window_start < %s and window_end > %s",
            [(model.value, stream.value, window.end, window.start) for window in judged],
        )
        cursor.executemany(
            insert.encode(),
            [[Jsonb(value) if isinstance(value, dict) else value for value in row] for row in frame.itertuples(index=False)],
        )


def bring_alerts_in_line(warehouse: Warehouse, model: ModelName, stream: Stream, config: Any) -> "list[Alert]":
    """Bring `monitoring.alerts` in line with the drift table and return the open ones.

    A trouble that late rows show from another side, or to have begun in another week, stays the alert that it was.
    """
    from models.monitoring import Known, alerts_of, continued

    drift = warehouse.read(
        "select model_name, stream, model_version, feature, window_start, window_end, is_score, status, level, measure, effect,"
        " threshold, rank, null_share, reference_null_share, distinct_count, reference_distinct_count, details::text as details"
        f" from monitoring.drift where model_name = '{model.value}' and stream = '{stream.value}'"
    )
    alerts = alerts_of(drift.assign(details=drift["details"].map(json.loads)), config)
    now = datetime.now(UTC)
    with warehouse.connect() as connection:
        known = [Known(*row) for row in connection.execute(_KNOWN, [model.value, stream.value]).fetchall()]
        for one, alert in continued(alerts, known, is_one_trouble=stream in _ONE_TROUBLE, config=config):
            told = {"told_feature": one.feature, "told_window_start": one.window_start}
            connection.execute(_GO_ON, asdict(alert) | told | {"stream": stream.value})
        for alert in alerts:
            row = asdict(alert) | {"also": list(alert.also), "level": alert.level.value, "stream": stream.value, "now": now}
            if alert.resolved_window_end is None:
                connection.execute(_FORGET_END, row)
            connection.execute(_UPSERT, row)
        # A window that late rows calmed down takes its alert back.
        keys = [f"{alert.feature} {alert.window_start.isoformat()}" for alert in alerts]
        stored = connection.execute(
            "select feature, window_start from monitoring.alerts where model_name = %s and stream = %s and resolved_at is null",
            [model.value, stream.value],
        ).fetchall()
        gone = [(now, model.value, stream.value, *key) for key in stored if f"{key[0]} {key[1].isoformat()}" not in keys]
        with connection.cursor() as cursor:
            cursor.executemany(
                "update monitoring.alerts set resolved_at = %s"
                " where model_name = %s and stream = %s and feature = %s and window_start = %s",
                gone,
            )
    return [alert for alert in alerts if alert.resolved_window_end is None]


# Figures of one score: where it does worse, several of them say so, and which says so most is chance.
_ONE_TROUBLE = (Stream.ESTIMATES, Stream.REALISED)
_KNOWN = """
select feature, window_start, last_window_start, resolved_at is null from monitoring.alerts where model_name = %s and stream = %s
"""
_GO_ON = """
update monitoring.alerts set feature = %(feature)s, window_start = %(window_start)s, window_end = %(window_end)s,
    model_version = %(model_version)s
where model_name = %(model_name)s and stream = %(stream)s and feature = %(told_feature)s
    and window_start = %(told_window_start)s
"""
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
    alert_id = case when excluded.resolved_at is null and monitoring.alerts.resolved_at is not null
        then excluded.alert_id else monitoring.alerts.alert_id end,
    resolved_at = case when excluded.resolved_at is null then null
        else coalesce(monitoring.alerts.resolved_at, excluded.resolved_at) end
"""
