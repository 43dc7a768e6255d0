"""What is known of a product from past sessions alone: how often it is clicked, how lately, and what follows a click."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.recommendation.session_neighbours import Sessions

FACTS = ("clicks", "rising", "rising_now", "newest", "oldest", "clicked_again", "clicks_per_session", "ends_session")
# Shares of the past, newest end, in which clicks are counted.
_LATELY, _NOW = 0.1, 0.01
# A product that hardly anyone clicked is taken to be like the others: so many clicks of the usual kind are added.
_USUAL_CLICKS = 4.0


def product_facts(past: Sessions, product_count: int) -> NDArray[np.float32]:
    """Product × fact.

    `rising` is the share of its clicks that are of the newest tenth of sessions, `rising_now` of those the share of the
    newest hundredth; `newest` and `oldest` say where among the sessions it was clicked last and first, from 0 to 1;
    `clicked_again` is how often the very next click is the same product, `ends_session` how often there is none.
    """
    rows, products, count = past.rows, past.products, max(len(past), 1)
    clicks = np.bincount(products, minlength=product_count)
    lately = np.bincount(products[rows >= count * (1 - _LATELY)], minlength=product_count)
    now = np.bincount(products[rows >= count * (1 - _NOW)], minlength=product_count)
    newest, oldest = np.zeros(product_count), np.ones(product_count)
    # Sessions ascend: of several entries the last assigned stays.
    newest[products] = (rows + 1) / count
    oldest[products[::-1]] = (rows[::-1] + 1) / count
    is_end = past.places == past.lengths[rows] - 1
    is_again = np.zeros(len(products), dtype=bool)
    is_again[:-1] = (products[1:] == products[:-1]) & ~is_end[:-1]
    order = np.unique(rows * np.int64(product_count) + products) % product_count
    return np.column_stack(
        [
            clicks,
            (lately + _LATELY) / (clicks + 1),
            (now + _LATELY) / (lately + 1),
            newest,
            oldest,
            _share(is_again[~is_end], products[~is_end], product_count),
            (clicks + 1) / (np.bincount(order, minlength=product_count) + 1),
            _share(is_end, products, product_count),
        ]
    ).astype(np.float32)


def _share(is_so: NDArray[np.bool_], products: NDArray[np.int32], product_count: int) -> NDArray[np.float64]:
    """How often it is so per product, drawn towards the mean of all."""
    usual = float(is_so.mean()) if len(is_so) else 0.0
    so = np.bincount(products, weights=is_so, minlength=product_count)
    return np.asarray((so + usual * _USUAL_CLICKS) / (np.bincount(products, minlength=product_count) + _USUAL_CLICKS))
