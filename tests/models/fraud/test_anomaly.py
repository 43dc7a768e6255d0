"""The packed Isolation Forest, answered by LightGBM, says what scikit-learn's does."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from models.fraud.anomaly import IsolationTrees


@pytest.fixture(scope="module")
def matrix() -> np.ndarray:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(1500, 6))
    values[:, 1] = rng.integers(0, 3, 1500)  # many equal values
    values[:, 2] = 5.0  # nothing to split on
    values[:, 3] = np.round(values[:, 3] * 1e6)  # beyond single precision
    return values


@pytest.mark.parametrize("max_samples", [2, 64, 256])
def test_scores_equal_sklearn(matrix: np.ndarray, max_samples: int) -> None:
    forest = IsolationForest(n_estimators=50, max_samples=max_samples, random_state=3).fit(matrix)
    trees = IsolationTrees.pack(forest, np.zeros(6))
    np.testing.assert_allclose(trees.score(matrix), -forest.score_samples(matrix), atol=1e-9)


def test_one_row_equals_its_place_in_a_batch(matrix: np.ndarray) -> None:
    trees = IsolationTrees.fit(matrix, n_estimators=50, max_samples=256, seed=1)
    batch = trees.score(matrix[:20])
    assert [trees.score(matrix[row : row + 1])[0] for row in range(20)] == batch.tolist()


def test_unknown_values_count_as_the_median(matrix: np.ndarray) -> None:
    holes = matrix.copy()
    holes[::7, 0] = np.nan
    holes[:, 5] = np.nan  # never known
    trees = IsolationTrees.fit(holes, n_estimators=20, max_samples=128, seed=1)
    assert trees.fill[5] == 0
    filled = np.where(np.isnan(holes), trees.fill, holes)
    assert trees.fill[0] == np.nanmedian(holes[:, 0])
    np.testing.assert_array_equal(trees.score(holes), trees.score(filled))


def test_strange_row_scores_higher_and_the_strange_column_is_named(matrix: np.ndarray) -> None:
    trees = IsolationTrees.fit(matrix, n_estimators=100, max_samples=256, seed=1)
    strange = np.median(matrix, axis=0)
    strange[4] = 40.0
    assert trees.score(strange[None])[0] > trees.score(np.median(matrix, axis=0)[None])[0] + 0.05
    assert trees.contributions(strange).argmax() == 4


def test_arrays_give_the_same_forest_back(matrix: np.ndarray, tmp_path: Path) -> None:
    trees = IsolationTrees.fit(matrix, n_estimators=20, max_samples=128, seed=1)
    np.savez(tmp_path / "trees.npz", **trees.arrays())
    with np.load(tmp_path / "trees.npz") as arrays:
        again = IsolationTrees.from_arrays(arrays)
    np.testing.assert_array_equal(trees.score(matrix), again.score(matrix))
