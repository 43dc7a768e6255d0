from datetime import UTC, datetime

import numpy as np

from marketplace.simulation.calendar import busyness, instants_of_day, is_campaign_day
from marketplace.simulation.config import DAY, SimulationConfig, last_midnight, microseconds


def start_of(year: int, month: int, day: int) -> int:
    return microseconds(datetime(year, month, day, tzinfo=UTC))


def test_friday_is_busier_than_sunday() -> None:
    level = busyness(start_of(2026, 8, 3), 7)  # a Monday, far from festivals
    assert level.argmax() == 4
    assert level.argmin() == 6


def test_days_before_eid_are_busier_than_the_same_weekday_after() -> None:
    level = busyness(start_of(2026, 3, 13), 15)  # Eid on the 20th, both Fridays
    assert level[7] > 1.9 * level[14]


def test_instants_stay_within_their_day() -> None:
    start = start_of(2026, 8, 3)
    days = np.array([0, 1, 1, 6])
    instants = instants_of_day(days, np.random.default_rng(3), start)
    assert ((instants - start) // DAY == days).all()


def test_campaigns_run_only_near_festivals() -> None:
    assert is_campaign_day(np.array([start_of(2026, 3, 19), start_of(2026, 8, 5)])).tolist() == [True, False]


def test_last_midnight_is_in_utc() -> None:
    assert last_midnight(datetime(2026, 11, 20, 18, 30, tzinfo=UTC)) == datetime(2026, 11, 20, tzinfo=UTC)


def test_ids_are_one_to_one() -> None:
    config = SimulationConfig(100, 20, 1, datetime(2026, 1, 1, tzinfo=UTC))
    ids = config.ids("c", np.arange(5000))
    assert len(set(ids.to_list())) == 5000
    assert config.ids("c", np.array([17]))[0] == ids[17]
