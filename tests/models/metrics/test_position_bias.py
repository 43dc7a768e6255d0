"""The position-based model finds the planted examination again."""

import numpy as np
import pytest

from models.metrics.position_bias import fit_examination


def test_planted_examination_is_found_although_good_products_stand_high() -> None:
    rng = np.random.default_rng(5)
    looked = np.array([1.0, 0.7, 0.5, 0.3, 0.2])
    liked = rng.beta(2, 8, 40)
    # better products stand higher, mostly: by their rate and some noise
    products, positions = [], []
    for _ in range(12_000):
        chosen = rng.choice(40, 5, replace=False)
        order = chosen[np.argsort(-(liked[chosen] + rng.normal(0, 0.1, 5)))]
        products.append(order)
        positions.append(np.arange(1, 6))
    product, position = np.concatenate(products), np.concatenate(positions)
    clicks = rng.random(len(product)) < looked[position - 1] * liked[product]
    found = fit_examination(product, position, clicks)
    assert found.positions.tolist() == [1, 2, 3, 4, 5]
    assert found.probabilities == pytest.approx(looked, abs=0.06)
    naive = np.array([clicks[position == place].mean() for place in range(1, 6)])
    assert (naive / naive[0])[4] < 0.15, "the plain click rate by place blames the place for the product"


def test_an_empty_log_has_no_places() -> None:
    assert fit_examination([], [], []).positions.tolist() == []
