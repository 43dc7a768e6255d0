"""The numbers of the alert rule, each with where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Bar:
    """Effects from `moderate` on are worth watching; from `strong` on one window is enough."""

    moderate: float
    strong: float


def _bars() -> Mapping[str, Bar]:
    return MappingProxyType(
        {
            # Twice the mean distance in ranks: 0.11 is a shift by a fifth of a standard deviation, 0.16 by not quite a third.
            "wasserstein": Bar(0.11, 0.16),
            # The credit scorers' custom: 0.1 moderate, 0.25 large.
            "psi": Bar(0.10, 0.25),
            # A distance (the root of the divergence), in bits: 0.3 is a fifth of the rows in a category not seen before.
            "jensen_shannon": Bar(0.20, 0.30),
            "new_categories": Bar(0.04, 0.10),
            "nulls": Bar(0.03, 0.06),
            # Of something rare: by 30 % rarer or more frequent, and half or twice as often.
            "rate": Bar(0.30, 0.50),
            "collapse": Bar(0.50, 0.90),
            "unknown_ids": Bar(0.15, 0.30),
            # Of a share between 0 and 1: what an analyst at the queue would feel, and what nobody would put up with.
            "below_reference": Bar(0.05, 0.10),
            # Estimates are meant to be right to three hundredths.
            "below_estimate": Bar(0.03, 0.10),
            # Of the estimated number of frauds.
            "off_estimate": Bar(0.20, 0.50),
        }
    )


@dataclass(frozen=True)
class MonitoringConfig:
    """How windows are compared, and what fires.

    Attributes:
        min_rows: windows with fewer rows are not judged; eight rows can look like anything.
        reference_windows: how many windows make the reference; with fewer than `min_reference_windows` nothing is judged.
        consecutive_windows: how many windows in a row a moderate effect needs.
        calm_windows: how many calm windows in a row close an alert, so that it does not flap.
        cells: how finely a number's distribution is kept.
        chance: how often chance alone may exceed the ceiling, for one feature and window; a family of fifty features over
            twenty weeks asks a thousand times.
        spreads: how many standard deviations a figure of performance must lie off; there are a few a week, not fifty.
        natural_margin: an effect must exceed the largest one among the reference's own windows by this factor.
    """

    min_rows: int = 100
    reference_windows: int = 8
    min_reference_windows: int = 3
    consecutive_windows: int = 3
    calm_windows: int = 2
    cells: int = 64
    chance: float = 1e-5
    spreads: Bar = Bar(2.0, 3.5)
    natural_margin: float = 1.2
    bars: Mapping[str, Bar] = field(default_factory=_bars)
