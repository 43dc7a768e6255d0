"""The table of drift: one row per window and column, culprits ranked before what merely follows from them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from marketplace.errors import MissingColumnsError
from models.monitoring.comparison import Column, compare, new_categories
from models.monitoring.config import MonitoringConfig
from models.monitoring.features import Feature, Kind, as_categories, as_numbers, known_before, patterns
from models.monitoring.profile import Cells, Profile, category_cells, merged, number_cells, profiles
from models.monitoring.rule import Level
from models.monitoring.windows import Window, reference_windows

COLUMNS = (
    "window_start",
    "window_end",
    "feature",
    "kind",
    "is_score",
    "status",
    "level",
    "measure",
    "effect",
    "threshold",
    "severity",
    "rank",
    "psi",
    "row_count",
    "reference_row_count",
    "null_share",
    "reference_null_share",
    "distinct_count",
    "reference_distinct_count",
    "details",
)
# An identifier's rows: it was seen before, or never.
KNOWN_CELLS = Cells(Kind.CATEGORY, np.empty(0), ("seen before", "new"))


def measure_drift(
    rows: pd.DataFrame,
    features: Sequence[Feature],
    windows: Sequence[Window],
    *,
    judged: Sequence[Window] | None = None,
    since: datetime | None = None,
    trained_until: datetime | None = None,
    config: MonitoringConfig | None = None,
) -> pd.DataFrame:
    """One row per judged window and feature, `COLUMNS`; within a window `rank` 1 is the likeliest culprit.

    Args:
        rows: the monitored columns and `at`, the instant of each row (UTC), in any order.
        windows: all windows that may serve as reference or be judged, oldest first.
        judged: those to be judged; all of `windows` when not said.
        since: when the data began; columns with a look-back are judged only after it. The first row when not said.
        trained_until: where training of the model that serves ended; None compares with the windows just before.
    Raises:
        MissingColumnsError: a monitored column is absent.
    """
    config = config or MonitoringConfig()
    missing = [name for name in ("at", *(feature.name for feature in features)) if name not in rows]
    if missing:
        raise MissingColumnsError(f"monitoring reads {', '.join(missing)}, which the rows lack")
    rows = rows.sort_values("at", kind="stable", ignore_index=True)
    if rows.empty or not windows:
        return pd.DataFrame(columns=list(COLUMNS))
    since = since or rows["at"].iloc[0].to_pydatetime()
    bounds = _bounds(rows["at"], windows)
    columns = [_column(rows, feature, bounds, config) for feature in features]
    sizes = [end - start for start, end in bounds]
    found: list[dict[str, Any]] = []
    for place, window in enumerate(windows):
        if judged is not None and window not in judged:
            continue
        of_window = [
            _judged_column(column, windows, place, sizes, since=since, trained_until=trained_until, config=config)
            for column in columns
        ]
        found += _ranked(of_window, features)
    return pd.DataFrame(found, columns=list(COLUMNS))


def _judged_column(
    column: Column,
    windows: Sequence[Window],
    place: int,
    sizes: Sequence[int],
    *,
    since: datetime,
    trained_until: datetime | None,
    config: MonitoringConfig,
) -> dict[str, Any]:
    window, now = windows[place], column.parts[place]
    ready_at = since + column.feature.lookback
    usable = [one for one, size in zip(windows, sizes, strict=True) if size >= config.min_rows]
    chosen = reference_windows(usable, window, trained_until=trained_until, since=ready_at, count=config.reference_windows)
    reference = [windows.index(one) for one in chosen]
    row: dict[str, Any] = {
        "window_start": window.start,
        "window_end": window.end,
        "feature": column.feature.name,
        "kind": column.feature.kind.value,
        "is_score": column.feature.is_score,
        "status": "judged",
        "level": Level.CALM.value,
        "row_count": now.row_count,
        "null_share": now.null_count / now.row_count if now.row_count else None,
        "distinct_count": now.distinct_count,
        "severity": 0.0,
        "details": {},
    }
    if now.row_count < config.min_rows:
        return row | {"status": "too_few_rows"}
    if window.start < ready_at:
        return row | {"status": "warming_up"}
    if len(reference) < config.min_reference_windows:
        return row | {"status": "no_reference"}
    findings = compare(column, place, reference, config)
    worst = findings[0]
    level = Level.STRONG if worst.severity >= 1 else Level.CALM
    if level is Level.CALM and any(finding.effect >= finding.moderate for finding in findings):
        level = Level.MODERATE
    past = merged([column.parts[one] for one in reference])
    return row | {
        "level": level.value,
        "measure": worst.measure,
        "effect": worst.effect,
        "threshold": worst.strong,
        "severity": worst.severity,
        "psi": next((finding.effect for finding in findings if finding.measure == "psi"), None),
        "reference_row_count": past.row_count,
        "reference_null_share": past.null_count / past.row_count,
        "reference_distinct_count": past.distinct_count,
        "details": _details(column, place, reference, past, now, {one.measure: one.effect for one in findings}),
    }


def _details(
    column: Column, place: int, reference: Sequence[int], past: Profile, now: Profile, found: dict[str, float]
) -> dict[str, Any]:
    """What the operator's chart draws: both distributions, over tenths of the reference or the most frequent categories."""
    said: dict[str, Any] = {"effects": {measure: round(effect, 4) for measure, effect in found.items()}}
    if column.feature.missing:
        said["missing_means"] = column.feature.missing
    if not past.present or not now.present:
        return said
    if column.known is not None:
        known = merged([column.known[one] for one in reference])
        labels, shares_past, shares_now = KNOWN_CELLS.summary(known.counts, column.known[place].counts)
    else:
        labels, shares_past, shares_now = column.cells.summary(past.counts, now.counts)
    said |= {"labels": labels, "reference": shares_past, "window": shares_now}
    if column.feature.kind is not Kind.NUMBER and (new := new_categories(column, place, reference)):
        said["new"] = [[name, round(share, 4)] for name, share in new[:5]]
    return said


def _ranked(rows: list[dict[str, Any]], features: Sequence[Feature]) -> list[dict[str, Any]]:
    """The rows by rank: the most severe first, but what is computed from a drifting column after all of its causes."""
    level = {row["feature"]: row["level"] for row in rows}
    weight = {Level.CALM.value: 0, Level.MODERATE.value: 1, Level.STRONG.value: 2}
    sources = {feature.name: feature.derived_from for feature in features}

    def key(row: dict[str, Any]) -> tuple[bool, float, str]:
        own = weight[row["level"]]
        follows = row["is_score"] or any(own and weight.get(level.get(name, ""), 0) >= own for name in sources[row["feature"]])
        return (bool(follows), -row["severity"], row["feature"])

    ordered = sorted(rows, key=key)
    return [row | {"rank": place} for place, row in enumerate(ordered, start=1)]


def _bounds(at: pd.Series, windows: Sequence[Window]) -> list[tuple[int, int]]:
    starts = at.searchsorted(pd.DatetimeIndex([window.start for window in windows]).as_unit("ns"))
    ends = at.searchsorted(pd.DatetimeIndex([window.end for window in windows]).as_unit("ns"))
    return list(zip(map(int, starts), map(int, ends), strict=True))


def _column(rows: pd.DataFrame, feature: Feature, bounds: Sequence[tuple[int, int]], config: MonitoringConfig) -> Column:
    values = rows[feature.name]
    starts, ends = zip(*bounds, strict=True)
    if feature.kind is Kind.NUMBER:
        cells = number_cells(as_numbers(values), config.cells)
        return Column(feature, cells, profiles(values, cells, starts, ends))
    known = None
    if feature.kind is Kind.IDENTIFIER:
        seen = known_before(values, rows["at"]).map({1.0: "seen before", 0.0: "new"})
        known = profiles(seen, KNOWN_CELLS, starts, ends)
        values = patterns(values)
    cells = category_cells(as_categories(values), config.cells)
    return Column(feature, cells, profiles(values, cells, starts, ends), known)
