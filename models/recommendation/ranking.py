"""What the second stage reads of each candidate: one function for training, evaluation and serving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.activity import CUSTOMER_FIGURES, PRODUCT_FIGURES, Activity
from models.recommendation.candidates import Candidates
from models.recommendation.collaborative import LatentTaste
from models.recommendation.own_past import OWN_FIGURES, OwnPast
from models.recommendation.ragged import looked_up, side_by_side
from models.recommendation.sources import Asked, FloatTable, keys_of, times

ATTRIBUTES = ("category_id", "seller_id", "colour", "material", "occasion")
# Reciprocal ranks are 1 / (this + rank), as in rank fusion (Cormack, Clarke & Büttcher 2009), steeper for short lists.
_FUSION = 20.0
# What the arrays of `OwnPast` are called where they are stored beside others.
_OWN_PAST_ARRAYS = {
    "own_days": "days",
    "own_since": "since",
    "own_first": "first",
    "customer_visits": "visits",
    "repeat_rate": "repeat_rate",
}


@dataclass(frozen=True)
class Attributes:
    """What listings say of themselves.

    Attributes:
        codes: product × attribute of `ATTRIBUTES`; over all attributes together, -1 where a listing is silent.
        log_price: NaN where there is none.
    """

    codes: NDArray[np.int32]
    log_price: FloatTable

    @classmethod
    def of(cls, products: pd.DataFrame) -> Attributes:
        """Those of listings, in their order."""
        columns, first = [], 0
        for name in ATTRIBUTES:
            values = products[name].fillna("").astype(str).str.strip().str.lower().to_numpy(dtype=str)
            known, codes = np.unique(values, return_inverse=True)
            columns.append(np.where(values == "", -1, codes + first))
            first += len(known)
        price = pd.to_numeric(products["price_minor"], errors="coerce").to_numpy(dtype=np.float64)
        log_price = np.log(np.where(price > 0, price, np.nan))
        return cls(np.column_stack(columns).astype(np.int32), log_price.astype(np.float32))

    def affinities(self, asked: Asked, candidates: Candidates) -> FloatTable:
        """Candidate × (attributes, price): the share of the customer's taste that has the candidate's value, and how much
        dearer it is (log) than what they usually take; NaN where either side is silent."""
        count = np.int64(self._has.shape[1])
        weight = np.asarray(asked.profiles.sum(axis=1)).ravel().astype(np.float32)
        tastes = times(asked.profiles, self._has)
        tastes.sort_indices()
        shares = np.full((len(candidates), len(ATTRIBUTES) + 1), np.nan, dtype=np.float32)
        total = np.maximum(weight, np.float32(1e-9))[candidates.rows]
        codes = self.codes[candidates.products]
        known = (codes >= 0) & (weight[candidates.rows] > 0)[:, None]
        found = looked_up((candidates.rows[:, None] * count + codes)[known], keys_of(tastes), tastes.data, missing=0)
        shares[:, :-1][known] = found / np.broadcast_to(total[:, None], codes.shape)[known]
        log_price, is_priced = self._prices
        priced = asked.profiles @ is_priced
        level = np.where(priced > 0, asked.profiles @ log_price / np.maximum(priced, 1e-9), np.nan)
        shares[:, -1] = self.log_price[candidates.products] - level[candidates.rows]
        return shares

    @cached_property
    def _has(self) -> sparse.csr_matrix:
        """Product × code."""
        count = int(self.codes.max(initial=-1)) + 1
        products, attributes = np.nonzero(self.codes >= 0)
        ones = np.ones(len(products), dtype=np.float32)
        return sparse.csr_matrix((ones, (products, self.codes[products, attributes])), shape=(len(self.codes), max(count, 1)))

    @cached_property
    def _prices(self) -> tuple[FloatTable, FloatTable]:
        """Each product's price, 0 where there is none, and whether there is one."""
        is_priced = np.isfinite(self.log_price)
        return np.where(is_priced, self.log_price, np.float32(0)), is_priced.astype(np.float32)


@dataclass(frozen=True)
class RankingFeatures:
    """The columns of the second stage; the same object makes them when training and when serving.

    Attributes:
        words: product × dimension, as of `content.fit_word_vectors`.
    """

    activity: Activity
    own_past: OwnPast
    words: FloatTable
    attributes: Attributes | None = None

    def arrays(self) -> dict[str, Any]:
        """Everything by name; `from_arrays` takes it back."""
        own_past = {name: getattr(self.own_past, part) for name, part in _OWN_PAST_ARRAYS.items()}
        attributes = self.attributes
        return {
            "product_activity": self.activity.products,
            "customer_activity": self.activity.customers,
            "words": self.words,
            **own_past,
            **({"attribute_codes": attributes.codes, "log_price": attributes.log_price} if attributes else {}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> RankingFeatures:
        """The object whose `arrays` these are."""
        return cls(
            activity=Activity(arrays["product_activity"], arrays["customer_activity"]),
            own_past=OwnPast(**{part: arrays[name] for name, part in _OWN_PAST_ARRAYS.items()}),
            words=arrays["words"],
            attributes=Attributes(arrays["attribute_codes"], arrays["log_price"]) if "attribute_codes" in arrays else None,
        )

    def names(self, sources: Sequence[str]) -> tuple[str, ...]:
        """The columns of `of`, in order."""
        attributes = tuple(f"taste_for_{name}" for name in (*ATTRIBUTES, "price")) if self.attributes else ()
        return (
            *(f"{name}_score" for name in sources),
            *(f"{name}_rank" for name in sources),
            *("sources", "fused_rank"),
            *PRODUCT_FIGURES,
            *CUSTOMER_FIGURES,
            *("popularity_gap", "trend_gap"),
            "latent_match",
            "words_match",
            "product_repeat_rate",
            "customer_days",
            *OWN_FIGURES,
            *attributes,
        )

    def of(self, asked: Asked, candidates: Candidates, latent: LatentTaste) -> FloatTable:
        """Candidate × column; a source that is silent is missing, not last.

        Latent taste and words are matched with every candidate, whoever proposed it.
        """
        rows, products = candidates.rows, candidates.products
        ranks = np.column_stack(list(candidates.ranks.values()))
        product = self.activity.products[products]
        customers = asked.customers[rows]
        customer = np.where((customers >= 0)[:, None], self.activity.customers[np.maximum(customers, 0)], np.float32(np.nan))
        month, ever = PRODUCT_FIGURES.index("product_activity_28d"), PRODUCT_FIGURES.index("product_activity")
        popular, trendy = CUSTOMER_FIGURES.index("customer_popularity"), CUSTOMER_FIGURES.index("customer_trendiness")
        columns = [
            *candidates.scores.values(),
            *candidates.ranks.values(),
            np.isfinite(ranks).sum(axis=1),
            np.nansum(1 / (_FUSION + ranks), axis=1),
            *product.T,
            *customer.T,
            np.log1p(product[:, ever]) - customer[:, popular],
            np.log1p(product[:, month]) - customer[:, trendy],
            _cosine(latent.vectors(asked.profiles)[rows], latent.item_factors[products]),
            _cosine((asked.profiles @ self.words)[rows], self.words[products]),
            self.own_past.repeat_rate[products],
            np.where(customers >= 0, self.own_past.visits[np.maximum(customers, 0)], np.float32(np.nan)),
            *self.own_past.figures(asked, rows, products),
        ]
        if self.attributes is not None:
            columns.extend(self.attributes.affinities(asked, candidates).T)
        return side_by_side(columns)


def _cosine(one: FloatTable, other: FloatTable) -> FloatTable:
    """Row by row; NaN where either is zero."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    products = np.einsum("ij,ij->i", one, other)
    return np.asarray(np.divide(products, lengths, out=np.full(len(products), np.nan, dtype=np.float32), where=lengths > 0))
