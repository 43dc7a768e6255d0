"""Weeks of live decisions and shown shelves, and ways in which they go wrong.

Payments are those of a simulation, with its own weeks of rings and stolen cards. What stands in for the fraud model is a
formula over what it reads, calibrated a little otherwise by each week's new version, as retraining does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd

from models.monitoring import Window, measure_drift
from pipelines.defs.monitoring.live import watched_live
from tests.models.monitoring.replay import LIVE, REFERENCE, UNTIL, as_seen, simulated_attempts, weeks

WATCHED = {watched.stream.value: watched for watched in watched_live()}
LIVE_WEEKS = weeks()[-LIVE - REFERENCE :]
_BANDS = ("below 5 %", "5 to 20 %", "20 to 50 %", "50 to 80 %", "80 % or more")
_SOURCES = ("collaborative", "content", "trending", "session_co_visitation", "sold_most_7d")


def decisions(seed: int) -> pd.DataFrame:
    """A row per payment, as `watched_live` reads them: a new version every week, one in a hundred decided by rules alone."""
    rng = np.random.default_rng(seed)
    seen = as_seen(simulated_attempts(seed))
    seen = seen[seen["at"] >= LIVE_WEEKS[0].start].reset_index(drop=True)
    week = ((seen["at"] - LIVE_WEEKS[0].start) // timedelta(days=7)).to_numpy()
    risk = (
        -5.0
        + 2.0 * seen["is_ip_country_foreign"].fillna(0)
        + 1.5 * np.minimum(seen["device_customers_90d"], 4)
        + 0.8 * np.minimum(seen["card_attempts_24h"], 4)
        + rng.normal(0, 0.8, len(seen))
    )
    calibration = rng.normal(0, 0.3, week.max() + 1)[week]
    probability = 1 / (1 + np.exp(-(risk + calibration)))
    rows = pd.DataFrame({"at": seen["at"], "model_version": [str(number + 1) for number in week], "probability": probability})
    return decided(rows, rng.random(len(rows)) < 0.01)


def decided(rows: pd.DataFrame, by_rules: np.ndarray) -> pd.DataFrame:
    """Band, score and decision of each probability; rows `by_rules` have none."""
    probability = rows["probability"].to_numpy()
    band = np.array(_BANDS, dtype=object)[np.digitize(probability, (0.05, 0.2, 0.5, 0.8))]
    decision = np.array(("approve", "review", "block_and_review", "decline"), dtype=object)[
        np.digitize(probability, (0.2, 0.5, 0.8))
    ]
    return rows.assign(
        risk=np.where(by_rules, None, band),
        score=np.where(by_rules, np.nan, np.floor(probability * 100)),
        decision=np.where(by_rules, "approve", decision),
        model_version=np.where(by_rules, None, rows["model_version"]),
    )


def shelves(seed: int) -> pd.DataFrame:
    """A row per shelf: mixes of sources and a click rate of six in a hundred that both vary a little from week to week."""
    rng = np.random.default_rng(seed)
    parts = []
    for number, window in enumerate(LIVE_WEEKS):
        count = int(rng.poisson(rng.lognormal(6.5, 0.2)))
        shelf = rng.choice(["for_you", "similar", "trending"], count, p=rng.dirichlet((50, 35, 15)))
        source = rng.choice(_SOURCES, count, p=rng.dirichlet((40, 20, 15, 20, 5))).astype(object)
        source[rng.random(count) < 0.01] = None
        is_clicked = rng.random(count) < rng.beta(60, 940)
        position = np.where(is_clicked, np.minimum(rng.geometric(0.35, count), 12), np.nan)
        at = window.start + pd.to_timedelta(np.sort(rng.random(count)) * 7, unit="D")
        given = {"shelf": shelf, "candidate_source": source, "clicked_position": position, "is_clicked": is_clicked.astype(int)}
        parts.append(pd.DataFrame({"at": at, "model_version": str(number // 2 + 1), **given}))
    return pd.concat(parts, ignore_index=True)


@cache
def made_live(stream: str, seed: int) -> pd.DataFrame:
    """The quiet rows of a stream."""
    return decisions(seed) if stream == "decisions" else shelves(seed)


def drift_of_live(rows: pd.DataFrame, stream: str, judged: Sequence[Window]) -> pd.DataFrame:
    """Drift of these weeks against the weeks before each."""
    watched, since = WATCHED[stream], UNTIL - timedelta(weeks=LIVE + REFERENCE)
    drift = measure_drift(rows, watched.features, LIVE_WEEKS, judged=judged, since=since)
    return drift.assign(model_name=watched.model.value, model_version="1", stream=stream)


@dataclass(frozen=True)
class LiveShift:
    """Something that goes wrong in one window; `culprit` and `measure` are what must be found."""

    stream: str
    culprit: str
    measure: str
    inject: Callable[[pd.DataFrame, np.ndarray, np.random.Generator], pd.DataFrame]


def live_shifted(rows: pd.DataFrame, shift: LiveShift, window: Window, seed: int) -> pd.DataFrame:
    """What is seen when the shift happens in one window."""
    hit = ((rows["at"] >= window.start) & (rows["at"] < window.end)).to_numpy()
    return shift.inject(rows.copy(), hit, np.random.default_rng(seed))


def _service_away(rows: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    return decided(rows, rows["risk"].isna().to_numpy() | (hit & (rng.random(len(rows)) < 0.2)))


def _hard_version(rows: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """A version for which no payment is below one in four."""
    probability = np.where(hit, rows["probability"] * 0.5 + 0.25, rows["probability"])
    return decided(rows.assign(probability=probability), rows["risk"].isna().to_numpy())


def _lists_instead(rows: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    return rows.assign(candidate_source=rows["candidate_source"].mask(hit & (rng.random(len(rows)) < 0.2), None))


def _one_source(rows: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    return rows.assign(candidate_source=rows["candidate_source"].mask(hit & (rng.random(len(rows)) < 0.6), "sold_most_7d"))


def _clicks_lost(rows: pd.DataFrame, hit: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    return rows.assign(clicked_position=rows["clicked_position"].mask(hit))


LIVE_SHIFTS: Mapping[str, LiveShift] = {
    "rules alone at 20 %": LiveShift("decisions", "risk", "nulls", _service_away),
    "a version that suspects all": LiveShift("decisions", "risk", "jensen_shannon", _hard_version),
    "stored lists at 20 %": LiveShift("impressions", "candidate_source", "nulls", _lists_instead),
    "one source crowds out": LiveShift("impressions", "candidate_source", "jensen_shannon", _one_source),
    "clicks lost": LiveShift("impressions", "clicked_position", "rate", _clicks_lost),
}
