"""Figures of ranked lists, the same for the pipeline and a table of one's own: over all judges, and over some of the targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.evaluation import Metric
from models.metrics.judging import PerUnit, judged, spread
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

Lists = Mapping[str, NDArray[np.intp]]
Figures = dict[str, dict[str, Metric]]
PRIMARY_METRIC = "ndcg_at_10"
SERVED = "two_stage"
# So many places of a list are looked at.
DEPTH = 20
# Below, a customer has hardly shown any taste, and a product hardly anybody's.
COLD_CUSTOMER_ROWS, COLD_PRODUCT_ROWS = 5, 10
STRANGERS = "people without a past"
UNTOUCHED = "products nobody had touched"
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

    @classmethod
    def of(cls, targets: sparse.spmatrix) -> Part:
        """The part with these targets of all judges."""
        kept = sparse.csr_matrix(targets)
        kept.eliminate_zeros()
        rows = np.flatnonzero(np.diff(kept.indptr))
        return cls(rows, kept[rows])


@dataclass(frozen=True)
class KnownOf:
    """What was known at the cut of those who judge.

    Attributes:
        takers: customer × product, 1 where anything was done before.
        product_rows: per product, how many rows it had.
        judge_rows: per judge, how many rows they had.
        had: judge × product, 1 for what they had before.
    """

    takers: sparse.csr_matrix
    product_rows: NDArray[np.integer]
    judge_rows: NDArray[np.integer]
    had: sparse.csr_matrix


def over_all(
    lists: Lists, targets: sparse.csr_matrix, takers: sparse.csr_matrix, *, seed: int
) -> tuple[Figures, Mapping[str, Metric]]:
    """Per method its figures, and what the served one has more in the primary figure."""
    customers, products = takers.shape
    # A product that nobody has is as great a surprise as one that a single customer has.
    share = np.maximum(np.bincount(takers.indices, minlength=products), 1) / customers
    units: dict[str, PerUnit] = {
        name: {
            **found(ranked, targets),
            "novelty_at_10": novelty_at(ranked, share, 10),
            "intra_list_diversity_at_10": intra_list_diversity_at(ranked, takers, 10),
        }
        for name, ranked in lists.items()
    }
    figures, gains = judged(units, served=SERVED, primary=PRIMARY_METRIC, seed=seed)
    for name, ranked in lists.items():
        figures[name] |= {
            "coverage_at_10": spread(ranked, lambda part: coverage_at(part, products, 10), seed=seed),
            "personalisation_at_10": spread(ranked, lambda part: personalisation_at(part, 10), seed=seed),
        }
    return figures, gains


def over_part(part: Part, lists: Lists, *, seed: int) -> Figures:
    """Per method the figures of what is found of a part, the gain over it among them."""
    units = {name: found(ranked[part.rows], part.targets) for name, ranked in lists.items()}
    figures, gains = judged(units, served=SERVED, primary=PRIMARY_METRIC, seed=seed)
    return {name: figures[name] | ({GAIN: gains[name]} if name in gains else {}) for name in lists}


def parts_of(targets: sparse.csr_matrix, known: KnownOf) -> dict[str, Part]:
    """Targets of people and of products little or nothing is known of, and what was had before and what is new.

    A part without a target is left out, and so is one that holds them all because nobody had any of them before.
    """
    had = targets.multiply(known.had)
    rows = known.judge_rows[:, None]
    tables = {
        STRANGERS: targets.multiply(rows == 0),
        f"customers with under {COLD_CUSTOMER_ROWS} rows": targets.multiply((rows > 0) & (rows < COLD_CUSTOMER_ROWS)),
        f"products with under {COLD_PRODUCT_ROWS} rows": targets.multiply((known.product_rows < COLD_PRODUCT_ROWS)[None, :]),
    }
    if had.count_nonzero():
        tables |= {"had before": had, "new to the customer": targets - had}
    return {name: Part.of(table) for name, table in tables.items() if table.count_nonzero()}


def found(ranked: NDArray[np.intp], targets: sparse.csr_matrix) -> PerUnit:
    """What each list holds of its targets."""
    hit, counts = hits(ranked, targets), np.diff(targets.indptr)
    return {
        "ndcg_at_10": ndcg_at(hit, counts, 10),
        "recall_at_10": recall_at(hit, counts, 10),
        "recall_at_20": recall_at(hit, counts, DEPTH),
        "hit_rate_at_10": hit_rate_at(hit, 10),
        "mrr_at_20": mrr_at(hit, DEPTH),
    }
