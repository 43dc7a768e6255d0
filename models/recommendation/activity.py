"""How much goes on around each product and each customer as of an instant: figures that the ranker reads beside the sources."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.sources import FloatTable

PRODUCT_FIGURES = (
    "product_activity_7d",
    "product_activity_28d",
    "product_activity",
    "product_ratio_7d_28d",
    "product_ratio_28d",
    "product_customers",
    "product_age_days",
    "product_days_since",
)
CUSTOMER_FIGURES = (
    "customer_activity",
    "customer_products",
    "customer_days_since",
    "customer_popularity",
    "customer_trendiness",
)


@dataclass(frozen=True)
class Activity:
    """One row per product and per customer, columns as in `PRODUCT_FIGURES` and `CUSTOMER_FIGURES`.

    Sums are of weights; ages and "since" are days before the last instant known.
    """

    products: FloatTable
    customers: FloatTable

    @classmethod
    def of(
        cls,
        customers: NDArray[np.integer],
        products: NDArray[np.integer],
        weights: NDArray[np.floating],
        age_days: NDArray[np.floating],
        counts: sparse.csr_matrix,
        taste: sparse.csr_matrix,
    ) -> Activity:
        """The figures of interactions given as flat arrays and as tables of customer × product."""
        customer_count, product_count = counts.shape

        def sums(within_days: float) -> NDArray[np.floating]:
            near = age_days <= within_days
            return np.asarray(np.bincount(products[near], weights=weights[near], minlength=product_count), dtype=np.float64)

        week, month, ever = sums(7), sums(28), sums(np.inf)
        first, last = _extremes(products, age_days, product_count)
        by_product = np.column_stack(
            [
                week,
                month,
                ever,
                (4 * week + 1) / (month + 1),
                (month + 1) / (ever + 5),
                np.bincount(counts.indices, minlength=product_count),
                first,
                last,
            ]
        )
        held = np.maximum(np.diff(counts.indptr), 1)
        total = np.maximum(np.asarray(taste.sum(axis=1)).ravel(), 1e-9)
        _, since = _extremes(customers, age_days, customer_count)
        by_customer = np.column_stack(
            [
                np.bincount(customers, weights=weights, minlength=customer_count),
                np.diff(counts.indptr),
                since,
                (counts.sign() @ np.log1p(ever)) / held,
                (taste @ np.log1p(month)) / total,
            ]
        )
        return cls(by_product.astype(np.float32), by_customer.astype(np.float32))


def _extremes(
    codes: NDArray[np.integer], age_days: NDArray[np.floating], count: int
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Days since the first and since the last entry of each code; NaN where there is none."""
    first, last = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(first, codes, age_days)
    np.minimum.at(last, codes, age_days)
    return np.where(np.isfinite(first), first, np.nan), np.where(np.isfinite(last), last, np.nan)
