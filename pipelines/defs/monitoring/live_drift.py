"""What live answers have beyond other rows: the version that gave each, which a drift may have begun with."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.monitoring import Window, measure_drift
from pipelines.defs.monitoring.champion import Champion

if TYPE_CHECKING:
    from pipelines.defs.monitoring.watched import Watched


def live_drift(
    drift: pd.DataFrame,
    watched: "Watched",
    rows: pd.DataFrame,
    windows: Sequence[Window],
    *,
    judged: Sequence[Window],
    champion: Champion | None,
    since: datetime,
    config: Any,
) -> pd.DataFrame:
    """The drift of all versions together, then that of the serving version's own answers, each with its window's versions.

    Args:
        drift: of the columns that compare across versions. rows: all answers, `model_version` missing where no model gave one.
    """
    if watched.by_version and champion is not None:
        own_rows = rows[rows["model_version"] == champion.version]
        own = measure_drift(own_rows, watched.by_version, windows, judged=judged, since=since, config=config)
        if not own.empty:
            ranked = own.assign(rank=own["rank"] + len(watched.features), model_version=champion.version)
            drift = pd.concat([drift, ranked], ignore_index=True)
    told = {window.start: _told(rows, window, watched.told_by_version) for window in judged}
    versions = [told[start] for start in drift["window_start"]]
    return drift.assign(
        details=[
            {**details, "versions": of, "versions_by": watched.told_by_version}
            for details, of in zip(drift["details"], versions, strict=True)
        ],
        model_version=[_leading(of) or own for own, of in zip(drift["model_version"], versions, strict=True)],
    )


def _told(rows: pd.DataFrame, window: Window, column: str | None) -> list[list[Any]]:
    """Version, number of answers and mean of `column`, the most frequent version first; None where no model answered."""
    inside = rows[(rows["at"] >= window.start) & (rows["at"] < window.end)]
    found = inside.groupby("model_version", dropna=False)[column].agg(["size", "mean"]).sort_values("size", ascending=False)
    return [
        [None if pd.isna(version) else str(version), int(count), None if pd.isna(mean) else round(float(mean), 4)]
        for version, (count, mean) in zip(found.index, found.itertuples(index=False, name=None), strict=True)
    ]


def _leading(versions: list[list[Any]]) -> str | None:
    """The version that gave most answers of a window."""
    return next((str(version) for version, _, _ in versions if version is not None), None)
