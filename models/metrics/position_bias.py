"""Click rates as if every product had stood on the first place: what is low on a list is looked at less, not liked less."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ROUNDS = 200
_STILL = 1e-6


@dataclass(frozen=True)
class Examination:
    """How likely each place is looked at, the first one surely.

    Attributes:
        positions: sorted.
        probabilities: one per position, relative to the first.
    """

    positions: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    def of(self, positions: ArrayLike) -> NDArray[np.float64]:
        """The probability of each position; each must be among those fitted."""
        return self.probabilities[np.searchsorted(self.positions, np.asarray(positions))]


def fit_examination(products: ArrayLike, positions: ArrayLike, clicks: ArrayLike) -> Examination:
    """The position-based model, click = looked at × liked, by expectation-maximisation over a log of impressions.

    Chuklin, Markov & de Rijke 2015, "Click models for web search", §4.1.2: an impression without a click was either not
    looked at or not liked. Places are told from products because products stand on several places.
    """
    product_codes, product_count = _codes(products)
    places, place_codes = np.unique(np.asarray(positions), return_inverse=True)
    clicked = np.asarray(clicks, dtype=np.float64)
    shown_at = np.maximum(np.bincount(place_codes, minlength=len(places)), 1)
    shown_of = np.maximum(np.bincount(product_codes, minlength=product_count), 1)
    looked = np.full(len(places), 0.5)
    liked = np.full(product_count, max(float(clicked.mean()) if len(clicked) else 0.0, _STILL))
    for _ in range(_ROUNDS):
        chance_looked, chance_liked = looked[place_codes], liked[product_codes]
        neither = np.maximum(1 - chance_looked * chance_liked, _STILL)
        was_looked = clicked + (1 - clicked) * chance_looked * (1 - chance_liked) / neither
        was_liked = clicked + (1 - clicked) * chance_liked * (1 - chance_looked) / neither
        before = looked
        looked = np.bincount(place_codes, was_looked, minlength=len(places)) / shown_at
        liked = np.bincount(product_codes, was_liked, minlength=product_count) / shown_of
        if np.abs(looked - before).max(initial=0) < _STILL:
            break
    first = looked[0] if len(looked) and looked[0] > 0 else 1.0
    return Examination(places.astype(np.int64), looked / first)


def _codes(values: ArrayLike) -> tuple[NDArray[np.intp], int]:
    known, codes = np.unique(np.asarray(values), return_inverse=True)
    return codes.astype(np.intp), len(known)
