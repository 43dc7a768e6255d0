"""What is known of a monitored column before any row is seen."""

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

_LOOKBACK = re.compile(r"_(\d+)(h|d)$")
_HEX = set("0123456789abcdef")


class Kind(StrEnum):
    """How a column is compared."""

    NUMBER = "number"
    CATEGORY = "category"
    IDENTIFIER = "identifier"


@dataclass(frozen=True)
class Feature:
    """One monitored column.

    Attributes:
        derived_from: columns it is computed from; while one of them drifts as much, this one explains nothing.
        grows: it counts since the beginning or ages with the marketplace, so its distribution moves by being what it is:
            only missing and frozen values are judged.
        history: how long a marketplace must have run before the column is what it will be, where its name does not say: as
            long as nobody has a history yet, most values are missing, and every week fewer.
        missing: what it means that a value is missing, where it is no fault of the data.
        is_rare: most rows have no value, and how many do is what counts: a click, say. It is compared as a rate, since a share
            of a few in a hundred cannot fall by many.
    """

    name: str
    kind: Kind = Kind.NUMBER
    derived_from: tuple[str, ...] = ()
    grows: bool = False
    is_score: bool = False
    history: timedelta = timedelta(0)
    missing: str | None = None
    is_rare: bool = False

    @property
    def lookback(self) -> timedelta:
        """How much history a value needs, read off the name: `_7d` a week. Before that the column is still filling up.

        An identifier is compared by how often it was seen in the `MEMORY` before.
        """
        if self.kind is Kind.IDENTIFIER:
            return max(MEMORY, self.history)
        found = _LOOKBACK.search(self.name)
        named = timedelta(**{"days" if found[2] == "d" else "hours": int(found[1])}) if found else timedelta(0)
        return max(named, self.history)


# How long an identifier counts as known after it was last seen.
MEMORY = timedelta(days=56)


def known_before(ids: pd.Series, at: pd.Series) -> pd.Series:
    """Whether each identifier was seen within `MEMORY` before its row: 1.0 or 0.0, missing where the identifier is.

    Args:
        ids: the identifiers. at: the instant of each row; any order, same index.
    """
    ordered = pd.DataFrame({"id": ids, "at": at}).sort_values("at", kind="stable")
    since = ordered.groupby("id", sort=False)["at"].diff()
    known = (since <= MEMORY).astype("float64").where(ordered["id"].notna())
    return known.reindex(ids.index)


def patterns(ids: pd.Series) -> pd.Series:
    """The shape of each identifier, such as `hex of 9`: kind of characters and length. Missing stays missing."""
    text = ids.astype(object).where(ids.notna(), None)
    shapes = {value: _shape(str(value)) for value in pd.unique(text) if value is not None}
    return text.map(shapes)


def _shape(value: str) -> str:
    return f"{'hex' if set(value.lower()) <= _HEX else 'text'} of {len(value)}"


def as_numbers(values: pd.Series) -> np.ndarray:
    """The column as floats; what is missing is NaN."""
    numbers: np.ndarray = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def as_categories(values: pd.Series) -> np.ndarray:
    """The column as strings; what is missing is None."""
    text = values.astype(object)
    return np.asarray(text.map(str, na_action="ignore").where(text.notna(), None), dtype=object)
