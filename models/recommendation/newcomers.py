"""One place in ten for what was listed lately: hardly anybody touched it, so whatever counts what people did ranks it last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.recommendation.activity import PRODUCT_FIGURES, Activity
from models.recommendation.candidates import Candidates
from models.recommendation.config import SourceName
from models.recommendation.sources import FloatTable, Mask

# Others are known well enough to be ranked by what people do with them.
_MOST_CUSTOMERS, _MOST_DAYS = 10, 28
# The last of so many places, for one of the first that the likeness of listings proposes.
_PLACES, _NEAREST = 10, 20


def is_newcomer(activity: Activity, listed_days: FloatTable, products: NDArray[np.intp]) -> Mask:
    """Whether each product was listed within four weeks, and fewer than ten customers had to do with it.

    Args:
        listed_days: per product of the catalogue, days since it was listed; NaN where nobody knows, which is no newcomer.
    """
    customers = activity.products[products, PRODUCT_FIGURES.index("product_customers")]
    return np.asarray((customers < _MOST_CUSTOMERS) & (listed_days[products] < _MOST_DAYS))


def with_newcomer(scores: FloatTable, candidates: Candidates, is_new: Mask) -> FloatTable:
    """The scores, with the tenth place of each row given to the newcomer whose listing is most to its taste.

    A row that has one among its first ten anyway stays as it is, and so does one to whose taste none of them is.

    Args:
        is_new: whether each candidate is one.
    """
    is_near = np.nan_to_num(candidates.ranks[SourceName.CONTENT], nan=np.inf) <= _NEAREST
    liked = np.where(is_near & is_new, candidates.scores[SourceName.CONTENT], np.float32(0))
    if not liked.any():
        return scores
    order = np.lexsort((candidates.products, -scores, candidates.rows))
    first = np.searchsorted(candidates.rows, candidates.rows[order])
    place = np.arange(len(order)) - first
    placed = set(candidates.rows[order][(place < _PLACES) & is_new[order]].tolist())
    tenth = dict(zip(candidates.rows[order][place == _PLACES - 1].tolist(), scores[order][place == _PLACES - 1], strict=True))
    moved = scores.copy()
    for at in _best_of_rows(liked, candidates.rows):
        if (row := int(candidates.rows[at])) in tenth and row not in placed:
            moved[at] = np.nextafter(tenth[row], np.float32(np.inf))
    return moved


def _best_of_rows(values: FloatTable, rows: NDArray[np.intp]) -> list[int]:
    """Where each row's largest value stands, of rows that have any above 0; of equal ones the first."""
    order = np.lexsort((np.arange(len(values)), -values, rows))
    _, starts = np.unique(rows[order], return_index=True)
    best = order[starts]
    return [int(at) for at in best if values[at] > 0]
