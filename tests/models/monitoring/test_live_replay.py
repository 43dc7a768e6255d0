"""Twenty weeks of live answers: a new version every week is no alarm, and each of five faults is found in its first week."""

import pytest

from models.monitoring import Level, alerts_of
from tests.models.monitoring.live_replay import LIVE_SHIFTS, LIVE_WEEKS, drift_of_live, live_shifted, made_live
from tests.models.monitoring.replay import LIVE

SEED = 3
JUDGED = LIVE_WEEKS[-LIVE:]


@pytest.mark.parametrize("stream", ["decisions", "impressions"])
def test_quiet_weeks_stay_quiet_although_a_new_version_comes_every_week(stream: str) -> None:
    drift = drift_of_live(made_live(stream, SEED), stream, JUDGED)
    assert set(drift["status"]) == {"judged"}
    assert drift["window_start"].nunique() == LIVE
    assert len(alerts_of(drift)) <= 1


@pytest.mark.parametrize("name", list(LIVE_SHIFTS))
def test_a_fault_is_found_in_its_first_week_and_leads_its_alert(name: str) -> None:
    shift, week = LIVE_SHIFTS[name], JUDGED[9]
    drift = drift_of_live(live_shifted(made_live(shift.stream, SEED), shift, week, SEED), shift.stream, [week])
    (alert,) = alerts_of(drift)
    assert (alert.feature, alert.measure, alert.level) == (shift.culprit, shift.measure, Level.STRONG)
    assert alert.action
