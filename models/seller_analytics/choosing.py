"""What past windows of a table say in favour of, one question after the other; what is not clearly better is not taken."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.seller_analytics.config import SellerAnalyticsConfig
from models.seller_analytics.course import WEEKS_OF_A_YEAR, reaches_a_year
from models.seller_analytics.dataset import SeriesTable
from models.seller_analytics.forecast import STEPS, Floats, Recipe, expect
from models.seller_analytics.windows import Window, past_windows

# Better has to be better in so many of the windows, and not by one of them alone.
_SHARE_OF_WINDOWS = 0.66


def choose_recipe(windows: Sequence[Window], config: SellerAnalyticsConfig, *, year_ago: Sequence[Window] = ()) -> Recipe:
    """The half-life and the pull of the pooled pattern that did best over the windows; the slowest without any.

    Best is the least WAPE plus |bias|: WAPE alone would favour forecasts that are too low on skewed sales. A trend, and then
    the course of earlier years, is added where that makes it clearly less. A feast ahead lies in none of the windows: the course
    is taken for it, too, where it errs far less over these and the one of a year ago together.

    Args:
        year_ago: the window of what comes now, a year earlier, if enough is known from before it.
    """
    recipes = [
        Recipe(half_life, pooled_weeks, config.weekday_half_life_days)
        for half_life in config.level_half_life_steps
        for pooled_weeks in config.pooled_weeks_steps
    ]
    if not windows:
        return recipes[-1]
    best = min((_Tried.of(recipe, windows) for recipe in recipes), key=lambda tried: tried.loss)
    for courses in (_with_trend(best.recipe, config), _with_year(best.recipe, windows, config)):
        other = min((_Tried.of(recipe, windows) for recipe in courses), key=lambda tried: tried.loss, default=best)
        if is_clearly_less(other.losses, best.losses, config) or _helped_a_year_ago(other, best, year_ago, config):
            best = other
    return best.recipe


def window_a_year_ago(table: SeriesTable, config: SellerAnalyticsConfig) -> list[Window]:
    """The window of the periods that come next, a year earlier; none unless a year's course could have been told before it."""
    end = len(table.days) - WEEKS_OF_A_YEAR * table.cycle + config.horizon_days
    found = past_windows(table.first(max(end, 0)), config, origins=1) if end <= len(table.days) else []
    return [window for window in found if reaches_a_year(window.known)]


def choose_share(
    windows: Sequence[Window], moved: Sequence[Floats], medians: Sequence[Floats], config: SellerAnalyticsConfig
) -> float:
    """How much of the point is the moved level, the rest medians: half, unless all or nothing errs clearly less.

    Args:
        moved, medians: forecasts for each window, of all series.
    """

    def losses(share: float) -> Floats:
        made = (share * one + (1 - share) * other for one, other in zip(moved, medians, strict=True))
        return np.array([np.abs(window.actual - one[window.sellers]).sum() for window, one in zip(windows, made, strict=True)])

    best = min((0.5, 0.0, 1.0), key=lambda share: float(losses(share).sum()))
    return best if windows and is_clearly_less(losses(best), losses(0.5), config) else 0.5


def choose_plain_share(windows: Sequence[Window], stock: Callable[[int, float], Floats], config: SellerAnalyticsConfig) -> float:
    """How much of the stock beside trees is that of the plain levels: nothing, unless half is clearly better.

    Where most weeks bring nothing, both of the trees' quantiles are zero and say nothing of the sum.

    Args:
        stock: the forecast for the window at a place, at a share, for all series.
    """

    def losses(share: float) -> Floats:
        errors = [stock(place, share)[window.sellers] - window.actual for place, window in enumerate(windows)]
        return np.array([np.abs(error).sum() + abs(error.sum()) for error in errors])

    return 0.5 if is_clearly_less(losses(0.5), losses(0.0), config) else 0.0


def is_clearly_less(losses: Floats, others: Floats, config: SellerAnalyticsConfig) -> bool:
    """Whether the losses over windows are less in sum by `least_gain`, and less in most windows."""
    is_less = float(losses.sum()) < (1 - config.least_gain) * float(others.sum())
    return is_less and float((losses < others).mean()) > _SHARE_OF_WINDOWS


def _helped_a_year_ago(other: "_Tried", best: "_Tried", year_ago: Sequence[Window], config: SellerAnalyticsConfig) -> bool:
    if other.recipe.pooled_years is None or not year_ago:
        return False
    with_course, without = (tried.loss + _Tried.of(tried.recipe, year_ago).loss for tried in (other, best))
    return with_course < (1 - config.least_gain_a_year_ago) * without


@dataclass(frozen=True)
class _Tried:
    """A recipe over all windows: `losses` are Σ|error| + |Σ error| of each; `loss` takes the second sum over all together."""

    recipe: Recipe
    loss: float
    losses: Floats

    @classmethod
    def of(cls, recipe: Recipe, windows: Sequence[Window]) -> "_Tried":
        errors = []
        for window in windows:
            steps = max(STEPS, len(window.weekdays))
            errors.append(expect(window.known, recipe, steps=steps).over(window.weekdays)[window.sellers] - window.actual)
        far, leaning = (np.array([measure(error) for error in errors]) for measure in (lambda e: np.abs(e).sum(), np.sum))
        return cls(recipe, float(far.sum() + abs(leaning.sum())), far + np.abs(leaning))


def _with_trend(recipe: Recipe, config: SellerAnalyticsConfig) -> Iterator[Recipe]:
    for half_life in config.trend_half_life_steps:
        yield replace(recipe, trend_half_life=half_life, trend_damping=config.trend_damping)


def _with_year(recipe: Recipe, windows: Sequence[Window], config: SellerAnalyticsConfig) -> Iterator[Recipe]:
    """A year's course explains what a quick level ran after: slower ones are tried again beside it."""
    if reaches_a_year(windows[0].known):
        for pooled_years in config.pooled_years_steps:
            for half_life in config.level_half_life_steps:
                yield replace(recipe, level_half_life=half_life, pooled_years=pooled_years)
