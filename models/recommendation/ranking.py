"""What the second stage reads of each candidate: one function for training, evaluation and serving."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.recommendation.activity import CUSTOMER_FIGURES, PRODUCT_FIGURES, Activity
from models.recommendation.attribute_days import AttributeDays
from models.recommendation.attributes import Attributes
from models.recommendation.candidates import Candidates
from models.recommendation.collaborative import LatentTaste
from models.recommendation.own_past import OWN_FIGURES, OwnPast
from models.recommendation.ragged import side_by_side
from models.recommendation.shopper_kinds import KIND_FIGURES, ShopperKinds
from models.recommendation.sources import Asked, FloatTable

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
class RankingFeatures:
    """The columns of the second stage; the same object makes them when training and when serving.

    Attributes:
        words: product × dimension, as of `content.fit_word_vectors`.
        attributes: what listings say of themselves; none of a table that has no listings.
        attribute_days: what customers' days had to do with, over the codes of `attributes`.
        shopper_kinds: what kinds of customers take within the categories of `attributes`.
        listed_days: per product, days since it was listed, NaN where a listing does not say; no column of the ranker's.
    """

    activity: Activity
    own_past: OwnPast
    words: FloatTable
    attributes: Attributes | None = None
    attribute_days: AttributeDays | None = None
    shopper_kinds: ShopperKinds | None = None
    listed_days: FloatTable | None = None

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
            **({"attribute_days": self.attribute_days.days} if self.attribute_days else {}),
            **(self.shopper_kinds.arrays() if self.shopper_kinds else {}),
            **({"listed_days": self.listed_days} if self.listed_days is not None else {}),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> RankingFeatures:
        """The object whose `arrays` these are."""
        return cls(
            activity=Activity(arrays["product_activity"], arrays["customer_activity"]),
            own_past=OwnPast(**{part: arrays[name] for name, part in _OWN_PAST_ARRAYS.items()}),
            words=arrays["words"],
            attributes=Attributes(arrays["attribute_codes"], arrays["log_price"]) if "attribute_codes" in arrays else None,
            attribute_days=(
                AttributeDays(arrays["attribute_days"], arrays["customer_visits"]) if "attribute_days" in arrays else None
            ),
            shopper_kinds=ShopperKinds.from_arrays(arrays) if "kind_share" in arrays else None,
            listed_days=arrays.get("listed_days"),
        )

    def names(self, sources: Sequence[str]) -> tuple[str, ...]:
        """The columns of `of`, in order."""
        said = self.attributes.names if self.attributes else ()
        attributes = tuple(f"taste_for_{name}" for name in (*said, "price")) if said else ()
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
            *((f"days_with_{name}" for name in said) if self.attribute_days else ()),
            *(KIND_FIGURES if self.shopper_kinds else ()),
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
            _cosine(latent.vectors_of(asked)[rows], latent.item_factors[products]),
            _cosine((asked.profiles @ self.words)[rows], self.words[products]),
            self.own_past.repeat_rate[products],
            np.where(customers >= 0, self.own_past.visits[np.maximum(customers, 0)], np.float32(np.nan)),
            *self.own_past.figures(asked, rows, products),
        ]
        if self.attributes is not None:
            columns.extend(self.attributes.affinities(asked, candidates).T)
        if self.attributes is not None and self.attribute_days is not None:
            columns.extend(self.attribute_days.lifts(asked, rows, self.attributes.codes[products]).T)
        if self.shopper_kinds is not None:
            columns.extend(self.shopper_kinds.figures(asked, rows, products))
        return side_by_side(columns)


def _cosine(one: FloatTable, other: FloatTable) -> FloatTable:
    """Row by row; NaN where either is zero."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    products = np.einsum("ij,ij->i", one, other)
    return np.asarray(np.divide(products, lengths, out=np.full(len(products), np.nan, dtype=np.float32), where=lengths > 0))
