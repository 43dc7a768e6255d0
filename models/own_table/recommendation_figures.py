"""Figures of every method's lists on a table of one's own: over all judges, and over those parts in which lists differ most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.evaluation import Metric
from models.metrics.ranking import (
    coverage_at,
    hit_rate_at,
    hits,
    intra_list_diversity_at,
    mrr_at,
    ndcg_at,
    novelty_at,
    personalisation_at,
    recall_at,
)
from models.own_table.judging import PerUnit, judged, spread
from models.own_table.recommendation_stages import Fitted, Judges
from models.recommendation.evaluate import DEPTH, PRIMARY_METRIC, SERVED

Lists = Mapping[str, NDArray[np.intp]]
Figures = dict[str, dict[str, Metric]]
# Below, a customer has hardly shown any taste, and a product hardly anybody's.
COLD_CUSTOMER_ROWS, COLD_PRODUCT_ROWS = 5, 10
# In a part's figures, beside each method: what the served one has more.
GAIN = "served_minus_it"


@dataclass(frozen=True)
class Part:
    """Some of the targets.

    Attributes:
        rows: the judges who have any of them, as positions among all judges.
        targets: these judges × product.
    """

    rows: NDArray[np.intp]
    targets: sparse.csr_matrix


def over_all(fitted: Fitted, judges: Judges, lists: Lists, *, seed: int) -> tuple[Figures, Mapping[str, Metric]]:
    """Per method its figures, and what the served one has more in the primary figure."""
    takers = fitted.histories.counts.sign().tocsr()
    share = np.bincount(takers.indices, minlength=takers.shape[1]) / takers.shape[0]
    units: dict[str, PerUnit] = {
        name: {
            **_found(ranked, judges.targets),
            "novelty_at_10": novelty_at(ranked, share, 10),
            "intra_list_diversity_at_10": intra_list_diversity_at(ranked, takers, 10),
        }
        for name, ranked in lists.items()
    }
    figures, gains = judged(units, served=SERVED, primary=PRIMARY_METRIC, seed=seed)
    for name, ranked in lists.items():
        figures[name] |= {
            "coverage_at_10": spread(ranked, lambda part: coverage_at(part, takers.shape[1], 10), seed=seed),
            "personalisation": spread(ranked, lambda part: personalisation_at(part, 10), seed=seed),
        }
    return figures, gains


def over_parts(parts: Mapping[str, Part], lists: Lists, *, seed: int) -> dict[str, Figures]:
    """Per method and part the figures of what is found, the gain over it among them."""
    of_method: dict[str, Figures] = {name: {} for name in lists}
    for part, some in parts.items():
        units = {name: _found(ranked[some.rows], some.targets) for name, ranked in lists.items()}
        figures, gains = judged(units, served=SERVED, primary=PRIMARY_METRIC, seed=seed)
        for name in lists:
            of_method[name][part] = figures[name] | ({GAIN: gains[name]} if name in gains else {})
    return of_method


def parts_of(fitted: Fitted, judges: Judges) -> dict[str, Part]:
    """Targets of people and of products little is known of, and where lists may repeat, what was had before and what is new.

    A part without a target is left out.
    """
    past = fitted.past
    rows_of_customer = np.bincount(past.customers, minlength=len(past.customer_ids))[judges.customers]
    rows_of_product = np.bincount(past.products, minlength=len(past.product_ids))
    is_cold = (rows_of_product < COLD_PRODUCT_ROWS).astype(np.float64)
    had = judges.targets.multiply(fitted.histories.counts[judges.customers].sign())
    found = {
        f"customers with under {COLD_CUSTOMER_ROWS} rows": judges.targets.multiply(
            (rows_of_customer < COLD_CUSTOMER_ROWS).astype(np.float64)[:, None]
        ),
        f"products with under {COLD_PRODUCT_ROWS} rows": judges.targets.multiply(is_cold[None, :]),
    }
    if not fitted.new_items_only:
        found |= {"had before": had, "new to the customer": judges.targets - had}
    return {name: _part(targets) for name, targets in found.items() if targets.count_nonzero()}


def _part(targets: sparse.spmatrix) -> Part:
    kept = sparse.csr_matrix(targets)
    kept.eliminate_zeros()
    rows = np.flatnonzero(np.diff(kept.indptr))
    return Part(rows, kept[rows])


def _found(ranked: NDArray[np.intp], targets: sparse.csr_matrix) -> PerUnit:
    """What each list holds of its targets."""
    hit, counts = hits(ranked, targets), np.diff(targets.indptr)
    return {
        "ndcg_at_10": ndcg_at(hit, counts, 10),
        "recall_at_10": recall_at(hit, counts, 10),
        "recall_at_20": recall_at(hit, counts, DEPTH),
        "hit_rate_at_10": hit_rate_at(hit, 10),
        "mrr_at_20": mrr_at(hit, DEPTH),
    }
