from itertools import product

import pytest
from scipy.stats import binomtest

from marketplace.proportions import exact_interval


@pytest.mark.parametrize(("part", "whole"), [pair for pair in product((0, 1, 2, 7, 30), (1, 2, 10, 30)) if pair[0] <= pair[1]])
def test_interval_is_that_of_the_binomial_test(part: int, whole: int) -> None:
    assert exact_interval(part, whole) == pytest.approx(tuple(binomtest(part, whole).proportion_ci(method="exact")), abs=1e-9)
