"""What `monitoring` knows: drift by model, window and column, and the alerts that it raised."""

from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.vocabulary import ModelName
from storefront_api.ops.schemas import Drift, ModelDrift, OpenAlert

_WINDOWS = 12
_FEATURES = 14


async def alerts(connection: AsyncConnection[DictRow], *, resolved: int = 5) -> list[OpenAlert]:
    """Open alerts, strong before moderate, the newest first; then the last few resolved ones."""
    query = """
        select alerts.*, coalesce((
            select jsonb_object_agg(sink, error) from monitoring.deliveries
            where (deliveries.model_name, deliveries.feature, deliveries.window_start)
                = (alerts.model_name, alerts.feature, alerts.window_start)
                and delivered_at is null and error is not null), '{}') as undelivered
        from monitoring.alerts
        where resolved_at is null or (model_name, feature, window_start) in (
            select model_name, feature, window_start from monitoring.alerts where resolved_at is not null
            order by resolved_at desc limit %s)
        order by resolved_at is not null, level = 'moderate', raised_at desc, feature limit 50
    """
    return [OpenAlert.model_validate(row) for row in await (await connection.execute(query, [resolved])).fetchall()]


async def model_drift(connection: AsyncConnection[DictRow], name: ModelName) -> ModelDrift:
    """The newest windows of one model, the columns that drifted most first."""
    rows = await (await connection.execute(_NEWEST, [name.value, name.value, _WINDOWS])).fetchall()
    if not rows:
        return _nothing(name, "not measured yet: the first run of the pipeline does it")
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
        windows=windows,
        features=shown,
        severity=[[_rounded(found.get((feature, window))) for window in windows] for feature in shown],
        newest=sorted(newest, key=lambda row: row.rank),
        measured_at=max(row["measured_at"] for row in rows),
        reason=None if judged else _why(newest),
    )


_NEWEST = """
select * from monitoring.drift where model_name = %s and window_start in (
    select distinct window_start from monitoring.drift where model_name = %s order by 1 desc limit %s)
"""


def _why(newest: list[Drift]) -> str:
    """Why no column of the newest window was judged."""
    row = newest[0]
    if row.status == "too_few_rows":
        return f"too few rows to judge: {row.row_count:,} in the newest window"
    return "still collecting the windows that later ones are compared with"


def _nothing(name: ModelName, reason: str) -> ModelDrift:
    return ModelDrift(model_name=name.value, windows=[], features=[], severity=[], newest=[], measured_at=None, reason=reason)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
