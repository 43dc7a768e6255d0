"""The largest of many scores beside a full sort."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommendation.exact import largest, largest_of_each


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 20_000), st.integers(1, 120), st.sampled_from([3, 50, 10**6]))
def test_largest_are_those_of_a_full_sort_ties_by_position(seed: int, count: int, n: int, different: int) -> None:
    rng = np.random.default_rng(seed)
    scores = (rng.integers(-different, different, count) / different).astype(np.float32)
    positions, values = largest(scores, n)
    expected = np.lexsort((np.arange(count), -scores))[:n]
    assert positions.tolist() == expected.tolist()
    assert values.tolist() == scores[expected].tolist()


@pytest.mark.parametrize("columns", [3, 40, 9_000])
def test_each_row_by_itself(columns: int) -> None:
    scores = np.random.default_rng(1).normal(size=(5, columns)).astype(np.float32)
    positions, values = largest_of_each(scores, 10)
    assert positions.tolist() == np.argsort(-scores, axis=1)[:, :10].tolist()
    assert values.tolist() == np.take_along_axis(scores, positions, axis=1).tolist()
