"""Effect sizes between two distributions over the same cells, and how large chance alone makes them."""

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, wasserstein_distance

Floats = npt.NDArray[np.float64]

# Half a row in every cell keeps an empty cell from making the index infinite.
_HALF_A_ROW = 0.5
_PSI_BINS = 10


def mid_ranks(reference: Floats) -> Floats:
    """The middle of each cell on the reference's own scale from 0 to 1."""
    shares = reference / reference.sum()
    ranks: Floats = np.cumsum(shares) - shares / 2
    return ranks


def wasserstein(reference: Floats, window: Floats) -> float:
    """The Wasserstein distance of two histograms after both are taken to the reference's ranks, times two: 0 to 1.

    Ranks make it free of scale and of heavy tails: one order of a million moves it as little as any other row.
    """
    ranks = mid_ranks(reference)
    return float(2 * wasserstein_distance(ranks, ranks, reference, window))


def psi(reference: Floats, window: Floats) -> float:
    """The population stability index over tenths of the reference; cells of one tenth are put together."""
    bins = tenths(reference)
    expected, found = (np.bincount(bins, counts).astype(np.float64) for counts in (reference, window))
    used = (expected + found) > 0
    p, q = _smoothed(expected[used]), _smoothed(found[used])
    return float(((q - p) * np.log(q / p)).sum())


def tenths(reference: Floats) -> npt.NDArray[np.int64]:
    """Which tenth of the reference each cell belongs to."""
    return np.minimum((mid_ranks(reference) * _PSI_BINS).astype(np.int64), _PSI_BINS - 1)


def jensen_shannon(reference: Floats, window: Floats) -> float:
    """The Jensen–Shannon distance to base 2, 0 to 1."""
    distance = float(jensenshannon(reference, window, base=2))
    return 0.0 if np.isnan(distance) else distance


def chance_of_shape(cells: int, reference_rows: float, window_rows: float, *, chance: float) -> dict[str, float]:
    """What each distance between two samples of one distribution exceeds with probability `chance` only.

    For small differences all of them follow chi-squared over the effective number of rows n = n₁n₂/(n₁+n₂): the index is
    χ²/n and the divergence χ²/8n. Twice the mean distance of ranks is at most as large as for a continuous number, where it
    is twice the area under the absolute Brownian bridge over the root of n, which exceeds t with probability
    exp(-1.5 t²)/4 (the exponent is that of the bridge's own area, whose variance is 1/12; the factor is from simulation).
    """
    n = reference_rows * window_rows / (reference_rows + window_rows)
    quantile = float(chi2.isf(chance, max(min(cells, _PSI_BINS) - 1, 1)))
    divergence = float(chi2.isf(chance, max(cells - 1, 1))) / (8 * n * np.log(2))
    rank = np.sqrt(np.log(1 / (4 * chance)) / (1.5 * n))
    return {"psi": quantile / n, "jensen_shannon": float(np.sqrt(divergence)), "wasserstein": float(rank)}


def chance_of_share(share: float, reference_rows: float, window_rows: float, *, chance: float) -> float:
    """What the difference of two shares around `share` exceeds with probability `chance` only; two-sided, by the normal law."""
    n = reference_rows * window_rows / (reference_rows + window_rows)
    return float(np.sqrt(chi2.isf(chance, 1) * max(share * (1 - share), 0.0) / n))


def rate(reference: float, window: float) -> float:
    """How much rarer or more frequent something became, 0 to 1: a half is a half as often, or twice as often."""
    larger = max(reference, window)
    return 1 - min(reference, window) / larger if larger else 0.0


def chance_of_rate(share: float, reference_rows: float, window_rows: float, *, chance: float) -> float:
    """What `rate` exceeds with probability `chance` only, where both shares are `share`; 1 where so few cases tell nothing."""
    cases = share * reference_rows * window_rows / (reference_rows + window_rows)
    return float(min(1.0, np.sqrt(chi2.isf(chance, 1) / cases))) if cases else 1.0


def _smoothed(counts: Floats) -> Floats:
    smoothed: Floats = (counts + _HALF_A_ROW) / (counts.sum() + _HALF_A_ROW * len(counts))
    return smoothed
