"""Answers of which some are withheld: how right the surest are, and whether sureness means what it says."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

SHARES = (0.5, 0.7, 0.85, 0.95, 1.0)


def coverage_curve(
    confidence: npt.NDArray[np.float64], is_right: npt.NDArray[np.bool_], shares: Sequence[float] = SHARES
) -> dict[float, float]:
    """Share of right answers among the surest part, for each size of that part; ties at the cut count in proportion."""
    if not len(confidence):
        return dict.fromkeys(shares, float("nan"))
    order = np.argsort(-confidence, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(confidence[order]) != 0, True))
    answered, right = np.append(0, ends + 1), np.append(0, np.cumsum(is_right[order])[ends])
    cuts = np.asarray(shares) * len(confidence)
    return {share: float(np.interp(cut, answered, right) / cut) for share, cut in zip(shares, cuts, strict=True)}


def calibration_error(confidence: npt.NDArray[np.float64], is_right: npt.NDArray[np.bool_], *, bins: int = 10) -> float:
    """Mean distance of sureness from the share of right answers, over bins of equally many answers (adaptive ECE).

    Source: Nixon et al., Measuring calibration in deep learning (2019), section 3.
    """
    if not len(confidence):
        return float("nan")
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(float(confidence[part].mean()) - float(is_right[part].mean())) * len(part) for part in parts]
    return sum(gaps) / len(confidence)
