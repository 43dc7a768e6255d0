"""The largest of many scores, exactly, at little more than the cost of reading them.

Sorting or partitioning half a million scores costs as much again as computing them. A threshold that surely lets enough through
is found by taking the largest of many small groups, and what passes it is so little that it can be sorted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatTable = NDArray[np.float32]

# Groups per value wanted: so many that the best values seldom share one.
_GROUPS_PER_VALUE = 8


def largest(scores: FloatTable, n: int) -> tuple[NDArray[np.intp], FloatTable]:
    """Positions and values of the `n` largest, largest first; of equal ones the first."""
    passed = np.flatnonzero(scores >= _threshold(scores, n)) if len(scores) > n else np.arange(len(scores))
    values = scores[passed]
    order = np.argsort(-values, kind="stable")[:n]
    return passed[order], values[order]


def largest_of_each(scores: FloatTable, n: int) -> tuple[NDArray[np.intp], FloatTable]:
    """`largest` of each row: positions and values, row × `n` (or × as many as a row has)."""
    n = min(n, scores.shape[1])
    positions = np.empty((len(scores), n), dtype=np.intp)
    values = np.empty((len(scores), n), dtype=np.float32)
    # Row by row: a row's scores are still in the cache when they are read a second time.
    for row in range(len(scores)):
        positions[row], values[row] = largest(scores[row], n)
    return positions, values


def _threshold(scores: FloatTable, n: int) -> np.float32:
    """A value that at least `n` scores reach, and few more.

    Each group's largest is a score of its own, so `n` scores reach what the `n`-th best of these does.
    """
    size = len(scores) // (_GROUPS_PER_VALUE * n)
    if size < 2:
        return np.float32(np.partition(scores, -n)[-n])
    groups = len(scores) // size
    highest = scores[: groups * size].reshape(size, groups).max(axis=0)
    return np.float32(np.partition(highest, -n)[-n])
