"""The expected revenue of each day: a level that forgets, times a weekday pattern pooled over sellers, times a course if any.

Most sellers sell on few days, so each one's own pattern is drawn towards everybody's, the more so the less they sold.
"""

import warnings
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.seller_analytics.course import trend_course, year_course
from models.seller_analytics.dataset import SeriesTable

Floats = NDArray[np.float64]
WEEK = 7
# A course is foretold so far at least; after its last step it stays where it is.
STEPS = 28


@dataclass(frozen=True)
class Recipe:
    """What is chosen on past windows; a level stays as it is without a half-life of its trend or pooled years."""

    level_half_life: float
    pooled_weeks: float
    weekday_half_life: float
    trend_half_life: float | None = None
    trend_damping: float = 1.0
    pooled_years: float | None = None


@dataclass(frozen=True)
class Expectation:
    """Per seller: revenue of an average day, and the share of it that each weekday (0 is Monday) brings; mean 1.

    Attributes:
        course: what the level is multiplied by on the next days, one column per day; a single 1 where it stays.
    """

    level: Floats
    pattern: Floats
    course: Floats = field(default_factory=lambda: np.ones((1, 1)))

    def over(self, weekdays: NDArray[np.intp]) -> Floats:
        """Sellers × days for the next days, which fall on these weekdays."""
        steps = np.minimum(np.arange(len(weekdays)), self.course.shape[1] - 1)
        return np.asarray(self.level[:, None] * self.pattern[:, weekdays] * self.course[:, steps])

    def of(self, row: int) -> "Expectation":
        """That of one seller."""
        course = self.course if len(self.course) == 1 else self.course[row : row + 1]
        return Expectation(self.level[row : row + 1], self.pattern[row : row + 1], course)


def expect(table: SeriesTable, recipe: Recipe, *, steps: int = STEPS) -> Expectation:
    """Level, weekday pattern and course as of the table's last day."""
    made = _level_and_pattern(table, recipe)
    if recipe.trend_half_life is not None:
        course = trend_course(
            table, made.pattern, made.level, half_life=recipe.trend_half_life, damping=recipe.trend_damping, steps=steps
        )
        return replace(made, course=course)
    if recipe.pooled_years is not None:
        course = year_course(
            table,
            lambda then: _level_and_pattern(then, recipe).over(then.weekdays_after(steps)),
            pooled_years=recipe.pooled_years,
            steps=steps,
        )
        return replace(made, course=course)
    return made


def _level_and_pattern(table: SeriesTable, recipe: Recipe) -> Expectation:
    age = np.arange(len(table.days) - 1, -1, -1, dtype=np.float64)
    known = ~np.isnan(table.values)
    revenue = np.nan_to_num(table.values)
    on_weekday = np.eye(table.cycle)[table.weekdays]

    slow = 0.5 ** (age / recipe.weekday_half_life)
    sold, seen = (revenue * slow) @ on_weekday, (known * slow) @ on_weekday
    mean = sold.sum(axis=1, keepdims=True) / np.maximum(seen.sum(axis=1, keepdims=True), 1e-12)
    # Each seller counts alike in the pooled pattern, whatever they earn.
    relative = np.divide(sold, mean, out=np.zeros_like(sold), where=mean > 0)
    pooled = relative.sum(axis=0) / np.maximum(np.where(mean > 0, seen, 0).sum(axis=0), 1e-12)
    pooled = np.where(pooled.sum() > 0, pooled, 1.0)
    pooled = pooled / pooled.mean()
    own_and_pooled = (relative + recipe.pooled_weeks * pooled) / np.maximum(seen + recipe.pooled_weeks, 1e-12)
    pattern_mean = own_and_pooled.mean(axis=1, keepdims=True)
    pattern = np.divide(own_and_pooled, pattern_mean, out=np.ones_like(own_and_pooled), where=pattern_mean > 0)

    fast = 0.5 ** (age / recipe.level_half_life)
    # Divided by the pattern of the same days, so that a level that ends on a weekend is not too high.
    expected_share = ((known * fast) @ on_weekday * pattern).sum(axis=1)
    level = (revenue * fast).sum(axis=1) / np.maximum(expected_share, 1e-12)
    return Expectation(level, pattern)


def mean_of_medians(table: SeriesTable, weeks: tuple[int, ...], weekdays: NDArray[np.intp]) -> Floats:
    """Per weekday, the mean of its medians over the last so many weeks: long ones are steady, short ones follow."""
    made = []
    with warnings.catch_warnings():
        # A series younger than a week has no median of some weekdays yet: zero.
        warnings.simplefilter("ignore", RuntimeWarning)
        for count in weeks:
            last, on = table.values[:, -count * table.cycle :], table.weekdays[-count * table.cycle :]
            medians = [np.nanmedian(last[:, on == day], axis=1) for day in range(table.cycle)]
            made.append(np.nan_to_num(np.column_stack(medians))[:, weekdays])
    return np.asarray(np.mean(made, axis=0))


def seasonal_naive(table: SeriesTable, horizon: int) -> Floats:
    """The last week again and again."""
    return np.asarray(np.nan_to_num(table.values[:, -WEEK:])[:, np.arange(horizon) % WEEK])


def weekday_mean(table: SeriesTable, horizon: int, *, weeks: int = 4) -> Floats:
    """The mean of the last weeks, per weekday."""
    last = np.nan_to_num(table.values[:, -weeks * WEEK :])
    by_week = last[:, last.shape[1] % WEEK :].reshape(len(last), -1, WEEK)
    return np.asarray(by_week.mean(axis=1)[:, np.arange(horizon) % WEEK])


def flat_mean(table: SeriesTable, horizon: int, *, days: int = 28) -> Floats:
    """The mean of the last days, on every day."""
    return np.repeat(np.nan_to_num(table.values[:, -days:]).mean(axis=1)[:, None], horizon, axis=1)
