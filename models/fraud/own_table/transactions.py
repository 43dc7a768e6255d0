"""Transactions that somebody brings, as arrays in one order that does not depend on the order in which they came."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from models.tables import encode

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

IDENTITIES = ("customer", "terminal", "device", "ip")
NO_TIME = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Transactions:
    """One row per transaction, oldest first.

    Attributes:
        instants: microseconds since 1970, UTC.
        codes: by identity (`customer`, and those of `IDENTITIES` that came) a code per row, -1 where it is not known.
        is_fraud: what became of it in the end; whoever learns from it has to ask when that was known.
        signed_up: microseconds since 1970, `NO_TIME` where unknown, None where no such column came.
        is_held_out: the row lies in a test file, so its label is never known to a model.
    """

    instants: Integers
    codes: Mapping[str, Integers]
    amounts: Floats
    is_fraud: Flags
    signed_up: Integers | None
    is_held_out: Flags

    def __len__(self) -> int:
        return len(self.instants)

    @property
    def days(self) -> Integers:
        """The UTC day of each row, counted from 1970."""
        return self.instants // 86_400_000_000


def transactions(frame: pl.DataFrame) -> Transactions:
    """The rows of `frame` in order of time.

    Args:
        frame: `time` (Datetime, microseconds), `customer`, `amount`, `label` (Boolean), and where they came `terminal`,
            `device`, `ip` (text, Categorical), `signup_time`; `is_held_out` (Boolean) where there is a test file.
    """
    codes = {name: _codes(frame[name]) for name in IDENTITIES if name in frame.columns}
    instants = frame["time"].to_physical().to_numpy().astype(np.int64)
    amounts = frame["amount"].to_numpy().astype(np.float64)
    is_fraud = frame["label"].to_numpy().astype(bool)
    signed_up = None
    if "signup_time" in frame.columns:
        signed_up = frame["signup_time"].to_physical().fill_null(NO_TIME).to_numpy().astype(np.int64)
    is_held_out = frame["is_held_out"].to_numpy().astype(bool) if "is_held_out" in frame.columns else np.zeros(len(frame), bool)
    # Every column takes part: rows that still tie are equal in all that is read of them.
    keys = [is_fraud, is_held_out, amounts, *reversed(codes.values()), instants]
    order = np.lexsort(keys if signed_up is None else [signed_up, *keys])
    return Transactions(
        instants=instants[order],
        codes={name: code[order] for name, code in codes.items()},
        amounts=amounts[order],
        is_fraud=is_fraud[order],
        signed_up=None if signed_up is None else signed_up[order],
        is_held_out=is_held_out[order],
    )


def _codes(values: pl.Series) -> Integers:
    """A code per text in order of the texts, -1 for none."""
    known = values.is_not_null().to_numpy()
    codes = np.full(len(values), -1, dtype=np.int64)
    if known.any():
        codes[known] = encode(values.drop_nulls())[1]
    return codes
