"""Effect sizes on hand-made histograms, profiles of a few values, windows and the rule."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import MissingColumnsError
from models.monitoring import Feature, Kind, Level, MonitoringConfig, Window, complete_windows, judge, known_before, measure_drift
from models.monitoring.effects import chance_of_rate, chance_of_shape, jensen_shannon, psi, rate, wasserstein
from models.monitoring.features import MEMORY, patterns
from models.monitoring.profile import merged, number_cells, profiles
from models.monitoring.windows import DAY, WEEK, reference_windows, window_length

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def counts(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=float)


def test_effects_are_nothing_between_equals_and_grow_with_the_shift() -> None:
    flat, tilted, moved = counts(25, 25, 25, 25), counts(20, 20, 30, 30), counts(0, 0, 0, 100)
    for effect in (wasserstein, psi, jensen_shannon):
        assert effect(flat, flat * 7) == pytest.approx(0, abs=2e-3)
        assert 0 < effect(flat, tilted) < effect(flat, moved)
    # Ranks 1/8, 3/8, 5/8, 7/8: everything at the last is 3/8 away on average, times two.
    assert wasserstein(flat, moved) == pytest.approx(0.75)
    assert jensen_shannon(counts(1, 0), counts(0, 1)) == pytest.approx(1)
    # Two cells, 50:50 against 80:20: 0.3 ln(0.8/0.5) − 0.3 ln(0.2/0.5); half a row in each cell hardly matters.
    assert psi(counts(5000, 5000), counts(8000, 2000)) == pytest.approx(0.3 * np.log(1.6) + 0.3 * np.log(2.5), abs=1e-3)


def test_profiles_of_days_add_up_to_the_profile_of_the_week() -> None:
    values = pd.Series([0, 0, 0, 1, 2, None, 3, 0, 5, 8], dtype=float)
    cells = number_cells(values.to_numpy(), 64)
    days, week = profiles(values, cells, [0, 4], [4, 10]), profiles(values, cells, [0], [10])[0]
    together = merged(days)
    assert (together.row_count, together.null_count) == (week.row_count, week.null_count) == (10, 1)
    assert together.counts.tolist() == week.counts.tolist()
    assert week.counts.sum() == 9
    assert (week.distinct_count, week.top_count) == (6, 4)


def test_windows_are_whole_weeks_from_monday() -> None:
    found = complete_windows(MONDAY - timedelta(days=10), MONDAY + timedelta(days=9), WEEK)
    assert [window.start for window in found] == [MONDAY - WEEK, MONDAY]
    assert complete_windows(MONDAY, MONDAY + timedelta(hours=30), DAY) == [Window(MONDAY, MONDAY + DAY)]
    assert window_length(20_000, MONDAY, MONDAY + timedelta(days=10), rows_per_day=1000) == DAY
    assert window_length(9_000, MONDAY, MONDAY + timedelta(days=10), rows_per_day=1000) == WEEK


def test_the_reference_ends_with_the_training_or_before_the_window() -> None:
    windows = complete_windows(MONDAY, MONDAY + 10 * WEEK, WEEK)
    live = reference_windows(windows, windows[9], trained_until=MONDAY + 5 * WEEK, since=MONDAY, count=3)
    assert live == windows[2:5]
    assert reference_windows(windows, windows[4], trained_until=MONDAY + 9 * WEEK, since=MONDAY, count=3) == windows[1:4]
    assert reference_windows(windows, windows[4], trained_until=None, since=MONDAY + 2 * WEEK, count=3) == windows[2:4]


def test_strong_fires_at_once_and_moderate_when_it_stays() -> None:
    config, calm, moderate, strong = MonitoringConfig(consecutive_windows=3), Level.CALM, Level.MODERATE, Level.STRONG
    assert judge([calm, calm, strong], config) is strong
    assert judge([moderate, moderate], config) is None
    assert judge([calm, moderate, moderate, moderate], config) is moderate
    assert judge([moderate, calm, moderate, moderate], config) is None
    assert judge([strong, moderate, moderate], config) is moderate
    assert judge([strong, calm], config) is None


def test_an_identifier_is_known_while_it_was_seen_lately() -> None:
    at = pd.Series([MONDAY, MONDAY + DAY, MONDAY + MEMORY, MONDAY + DAY + 2 * MEMORY, MONDAY])
    ids = pd.Series(["a", "a", "a", "a", None])
    assert known_before(ids, at).tolist()[:4] == [0.0, 1.0, 1.0, 0.0]
    assert np.isnan(known_before(ids, at).iloc[4])
    shapes = patterns(pd.Series(["d0a1b2c3", "card-0a1b", None]))
    assert shapes.tolist()[:2] == ["hex of 8", "text of 9"]
    assert shapes.isna().tolist() == [False, False, True]


def week_of_rows(start: datetime, number: int, value: object) -> pd.DataFrame:
    at = pd.to_datetime([start + timedelta(minutes=30 * step) for step in range(number)])
    return pd.DataFrame({"at": at, "kind": [value if step % 2 else "other" for step in range(number)]})


def test_columns_still_filling_up_and_windows_without_a_reference_are_not_judged() -> None:
    rows = pd.concat([week_of_rows(MONDAY + number * WEEK, 200, "a") for number in range(6)], ignore_index=True)
    windows = complete_windows(MONDAY, MONDAY + 6 * WEEK, WEEK)
    drift = measure_drift(rows.assign(count_28d=1.0), [Feature("kind", Kind.CATEGORY), Feature("count_28d")], windows)
    status = drift.pivot(index="window_start", columns="feature", values="status")
    assert status["kind"].tolist() == ["no_reference"] * 3 + ["judged"] * 3
    assert status["count_28d"].tolist() == ["warming_up"] * 4 + ["no_reference"] * 2
    assert set(drift["level"]) == {"calm"}
    with pytest.raises(MissingColumnsError, match="amount"):
        measure_drift(rows, [Feature("amount")], windows)


def test_the_order_of_rows_does_not_matter() -> None:
    rows = pd.concat([week_of_rows(MONDAY + number * WEEK, 200, "a") for number in range(5)], ignore_index=True)
    rows.loc[rows["at"] >= MONDAY + 4 * WEEK, "kind"] = "new"
    windows = complete_windows(MONDAY, MONDAY + 5 * WEEK, WEEK)
    features = [Feature("kind", Kind.CATEGORY)]
    first = measure_drift(rows, features, windows)
    shuffled = measure_drift(rows.sample(frac=1, random_state=1), features, windows)
    pd.testing.assert_frame_equal(first, shuffled)
    last = first.iloc[-1]
    assert (last["level"], last["details"]["new"]) == ("strong", [["new", 1.0]])


def test_two_samples_of_one_distribution_differ_in_ranks_more_than_chance_allows_as_rarely_as_it_says() -> None:
    rng, draws, chance = np.random.default_rng(3), 3000, 1e-2
    edges = np.linspace(0, 1, 65)
    most = chance_of_shape(64, 400, 100, chance=chance)["wasserstein"]
    samples = ((np.histogram(rng.random(count), edges)[0].astype(float) for count in (400, 100)) for _ in range(draws))
    exceeded = sum(wasserstein(*pair) > most for pair in samples) / draws
    assert 0.2 * chance <= exceeded <= 2 * chance


@pytest.mark.parametrize(("then", "now", "effect"), [(0.06, 0.03, 0.5), (0.06, 0.12, 0.5), (0.06, 0.0, 1.0), (0.0, 0.0, 0.0)])
def test_a_rate_halves_as_much_as_it_doubles(then: float, now: float, effect: float) -> None:
    assert rate(then, now) == pytest.approx(effect)


def test_a_rate_of_a_few_cases_says_nothing_however_it_changes() -> None:
    assert chance_of_rate(0.01, 800, 100, chance=1e-5) == 1.0
    assert chance_of_rate(0.06, 5000, 600, chance=1e-5) == pytest.approx(0.78, abs=0.02)
