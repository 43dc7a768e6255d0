"""How right the surest are, and how far sureness is off, worked by hand."""

import numpy as np
import pytest

from models.metrics.coverage import calibration_error, coverage_curve

SURE = np.array([0.9, 0.8, 0.7, 0.6])
RIGHT = np.array([True, True, False, True])


def test_curve_of_four_answers() -> None:
    assert coverage_curve(SURE, RIGHT, (0.5, 0.75, 1.0)) == {0.5: 1.0, 0.75: pytest.approx(2 / 3), 1.0: 0.75}


def test_ties_at_the_cut_count_in_proportion() -> None:
    assert coverage_curve(np.full(4, 0.5), RIGHT, (0.5,)) == {0.5: 0.75}


def test_error_is_the_mean_distance_over_equal_bins() -> None:
    # Bins {.6, .7} and {.8, .9}: |.65 - .5| and |.85 - 1|.
    assert calibration_error(SURE, RIGHT, bins=2) == pytest.approx(0.15)


def test_nothing_answered_has_no_figure() -> None:
    none = np.zeros(0)
    assert np.isnan(calibration_error(none, none.astype(bool)))
    assert np.isnan(coverage_curve(none, none.astype(bool))[1.0])
