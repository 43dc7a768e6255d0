"""How well tones are told."""

import numpy as np
from numpy.typing import NDArray

from models.review_sentiment.dataset import TONES

Labels = NDArray[np.intp]


def macro_f1(truth: Labels, said: Labels) -> float:
    """Mean over the tones that occur in `truth` or `said` of F1; a tone counts the same however rare."""
    shared = np.bincount(truth[truth == said], minlength=len(TONES))
    both = np.bincount(truth, minlength=len(TONES)) + np.bincount(said, minlength=len(TONES))
    return float((2 * shared[both > 0] / both[both > 0]).mean()) if len(truth) else float("nan")
