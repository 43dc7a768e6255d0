"""Every number that the forecast can be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SellerAnalyticsConfig:
    """Half-lives and windows in days; the steps are tried on windows before those of the evaluation.

    A seller gets a forecast after `min_history_days` since the first sale, with at least `min_active_days` days of
    sales among the last `recent_days`; others get an honest blank.
    """

    seed: int = 7

    level_half_life_steps: tuple[float, ...] = (7.0, 14.0, 28.0, 56.0)
    # How many weeks of the pooled weekday pattern a seller's own pattern has to outweigh.
    pooled_weeks_steps: tuple[float, ...] = (0.0, 2.0, 8.0, 32.0)
    weekday_half_life_days: float = 84.0

    min_history_days: int = 28
    recent_days: int = 56
    min_active_days: int = 12

    horizon_days: int = 14
    calibration_origins: int = 3
    max_origins: int = 8
