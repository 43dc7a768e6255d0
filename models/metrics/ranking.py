"""Figures of ranked lists, one per customer, over the whole catalogue: no sampled negatives.

A list comes as positions of products, best first, padded with -1; targets as a sparse table of customer × product.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Ranked = NDArray[np.intp]
PerCustomer = NDArray[np.float64]


def hits(ranked: Ranked, targets: sparse.csr_matrix) -> NDArray[np.bool_]:
    """Whether each place of each list holds a target."""
    rows = np.repeat(np.arange(ranked.shape[0]), ranked.shape[1])
    found = np.asarray(targets[rows, np.maximum(ranked, 0).ravel()] != 0).reshape(ranked.shape)
    return found & (ranked >= 0)


def ndcg_at(hit: NDArray[np.bool_], target_counts: NDArray[np.int_], k: int) -> PerCustomer:
    """Binary NDCG@k: discount 1/log2(place + 1), divided by that of the best list possible (Järvelin & Kekäläinen 2002)."""
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[0.0], np.cumsum(discounts)])[np.minimum(target_counts, k)]
    gained = hit[:, :k] @ discounts[: hit[:, :k].shape[1]]
    return np.asarray(np.divide(gained, best, out=np.zeros(len(hit)), where=best > 0))


def recall_at(hit: NDArray[np.bool_], target_counts: NDArray[np.int_], k: int) -> PerCustomer:
    """The share of a customer's targets that the first k places hold."""
    return np.asarray(np.divide(hit[:, :k].sum(axis=1), target_counts, out=np.zeros(len(hit)), where=target_counts > 0))


def hit_rate_at(hit: NDArray[np.bool_], k: int) -> PerCustomer:
    """1 where the first k places hold any target, else 0."""
    return np.asarray(hit[:, :k].any(axis=1), dtype=np.float64)


def mrr_at(hit: NDArray[np.bool_], k: int) -> PerCustomer:
    """1/place of the first target among the first k places, else 0."""
    first = hit[:, :k]
    return np.asarray(np.where(first.any(axis=1), 1.0 / (first.argmax(axis=1) + 1.0), 0.0))


def coverage_at(ranked: Ranked, item_count: int, k: int) -> float:
    """The share of the catalogue that is on anybody's first k places."""
    shown = np.unique(ranked[:, :k])
    return float((shown >= 0).sum() / item_count) if item_count else 0.0


def personalisation_at(ranked: Ranked, k: int) -> float:
    """1 minus the mean overlap of two customers' first k places: 0 when all see the same, 1 when none share a product."""
    customers = len(ranked)
    if customers < 2:
        return 0.0
    top = ranked[:, :k]
    shown = np.bincount(top[top >= 0]).astype(np.float64)
    # A product on c lists is shared by c(c-1)/2 pairs.
    return float(1.0 - (shown * (shown - 1)).sum() / (customers * (customers - 1) * k))


def novelty_at(ranked: Ranked, share: NDArray[np.float64], k: int) -> PerCustomer:
    """Mean bits of surprise of the first k places, -log2 of the share of customers who have the product (Zhou et al. 2010).

    Args:
        share: per product, above 0 for what a list may hold. An empty list is no surprise.
    """
    top = ranked[:, :k]
    bits = -np.log2(np.where(top >= 0, share[np.maximum(top, 0)], 1.0))
    return np.asarray(bits.sum(axis=1) / np.maximum((top >= 0).sum(axis=1), 1))


def intra_list_diversity_at(ranked: Ranked, takers: sparse.csr_matrix, k: int, *, batch: int = 200) -> PerCustomer:
    """1 minus the mean cosine of two products of the first k places (Ziegler et al. 2005): 1 when nobody has two of them.

    Args:
        takers: customer × product, 1 for who has it: products are alike that the same people have.
        batch: so many lists at a time, which bounds memory.
    """
    lengths = np.sqrt(np.bincount(takers.indices, minlength=takers.shape[1]))
    columns = sparse.csr_matrix(sparse.diags_array(1 / np.maximum(lengths, 1)) @ takers.T)
    has_takers = lengths > 0
    found = np.ones(len(ranked))
    for first in range(0, len(ranked), batch):
        top = ranked[first : first + batch, :k]
        rows, places = np.nonzero(top >= 0)
        table = sparse.csr_matrix((np.ones(len(rows)), (rows, top[rows, places])), shape=(len(top), takers.shape[1]))
        together = sparse.csr_matrix(table @ columns)
        together.data **= 2
        # The square of a sum of unit vectors is their number plus twice the cosines of all pairs.
        own = np.asarray(table @ has_takers.astype(np.float64)).ravel()
        shown = np.bincount(rows, minlength=len(top)).astype(np.float64)
        pairs = np.maximum(shown * (shown - 1), 1)
        found[first : first + batch] = 1 - (np.asarray(together.sum(axis=1)).ravel() - own) / pairs
    return found
