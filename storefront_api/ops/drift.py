"""What `monitoring` knows: drift by model, window and column, and the alerts that it raised."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.vocabulary import ModelName, Stream
from storefront_api.ops.schemas import Drift, ModelDrift, OpenAlert

_WINDOWS = 12
_FEATURES = 14


async def alerts(connection: AsyncConnection[DictRow], *, resolved: int = 5) -> list[OpenAlert]:
    """Open alerts, strong before moderate, the newest first; then the last few resolved ones."""
    query = """
        select alerts.*, coalesce((
            select jsonb_object_agg(sink, error) from monitoring.deliveries
            where (deliveries.model_name, deliveries.stream, deliveries.feature, deliveries.window_start)
                = (alerts.model_name, alerts.stream, alerts.feature, alerts.window_start)
                and delivered_at is null and error is not null
                and (news = 'opened') = (alerts.resolved_at is null)), '{}') as undelivered
        from monitoring.alerts
        where resolved_at is null or (model_name, stream, feature, window_start) in (
            select model_name, stream, feature, window_start from monitoring.alerts where resolved_at is not null
            order by resolved_at desc limit %s)
        order by resolved_at is not null, level = 'moderate', raised_at desc, feature limit 50
    """
    return [OpenAlert.model_validate(row) for row in await (await connection.execute(query, [resolved])).fetchall()]


async def model_drift(connection: AsyncConnection[DictRow], name: ModelName, stream: Stream = Stream.INPUTS) -> ModelDrift:
    """The newest windows of one stream of a model, the columns that drifted most first."""
    given = {"model": name.value, "stream": stream.value, "limit": _WINDOWS}
    rows = await (await connection.execute(_NEWEST, given)).fetchall()
    if not rows:
        return _nothing(name, stream, _NEVER[stream])
    windows = sorted({row["window_start"] for row in rows})
    newest = [Drift.model_validate(row) for row in rows if row["window_start"] == windows[-1]]
    judged = [row for row in rows if row["status"] == "judged"]
    found: dict[tuple[str, Any], float] = {(row["feature"], row["window_start"]): row["severity"] for row in judged}
    worst: dict[str, float] = {}
    for (feature, _), severity in found.items():
        worst[feature] = max(worst.get(feature, 0.0), severity)
    ranks = {row.feature: row.rank for row in newest}
    scores = {row.feature for row in newest if row.is_score}
    chosen = set(sorted(worst, key=lambda feature: (-worst[feature], feature))[:_FEATURES]) | (scores & set(worst))
    shown = sorted(chosen, key=lambda feature: ranks.get(feature, len(ranks)))
    return ModelDrift(
        model_name=name.value,
        stream=stream,
        windows=windows,
        features=shown,
        severity=[[_rounded(found.get((feature, window))) for window in windows] for feature in shown],
        newest=sorted(newest, key=lambda row: row.rank),
        measured_at=max(row["measured_at"] for row in rows),
        reason=None if judged else _why(newest),
    )


_NEWEST = """
select * from monitoring.drift where model_name = %(model)s and stream = %(stream)s and window_start in (
    select distinct window_start from monitoring.drift where model_name = %(model)s and stream = %(stream)s
    order by 1 desc limit %(limit)s)
"""
_NEVER = {
    Stream.INPUTS: "not measured yet: the first run of the pipeline does it",
    Stream.DECISIONS: "no whole window of live payments yet; the pipeline measures them from the first week on",
    Stream.IMPRESSIONS: "no whole window of shown shelves yet; the pipeline measures them from the first week on",
    Stream.ESTIMATES: "no whole window of live payments yet; the pipeline measures them from the first week on",
    Stream.REALISED: "no window of live payments is old enough that silence about them means legitimate",
}


def _why(newest: list[Drift]) -> str:
    """Why no column of the newest window was judged."""
    row = newest[0]
    if row.status == "too_few_rows":
        return f"too few rows to judge: {row.row_count:,} in the newest window"
    return "still collecting the windows that later ones are compared with"


def _nothing(name: ModelName, stream: Stream, reason: str) -> ModelDrift:
    nothing: dict[str, Any] = {"windows": [], "features": [], "severity": [], "newest": [], "measured_at": None}
    return ModelDrift(model_name=name.value, stream=stream, reason=reason, **nothing)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
