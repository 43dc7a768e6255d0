"""Estimated and realised figures over drawn weeks: quiet ones stay quiet, and a score that stops doing well is found."""

import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from benchmarks._drawn_scores import FOUND_BY, LIVE, SHIFTS, drawn_scores
from benchmarks.monitoring import performance_drift
from models.monitoring import Level, Window, WindowScores, alerts_of, measure_estimates, measure_realised
from models.monitoring.actions import suggested_action

SEED, ATTEMPTS = 3, 4000
MATURE_AFTER = timedelta(days=21)


@pytest.fixture(scope="module")
def quiet() -> tuple[list[WindowScores], list[Window]]:
    return drawn_scores(SEED, attempts=ATTEMPTS)


@pytest.mark.parametrize("stream", ["estimates", "realised"])
def test_twenty_quiet_weeks_raise_at_most_one_alert(quiet: tuple[list[WindowScores], list[Window]], stream: str) -> None:
    drift = performance_drift(*quiet, stream)
    assert set(drift["status"]) == {"judged"}
    assert drift["window_start"].nunique() == LIVE
    assert len(alerts_of(drift)) <= 1


@pytest.mark.parametrize("name", list(SHIFTS))
def test_a_score_that_stops_doing_well_is_found_within_three_weeks(name: str) -> None:
    scored, judged = drawn_scores(SEED, attempts=ATTEMPTS, shift=name)
    found = [one for one in alerts_of(performance_drift(scored, judged, FOUND_BY[name])) if one.window_start >= judged[9].start]
    assert found, name
    assert found[0].window_start <= judged[11].start
    assert found[0].action


def test_more_frauds_than_estimated_are_told_as_a_number(quiet: tuple[list[WindowScores], list[Window]]) -> None:
    scored, judged = quiet
    last = scored[-1]
    missed = replace(last, frauds=np.where(last.probability < 0.01, np.minimum(last.known, last.frauds + 5), last.frauds))
    row = performance_drift([*scored[:-1], missed], judged[-1:], "realised").set_index("feature").loc["frauds"]
    told = suggested_action(row.to_dict() | {"feature": "frauds"})
    assert re.match(r"Labels realised \d+ frauds, where \d+ were estimated \(\d+ to \d+ by chance\)", told), told
    assert "estimates of younger weeks are too low as well" in told


def test_weeks_that_are_a_little_off_are_found_by_what_they_add_up_to(quiet: tuple[list[WindowScores], list[Window]]) -> None:
    scored, judged = drawn_scores(3, attempts=1500, shift="probabilities too high")
    drift = performance_drift(scored, judged, "realised")
    alert = next(one for one in alerts_of(drift) if one.window_start >= judged[9].start)
    assert (alert.feature, alert.level) == ("frauds", Level.MODERATE)
    assert alert.window_start <= judged[11].start
    told = re.match(r"Labels realised (\d+) frauds, where (\d+) were estimated over 3 weeks", alert.action)
    assert told, alert.action
    place = scored.index(next(one for one in scored if one.window.start == alert.window_start))
    assert int(told[1]) == sum(int(one.frauds.sum()) for one in scored[place - 2 : place + 1])


def test_a_calm_week_is_calm_whatever_was_before_it(quiet: tuple[list[WindowScores], list[Window]]) -> None:
    scored, judged = quiet
    early = scored[-2]
    missed = replace(early, frauds=np.where(early.probability < 0.01, np.minimum(early.known, early.frauds + 5), early.frauds))
    drift = performance_drift([*scored[:-2], missed, scored[-1]], judged[-2:], "realised")
    assert drift[drift["feature"] == "frauds"]["level"].tolist() == [Level.STRONG.value, Level.CALM.value]


def test_few_attempts_and_no_outcome_are_not_judged(quiet: tuple[list[WindowScores], list[Window]]) -> None:
    scored, judged = quiet
    nothing, last = np.array([], dtype=np.int64), judged[-1]
    empty = WindowScores(last, np.array([]), np.array([], dtype=bool), nothing, nothing, nothing)
    without = [*scored[:-1], empty]
    for drift in (measure_estimates(without, [last], mature_after=MATURE_AFTER), measure_realised(without, [last])):
        assert set(drift["status"]) == {"too_few_rows"}
        assert set(drift["level"]) == {Level.CALM.value}


def test_young_windows_are_no_reference(quiet: tuple[list[WindowScores], list[Window]]) -> None:
    scored, _ = quiet
    early = measure_estimates(scored, [scored[5].window, scored[6].window], mature_after=MATURE_AFTER)
    assert early.groupby("window_start")["status"].first().tolist() == ["no_reference", "judged"]
    counts = pd.Series([one.attempts.sum() for one in scored])
    assert set(early["reference_row_count"]) == {counts[:2].sum(), counts[:3].sum()}
    assert set(early["row_count"]) == {counts[5], counts[6]}
