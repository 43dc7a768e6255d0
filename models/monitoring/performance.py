"""Whether a calibrated score still does well: its estimate beside mature weeks', and what labels realised beside the estimate.

The estimate is there at once and misses what the score does not know; the realised figures come weeks later and tell whether the
estimate could be trusted. Both end as rows of the table of drift, so the same rule makes alerts of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace.estimated_performance import Estimate, EstimatedPerformance, estimated_performance, realised_performance
from models.monitoring.config import MonitoringConfig
from models.monitoring.drift import COLUMNS
from models.monitoring.rule import Level
from models.monitoring.windows import Window

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

RATES = ("average_precision", "precision", "recall")
FIGURES = (*RATES, "frauds")
BELOW_REFERENCE, BELOW_ESTIMATE, OFF_ESTIMATE = "below_reference", "below_estimate", "off_estimate"
_RESAMPLES = 400
_SEED = 5


@dataclass(frozen=True)
class WindowScores:
    """Scored attempts of one window in groups of one probability, the most probable group first; any may be empty.

    Attributes:
        is_high: whether a group lies at or above the alert threshold.
        attempts: how many there are. known: of how many the outcome is known. frauds: how many of these are fraud.
    """

    window: Window
    probability: Floats
    is_high: npt.NDArray[np.bool_]
    attempts: Integers
    known: Integers
    frauds: Integers


def scores_by_window(rows: pd.DataFrame, windows: Sequence[Window]) -> list[WindowScores]:
    """The attempts of each window.

    Args:
        rows: `window_start`, `probability`, `is_high`, `attempts`, `known` and `frauds` of each group, in any order.
    """
    ordered = rows.sort_values("probability", ascending=False, kind="stable")
    counts = ("attempts", "known", "frauds")
    found = []
    for window in windows:
        own = ordered[ordered["window_start"] == window.start]
        numbers = [own[name].to_numpy(np.int64) for name in counts]
        found.append(WindowScores(window, own["probability"].to_numpy(np.float64), own["is_high"].to_numpy(bool), *numbers))
    return found


def measure_estimates(
    scored: Sequence[WindowScores],
    judged: Sequence[Window],
    *,
    mature_after: timedelta,
    config: MonitoringConfig | None = None,
) -> pd.DataFrame:
    """How far each estimated figure lies below the mean of the windows that were mature when the window began: `COLUMNS`.

    A fall must exceed its bar, what another draw of as many attempts from the same mix gives, and what the reference's own
    windows differ by.

    Args:
        scored: oldest first, from before the judged ones on.
    """
    config = config or MonitoringConfig()
    usable = [one for one in scored if one.attempts.sum() >= config.min_rows]
    estimates = {one.window: _estimated(one, one.attempts) for one in usable}
    found = []
    for one in scored:
        if one.window in judged:
            mature = [other for other in usable if other.window.end + mature_after <= one.window.start]
            reference = mature[-config.reference_windows :]
            found += _ranked([_fall(name, one, reference, estimates, config) for name in RATES])
    return pd.DataFrame(found, columns=list(COLUMNS))


def measure_realised(
    scored: Sequence[WindowScores], judged: Sequence[Window], *, config: MonitoringConfig | None = None
) -> pd.DataFrame:
    """How far each realised figure of mature windows lies below its estimate, and frauds on either side of it: `COLUMNS`.

    Both are of the attempts whose outcome is known. A gap must exceed its bar, what chance does to labels of a calibrated score,
    and what the gaps of calm windows before differ by: frauds of one ring stand or fall together, which draws do not know. The
    number of frauds adds up: where a window is off, but no more than chance may do, the last `consecutive_windows` are judged
    together.

    Args:
        scored: oldest first, all mature.
    """
    config = config or MonitoringConfig()
    found = []
    usual: dict[str, list[float]] = {name: [] for name in FIGURES}
    for place, one in enumerate(scored, start=1):
        rows = []
        for name in FIGURES:
            past = usual[name][-config.reference_windows :]
            gap, row = _gap(name, one, past, config)
            if name == "frauds" and place >= config.consecutive_windows and _is_worth_adding_up(row, config):
                row = _together(scored[place - config.consecutive_windows : place], past, config) or row
            rows.append(row)
            if gap is not None and row["level"] == Level.CALM.value:
                usual[name].append(gap)
        if one.window in judged:
            found += _ranked(rows)
    return pd.DataFrame(found, columns=list(COLUMNS))


def _estimated(one: WindowScores, counts: Integers) -> EstimatedPerformance:
    some = counts > 0
    return estimated_performance(counts[some], one.probability[some], one.is_high[some])


def _fall(
    name: str,
    one: WindowScores,
    reference: Sequence[WindowScores],
    estimates: Mapping[Window, EstimatedPerformance],
    config: MonitoringConfig,
) -> dict[str, Any]:
    row = _row(one, name, int(one.attempts.sum()), sum(int(other.attempts.sum()) for other in reference))
    estimate = getattr(estimates[one.window], name) if one.window in estimates else None
    if estimate is None:
        return row | {"status": "too_few_rows"}
    before = [getattr(estimates[other.window], name) for other in reference]
    past = [other.value for other in before if other is not None]
    if len(past) < config.min_reference_windows:
        return row | {"status": "no_reference"}
    usual = float(np.mean(past))
    spread = max(_composition_spread(reference, row["row_count"])[name], float(np.std(past, ddof=1)))
    told = {"estimated": estimate.value, "low": estimate.low, "high": estimate.high, "reference": usual}
    judged = _judged(BELOW_REFERENCE, usual - estimate.value, spread * (1 + 1 / len(past)) ** 0.5, config)
    return row | judged | {"details": _rounded(told)}


def _gap(name: str, one: WindowScores, past: Sequence[float], config: MonitoringConfig) -> tuple[float | None, dict[str, Any]]:
    """Estimated minus realised, of frauds as a share of the estimated ones, and its row; None where it cannot be said."""
    row = _row(one, name, int(one.known.sum()), int(one.known.sum()))
    estimate: Estimate | None = getattr(_estimated(one, one.known), name)
    realised: float | None = getattr(realised_performance(one.known, one.frauds, one.is_high), name)
    if row["row_count"] < config.min_rows or estimate is None or realised is None or not estimate.value:
        return None, row | {"status": "too_few_rows"}
    told = {"estimated": estimate.value, "low": estimate.low, "high": estimate.high, "realised": realised}
    is_count = name == "frauds"
    unit = estimate.value if is_count else 1.0
    own = float(np.std(past, ddof=1)) if len(past) >= config.min_reference_windows else 0.0
    gap = (estimate.value - realised) / unit
    measure, effect = (OFF_ESTIMATE, abs(gap)) if is_count else (BELOW_ESTIMATE, gap)
    return gap, row | _judged(measure, effect, max(estimate.spread / unit, own), config) | {"details": _rounded(told)}


def _is_worth_adding_up(row: Mapping[str, Any], config: MonitoringConfig) -> bool:
    """Whether a window is off and does not say so loudly by itself."""
    is_off = row["status"] == "judged" and row["effect"] >= config.bars[OFF_ESTIMATE].moderate
    return bool(is_off and row["level"] != Level.STRONG.value)


def _together(windows: Sequence[WindowScores], past: Sequence[float], config: MonitoringConfig) -> dict[str, Any] | None:
    """The row of the newest window as all of these show it, where their frauds together are off; None where they are not.

    Chance is as much less of the sum as its own spread says, and what single windows differ by less by the root of their number.
    """
    named = ("probability", "is_high", "attempts", "known", "frauds")
    whole = WindowScores(windows[-1].window, *(np.concatenate([getattr(one, name) for one in windows]) for name in named))
    middle = float(np.mean(past)) if past else 0.0
    _, row = _gap("frauds", whole, [middle + (gap - middle) / len(windows) ** 0.5 for gap in past], config)
    if row["level"] == Level.CALM.value:
        return None
    return row | {"details": {**row["details"], "windows": len(windows)}}


def _judged(measure: str, effect: float, spread: float, config: MonitoringConfig) -> dict[str, Any]:
    """Level and severity of an effect that means nothing within so many times its usual spread."""
    bar, times = config.bars[measure], config.spreads
    moderate, strong = (max(least, many * spread) for least, many in zip(astuple(bar), astuple(times), strict=True))
    level = Level.STRONG if effect >= strong else Level.MODERATE if effect >= moderate else Level.CALM
    severity = max(effect, 0.0) / strong
    return {"measure": measure, "effect": effect, "threshold": strong, "severity": severity, "level": level.value}


def _row(one: WindowScores, name: str, count: int, reference_count: int) -> dict[str, Any]:
    return {
        "window_start": one.window.start,
        "window_end": one.window.end,
        "feature": name,
        "kind": "number",
        "is_score": False,
        "status": "judged",
        "level": Level.CALM.value,
        "severity": 0.0,
        "row_count": count,
        "reference_row_count": reference_count,
        "details": {},
    }


def _ranked(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered = sorted(rows, key=lambda row: -row["severity"])
    return [row | {"rank": place} for place, row in enumerate(ordered, start=1)]


def _composition_spread(reference: Sequence[WindowScores], size: int) -> dict[str, float]:
    """Standard deviation of each estimated figure when as many attempts are drawn from the reference's own mix.

    Means over labels in closed form, not draws within draws: E[f_g F_g] is m_g M_g and the variance of f_g, where f_g are the
    frauds of a group, m_g their mean, F_g and M_g the sums of both down to it.
    """
    attempts, probability = (np.concatenate([getattr(one, name) for one in reference]) for name in ("attempts", "probability"))
    order = np.argsort(-probability, kind="stable")
    chance, is_high = probability[order], np.concatenate([one.is_high for one in reference])[order]
    shares = attempts[order] / attempts.sum()
    counts = np.random.default_rng(_SEED).multinomial(size, shares, size=_RESAMPLES)
    frauds = counts * chance
    hits = frauds * np.cumsum(frauds, axis=1) + frauds * (1 - chance)
    whole, high = np.maximum(frauds.sum(axis=1), 1e-9), np.maximum(counts[:, is_high].sum(axis=1), 1)
    figures = {
        "average_precision": (hits / np.maximum(np.cumsum(counts, axis=1), 1)).sum(axis=1) / whole,
        "precision": frauds[:, is_high].sum(axis=1) / high,
        "recall": frauds[:, is_high].sum(axis=1) / whole,
    }
    return {name: float(values.std()) for name, values in figures.items()}


def _rounded(told: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in told.items()}
