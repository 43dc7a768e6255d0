"""Every number that the outlook can be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OutlookConfig:
    """How far ahead, how the two regressions are held back, and how much there must be to learn from.

    The horizon is the longest of `horizon_steps` that fits `horizons_of_history` times into the history, with
    `spare_days` to spare: one to be judged by, one to learn from, the rest to know people from.
    """

    seed: int = 7

    horizon_steps: tuple[int, ...] = (90, 28, 14)
    horizons_of_history: int = 3
    spare_days: int = 28
    # Cutoffs to learn from lie a third of a horizon apart.
    cutoffs: int = 3

    # `C` and `alpha` of scikit-learn; the power of a compound Poisson-gamma sum, many zeros and a long tail.
    churn_c: float = 0.1
    spend_alpha: float = 0.03
    spend_power: float = 1.5

    # Of those who left and of those who stayed, at least so many each.
    min_outcomes: int = 20
