"""How busy each day and hour of the shop is: weekends, evenings and the weeks before festivals in Bangladesh."""

from datetime import UTC, date, datetime, timedelta

import numpy as np

from marketplace.simulation.config import DAY

# Monday first; Friday and Saturday are the weekend in Bangladesh.
WEEKDAYS = np.array([0.92, 0.90, 0.94, 1.02, 1.22, 1.12, 0.88])

# Hours in Dhaka (UTC+6): quiet at night, a bump at lunch, the peak after dinner.
HOURS_IN_DHAKA = np.array(
    [2.0, 1.0, 0.6, 0.4, 0.4, 0.6, 1.0, 1.6, 2.4, 3.4, 4.4, 5.0, 5.6, 5.4, 4.8, 4.6, 4.8, 5.4, 6.2, 7.4, 8.6, 9.2, 7.8, 4.6]
)
DHAKA_OFFSET_HOURS = 6

# month, day, strength: festivals that follow the solar calendar
YEARLY = ((4, 14, 0.9), (2, 14, 0.5), (12, 16, 0.3), (12, 31, 0.3))
# festivals that follow the moon, as forecast
LUNAR = {
    date(2024, 4, 11): 1.1, date(2024, 6, 17): 0.7, date(2024, 10, 12): 0.4, date(2025, 3, 31): 1.1, date(2025, 6, 7): 0.7,
    date(2025, 10, 1): 0.4, date(2026, 3, 20): 1.1, date(2026, 5, 27): 0.7, date(2026, 10, 20): 0.4, date(2027, 3, 10): 1.1,
    date(2027, 5, 17): 0.7, date(2027, 10, 9): 0.4, date(2028, 2, 27): 1.1, date(2028, 5, 5): 0.7, date(2028, 9, 27): 0.4,
}  # fmt: skip
RAMP_DAYS = 12  # gifts are bought in the days before a festival, hardly after it


def busyness(start: int, days: int) -> np.ndarray:
    """Relative traffic of each day from `start` (microseconds, a midnight), about 1 on an ordinary day."""
    first = datetime.fromtimestamp(start // 1_000_000, tz=UTC).date()
    every = [first + timedelta(days=offset) for offset in range(days)]
    level = WEEKDAYS[[day.weekday() for day in every]]
    return level * (1.0 + np.array([_festival(day) for day in every]))


def instants_of_day(days: np.ndarray, rng: np.random.Generator, start: int) -> np.ndarray:
    """A random instant on each of `days` (numbers from `start`), by the hours of the day."""
    by_utc_hour = np.roll(HOURS_IN_DHAKA, -DHAKA_OFFSET_HOURS)
    hours = rng.choice(24, size=len(days), p=by_utc_hour / by_utc_hour.sum())
    within = (hours + rng.random(len(days))) * (DAY / 24)
    return start + days * DAY + within.astype(np.int64) // 1000 * 1000


def is_campaign_day(instants: np.ndarray) -> np.ndarray:
    """Whether a festival is near enough for shops to give discounts."""
    days = instants // DAY
    known = {day: _festival(date(1970, 1, 1) + timedelta(days=day)) > 0.25 for day in np.unique(days).tolist()}
    return np.array([known[day] for day in days.tolist()], dtype=bool)


def _festival(day: date) -> float:
    """The extra traffic of `day`: rising through the ramp before each festival, gone two days after."""
    fixed = {date(year, month, number): strength for year in (day.year, day.year + 1) for month, number, strength in YEARLY}
    extra = 0.0
    for festival, strength in (fixed | LUNAR).items():
        ahead = (festival - day).days
        if 0 <= ahead <= RAMP_DAYS:
            extra += strength * (1 - ahead / (RAMP_DAYS + 1))
        elif ahead == -1:
            extra += strength * 0.3
    return extra
