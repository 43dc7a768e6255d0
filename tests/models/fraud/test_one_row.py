"""One row through LightGBM's C interface is answered as in a batch, by many threads at once too."""

from concurrent.futures import ThreadPoolExecutor

import lightgbm
import numpy as np
import pytest

from models.fraud.one_row import Answer, OneRow


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    values = np.random.default_rng(0).normal(size=(400, 5))
    values[::9, 2] = np.nan
    return values


@pytest.fixture(scope="module")
def booster(rows: np.ndarray) -> lightgbm.Booster:
    outcomes = (rows[:, 0] + rows[:, 1] ** 2 > 1).astype(float)
    return lightgbm.train({"objective": "binary", "num_threads": 1, "verbosity": -1}, lightgbm.Dataset(rows, outcomes), 30)


def test_answers_are_those_of_predict_to_the_bit(booster: lightgbm.Booster, rows: np.ndarray) -> None:
    raw, shares = OneRow(booster, Answer.RAW_SCORE), OneRow(booster, Answer.CONTRIBUTIONS)
    np.testing.assert_array_equal([raw(row)[0] for row in rows], booster.predict(rows, raw_score=True))
    np.testing.assert_array_equal([shares(row) for row in rows], booster.predict(rows, pred_contrib=True))
    np.testing.assert_array_equal(shares(np.asfortranarray(rows)[3]), shares(rows[3]))


def test_threads_get_the_answers_to_their_own_rows(booster: lightgbm.Booster, rows: np.ndarray) -> None:
    shares, expected = OneRow(booster, Answer.CONTRIBUTIONS), booster.predict(rows, pred_contrib=True)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda place: shares(rows[place % len(rows)]), range(20 * len(rows))))
    np.testing.assert_array_equal(found, np.tile(expected, (20, 1)))
