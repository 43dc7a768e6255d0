"""What listings say of themselves, beside what a customer's taste says of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.candidates import Candidates
from models.recommendation.ragged import looked_up
from models.recommendation.sources import Asked, FloatTable, keys_of, times

# New ones come last: a stored model has as many of them as there were when it was trained.
ATTRIBUTES = ("category_id", "seller_id", "colour", "material", "occasion", "style", "season", "gender")


@dataclass(frozen=True)
class Attributes:
    """What listings say of themselves.

    Attributes:
        codes: product × attribute of `names`; over all attributes together, -1 where a listing is silent.
        log_price: NaN where there is none.
    """

    codes: NDArray[np.int32]
    log_price: FloatTable

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns of `codes` are called."""
        return ATTRIBUTES[: self.codes.shape[1]]

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
        shares = np.full((len(candidates), len(self.names) + 1), np.nan, dtype=np.float32)
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
