"""The five shifts in many weeks of several simulations, and all their quiet weeks, printed as a table."""

import pytest

from models.monitoring import Level, alerts_of
from tests.models.monitoring.live_replay import LIVE_SHIFTS, LIVE_WEEKS, WATCHED, drift_of_live, live_shifted, made_live
from tests.models.monitoring.replay import LIVE, SHIFTS, as_seen, drift_of, shifted, simulated_attempts, weeks

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

SEEDS = (1, 2, 3, 4, 5)
WEEKS_HIT = (0, 9, 19)


@pytest.mark.parametrize("trained_every", [1, 4])
def test_quiet_weeks_stay_quiet_and_shifts_are_found(trained_every: int) -> None:
    live = weeks()[-LIVE:]
    missed: list[str] = []
    print(f"\nchampion trained every {trained_every} week(s); {LIVE} weeks, 2,000 customers")
    print(f"{'seed':>4} {'false alarms':>12}  " + "  ".join(f"{name:>22}" for name in SHIFTS))
    for seed in SEEDS:
        attempts = simulated_attempts(seed)
        quiet = drift_of(as_seen(attempts), live, trained_every=trained_every).assign(model_name="fraud", model_version="1")
        alarms = len(alerts_of(quiet))
        cells = []
        for name, shift in SHIFTS.items():
            ranks = []
            for place in WEEKS_HIT:
                drift = drift_of(shifted(attempts, shift, live[place], seed), [live[place]], trained_every=trained_every)
                row = drift.set_index("feature").loc[shift.culprit]
                is_found = row["level"] == Level.STRONG.value and row["rank"] <= 3
                ranks.append(int(row["rank"]) if is_found else 0)
                missed += [] if is_found else [f"seed {seed}, week {place}, {name}: {row['level']}, rank {row['rank']}"]
            cells.append(f"{sum(rank > 0 for rank in ranks)}/{len(ranks)}, rank {max(ranks)}")
        print(f"{seed:>4} {alarms:>12}  " + "  ".join(f"{cell:>22}" for cell in cells))
        assert alarms <= 1, alerts_of(quiet)
    assert not missed, missed


@pytest.mark.parametrize("stream", list(WATCHED))
def test_quiet_live_weeks_stay_quiet_and_faults_are_found(stream: str) -> None:
    judged = LIVE_WEEKS[-LIVE:]
    shifts = {name: shift for name, shift in LIVE_SHIFTS.items() if shift.stream == stream}
    missed: list[str] = []
    print(f"\n{stream}: a new version every week or two; {LIVE} weeks")
    print(f"{'seed':>4} {'false alarms':>12}  " + "  ".join(f"{name:>28}" for name in shifts))
    for seed in SEEDS:
        rows = made_live(stream, seed)
        alarms = alerts_of(drift_of_live(rows, stream, judged))
        cells = []
        for name, shift in shifts.items():
            found = 0
            for place in WEEKS_HIT:
                drift = drift_of_live(live_shifted(rows, shift, judged[place], seed), stream, [judged[place]])
                row = drift.set_index("feature").loc[shift.culprit]
                is_found = row["level"] == Level.STRONG.value and row["rank"] == 1
                found += is_found
                missed += [] if is_found else [f"seed {seed}, week {place}, {name}: {row['level']}, rank {row['rank']}"]
            cells.append(f"{found}/{len(WEEKS_HIT)}")
        print(f"{seed:>4} {len(alarms):>12}  " + "  ".join(f"{cell:>28}" for cell in cells))
        assert len(alarms) <= 1, alarms
    assert not missed, missed
