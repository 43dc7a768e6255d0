"""On how many of a customer's days they looked at a category, a seller, a colour: a steadier taste than counts of views.

One visit in search of one thing is dozens of views of one category, which a share of views takes for dozens of opinions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.ragged import gather, looked_up
from models.recommendation.sources import Asked, FloatTable

# The habits of all count like so many days of a customer's own.
_PRIOR_DAYS = 3.0


@dataclass(frozen=True)
class AttributeDays:
    """Customer × code of `Attributes`: on how many different days they had to do with a product that has it.

    Attributes:
        visits: on how many different days each customer did anything.
    """

    days: sparse.csr_matrix
    visits: FloatTable

    @classmethod
    def of(
        cls,
        customers: NDArray[np.integer],
        products: NDArray[np.integer],
        age_days: NDArray[np.floating],
        codes: NDArray[np.int32],
        visits: FloatTable,
    ) -> AttributeDays:
        """The table of interactions given as flat arrays; ages are days until the last instant known.

        Args:
            codes: product × attribute, -1 where a listing is silent.
            visits: `OwnPast.visits` of the same interactions.
        """
        day = np.floor(age_days).astype(np.int64)
        span, width = np.int64(day.max(initial=0) + 1), np.int64(codes.max(initial=0) + 1)
        held = []
        for column in codes.T:
            code = column[products]
            known = code >= 0
            entries = np.unique((customers[known].astype(np.int64) * width + code[known]) * span + day[known])
            held.append(entries // span)
        pairs, counts = np.unique(np.concatenate(held), return_counts=True)
        rows, columns = np.divmod(pairs, width)
        days = sparse.csr_matrix((counts.astype(np.float32), (rows, columns)), shape=(len(visits), int(width)))
        return cls(days, visits)

    def lifts(self, asked: Asked, rows: NDArray[np.intp], codes: NDArray[np.int32]) -> FloatTable:
        """How much oftener (log) the customer's days have each code than everybody's do; few days are drawn towards those.

        Args:
            rows: the asked row that each row of `codes` belongs to.
        Returns:
            As `codes`; NaN for strangers, where a listing is silent, and for a code that nobody has had to do with.
        """
        width = np.int64(self.days.shape[1])
        known = np.flatnonzero(asked.customers >= 0)
        entries, owner = gather(self.days.indptr, asked.customers[known])
        keys = known[owner] * width + self.days.indices[entries]
        found = looked_up(rows[:, None] * width + codes, keys, self.days.data[entries], missing=0)
        customers = asked.customers[rows]
        visits = np.where(customers >= 0, self.visits[np.maximum(customers, 0)], np.float32(np.nan))[:, None]
        usual = np.where(codes >= 0, self._usual[np.maximum(codes, 0)], np.float32(np.nan))
        share = (found + _PRIOR_DAYS * usual) / (visits + _PRIOR_DAYS)
        with np.errstate(invalid="ignore"):  # 0/0: nobody's share of nobody's habit
            return np.asarray(np.log(share / usual), dtype=np.float32)

    @cached_property
    def _usual(self) -> FloatTable:
        """The share of all customers' days that has each code."""
        total = max(float(self.visits.sum()), 1.0)
        return np.asarray(self.days.sum(axis=0), dtype=np.float32).ravel() / np.float32(total)
