"""Weeks of drawn attempts that a calibrated score judges, and ways in which it stops doing well.

Nothing stands still in a quiet shop either: how many attempts a week has, the share of suspicious ones and how far they stand
out vary from week to week, and each week's version calibrates a little otherwise, as retraining does.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.monitoring import Window, WindowScores, complete_windows, scores_by_window
from models.monitoring.windows import WEEK

Floats = npt.NDArray[np.float64]

LIVE, REFERENCE = 20, 11  # weeks under watch, and before them: eight of a reference and three until they are mature
WINDOWS = complete_windows(datetime(2026, 3, 30, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC) + (LIVE + REFERENCE) * WEEK, WEEK)
_ALERT_PROBABILITY = 0.35
_SUSPICIOUS_SHARE, _USUAL_ODDS, _SUSPICIOUS_ODDS = 0.03, -6.0, 0.0


def drawn_scores(
    seed: int, *, attempts: int = 1500, shift: str | None = None, shifted_from: int = 9
) -> tuple[list[WindowScores], list[Window]]:
    """All weeks, and those under watch.

    Args:
        attempts: of a usual week. shift: one of `SHIFTS`, from so many weeks of the watch on; None leaves every week quiet.
    """
    rng = np.random.default_rng(seed)
    judged = WINDOWS[REFERENCE:]
    rows = []
    for window in WINDOWS:
        is_shifted = shift is not None and window.start >= judged[shifted_from].start
        rows.append(_week(rng, window, attempts, SHIFTS[shift] if is_shifted and shift else None))
    return scores_by_window(pd.concat(rows, ignore_index=True), WINDOWS), judged


Shift = Callable[[Floats, np.random.Generator], tuple[Floats, Floats]]


def _week(rng: np.random.Generator, window: Window, attempts: int, shift: Shift | None) -> pd.DataFrame:
    count = int(rng.poisson(attempts * rng.lognormal(0, 0.15)))
    is_suspicious = rng.random(count) < _SUSPICIOUS_SHARE * rng.gamma(20, 1 / 20)
    middle = np.where(is_suspicious, _SUSPICIOUS_ODDS + rng.normal(0, 0.15), _USUAL_ODDS)
    true = rng.normal(middle, np.where(is_suspicious, 2.5, 1.2))
    told, true = shift(true, rng) if shift else (true, true)
    probability = _sigmoid(told + rng.normal(0, 0.1)).round(3)
    is_fraud = rng.random(count) < _sigmoid(true)
    is_known = rng.random(count) < 0.95  # refused ones that nobody looked at stay unknown
    attempt = pd.DataFrame({"probability": probability, "known": is_known, "frauds": is_fraud & is_known}).astype(float)
    groups = attempt.assign(attempts=1).groupby("probability", as_index=False).sum()
    return groups.assign(window_start=window.start, is_high=groups["probability"] >= _ALERT_PROBABILITY)


def _sigmoid(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def _too_sure(true: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Odds are told e times too high."""
    return true + 1.0, true


def _frauds_moved(true: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Half of those who looked like fraud are honest, and as many frauds look like anybody."""
    moved = np.flatnonzero((true > -1) & (rng.random(len(true)) < 0.5))
    swapped = true.copy()
    elsewhere = rng.choice(len(true), len(moved), replace=False)
    swapped[moved], swapped[elsewhere] = true[elsewhere], true[moved]
    return true, swapped


def _blurred(true: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A calibrated score that knows less: what told suspicious attempts apart is gone, and it says so."""
    blurred = np.where(true > -3, -1.5 + 0.4 * (true + 1.5), true)
    return blurred, blurred


SHIFTS: Mapping[str, Shift] = {
    "probabilities too high": _too_sure,
    "frauds elsewhere": _frauds_moved,
    "a score that knows less": _blurred,
}
# The stream that must find each.
FOUND_BY = {"probabilities too high": "realised", "frauds elsewhere": "realised", "a score that knows less": "estimates"}
