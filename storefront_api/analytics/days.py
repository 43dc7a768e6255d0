"""Days of a calendar, both ends included: those asked for, and those they stand beside."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from marketplace.errors import InvalidInputError

Compare = Literal["previous", "year"]

USUAL_DAYS = 28
LONGEST_DAYS = 730
_EARLIEST, _LATEST = date(2000, 1, 1), date(2099, 12, 31)


@dataclass(frozen=True)
class Days:
    """From `first` to `last`, both included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    def before(self) -> "Days":
        """As many days, ending the day before these begin."""
        return Days(self.first - timedelta(days=self.count), self.first - timedelta(days=1))

    def a_year_earlier(self) -> "Days":
        """The same dates of the year before; 29 February becomes the 28th."""
        return Days(_a_year_before(self.first), _a_year_before(self.last))

    def instants(self, time_zone: str) -> tuple[datetime, datetime]:
        """When the first day begins, and the first instant behind the last, on the clock of this zone.

        Where a clock is set at midnight, the day begins at the first instant that bears its date.
        """
        zone = ZoneInfo(time_zone)
        return datetime.combine(self.first, time.min, zone), datetime.combine(self.last + timedelta(days=1), time.min, zone)


def chosen_days(known: Days, *, first: date | None, last: date | None, day_count: int | None) -> Days:
    """The days asked for, by default the last `USUAL_DAYS` of those `known`.

    Args:
        day_count: so many days until the last one known, instead of `first` and `last`.
    Raises:
        InvalidInputError: a period that ends before it begins, or is longer than two years.
    """
    if day_count is not None:
        first = last = None
    last = last or known.last
    first = first or max(last, _EARLIEST) - timedelta(days=(day_count or USUAL_DAYS) - 1)
    return _checked(Days(first, last))


def compared_days(days: Days, compare: Compare, known: Days) -> Days | None:
    """Those that `days` stand beside; None where they begin before anything is known."""
    compared = days.before() if compare == "previous" else days.a_year_earlier()
    return compared if compared.first >= known.first else None


def _checked(days: Days) -> Days:
    if not _EARLIEST <= days.first <= days.last <= _LATEST:
        raise InvalidInputError(
            f"from {days.first} to {days.last} is no period; choose a first day before the last, both in this century"
        )
    if days.count > LONGEST_DAYS:
        raise InvalidInputError(f"from, to: {days.count} days; choose at most {LONGEST_DAYS}")
    return days


def _a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
