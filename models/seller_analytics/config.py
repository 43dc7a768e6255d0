"""Every number that the forecast can be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SellerAnalyticsConfig:
    """Lengths in periods, days unless `weekly` made it; what has steps is tried on windows before those of the evaluation.

    A series gets a forecast after `min_history_days` since its first sale, with sales in at least `min_active_days` of the
    last `recent_days`; others get an honest blank.
    """

    seed: int = 7

    level_half_life_steps: tuple[float, ...] = (7.0, 14.0, 28.0, 56.0)
    # How many weeks of the pooled weekday pattern a seller's own pattern has to outweigh.
    pooled_weeks_steps: tuple[float, ...] = (0.0, 2.0, 8.0, 32.0)
    weekday_half_life_days: float = 84.0
    # A trend or the course of earlier years, each tried once the rest is chosen: taken where it errs less by `least_gain`.
    trend_half_life_steps: tuple[float, ...] = (14.0, 28.0, 56.0)
    trend_damping: float = 0.97
    pooled_years_steps: tuple[float, ...] = (1.0, 8.0)
    least_gain: float = 0.05
    # One window more, a year ago, may be that of a feast and outweigh the others: it has to say more.
    least_gain_a_year_ago: float = 0.25
    # Medians over so many weeks are averaged into the forecast that errs least.
    median_weeks: tuple[int, ...] = (8, 13, 26)

    min_history_days: int = 28
    recent_days: int = 56
    min_active_days: int = 12

    horizon_days: int = 14
    calibration_origins: int = 3
    max_origins: int = 8

    # Trees over all series of weeks together; with fewer rows to learn from there are none.
    tree_rows: int = 60_000
    fewest_tree_rows: int = 5_000
    tree_quantiles: tuple[float, float] = (0.5, 0.75)
    tree_windows: int = 2
    num_boost_round: int = 100
    learning_rate: float = 0.06
    num_leaves: int = 15
    min_data_in_leaf: int = 200
    feature_fraction: float = 0.6
    bagging_fraction: float = 0.7

    @classmethod
    def weekly(cls, *, horizon: int = 4, origins: int = 2, seed: int = 7) -> "SellerAnalyticsConfig":
        """The same lengths of time counted in weeks."""
        return cls(
            seed=seed,
            horizon_days=horizon,
            max_origins=origins,
            level_half_life_steps=(1.0, 2.0, 4.0, 8.0),
            pooled_weeks_steps=(0.0,),
            weekday_half_life_days=12.0,
            trend_half_life_steps=(4.0, 8.0, 16.0),
            trend_damping=0.9,
            min_history_days=8,
            recent_days=8,
            min_active_days=2,
        )
