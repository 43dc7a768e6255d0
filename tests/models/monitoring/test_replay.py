"""Twenty simulated weeks: quiet ones stay quiet, and each of five shifts is found in its first week and named."""

import numpy as np
import pandas as pd
import pytest

from models.monitoring import Level, alerts_of
from tests.models.monitoring.replay import LIVE, SHIFTS, as_seen, drift_of, shifted, simulated_attempts, weeks

SEED = 3


@pytest.fixture(scope="module")
def attempts() -> pd.DataFrame:
    return simulated_attempts(SEED)


@pytest.fixture(scope="module")
def quiet(attempts: pd.DataFrame) -> pd.DataFrame:
    drift = drift_of(as_seen(attempts), weeks()[-LIVE:], trained_every=4)
    return drift.assign(model_name="fraud", model_version="1")


def test_twenty_weeks_without_drift_raise_at_most_one_alert(quiet: pd.DataFrame) -> None:
    judged = quiet[quiet["status"] == "judged"]
    assert judged["window_start"].nunique() == LIVE
    assert set(judged["feature"]) == set(quiet["feature"])
    assert len(alerts_of(quiet)) <= 1


@pytest.mark.parametrize("name", list(SHIFTS))
def test_a_shift_is_found_in_its_first_week_and_named_among_the_first_three(attempts: pd.DataFrame, name: str) -> None:
    shift, week = SHIFTS[name], weeks()[-LIVE + 9]
    drift = drift_of(shifted(attempts, shift, week, SEED), [week], trained_every=4).set_index("feature")
    culprit = drift.loc[shift.culprit]
    assert culprit["level"] == Level.STRONG.value, culprit.to_dict()
    assert culprit["rank"] <= 3
    (alert,) = alerts_of(drift.reset_index().assign(model_name="fraud", model_version="1"))
    assert shift.culprit in (alert.feature, *alert.also)
    assert (alert.window_start, alert.level) == (week.start, Level.STRONG)
    assert alert.action


def test_a_handful_of_rows_raises_nothing_however_odd(attempts: pd.DataFrame) -> None:
    week = weeks()[-1]
    seen = shifted(attempts, SHIFTS["amount x 1.5"], week, SEED)
    rng = np.random.default_rng(SEED)
    inside = np.flatnonzero((seen["at"] >= week.start).to_numpy())
    few = seen.drop(seen.index[rng.permutation(inside)[8:]]).assign()
    few.loc[few["at"] >= week.start, "amount_minor"] *= 100
    drift = drift_of(few, [week], trained_every=4)
    assert set(drift["status"]) == {"too_few_rows"}
    assert set(drift["level"]) == {Level.CALM.value}
