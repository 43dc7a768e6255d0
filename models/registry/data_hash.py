"""A fingerprint of training data: equal for equal rows, whatever their order."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import pandas as pd


def data_hash(training_set: Any) -> str:
    """SHA-256, in hex, of a frame, a mapping of frames, or a dataclass that holds frames, arrays and plain values."""
    digest = hashlib.sha256()
    for name, part in sorted(_parts(training_set)):
        digest.update(name.encode())
        digest.update(_part_bytes(part))
    return digest.hexdigest()


def _parts(training_set: Any) -> list[tuple[str, Any]]:
    if is_dataclass(training_set):
        return [(field.name, getattr(training_set, field.name)) for field in fields(training_set)]
    if isinstance(training_set, Mapping):
        return [(str(name), part) for name, part in training_set.items()]
    return [("", training_set)]


def _part_bytes(part: Any) -> bytes:
    if isinstance(part, pd.Series):
        part = part.to_frame()
    if isinstance(part, np.ndarray):
        return np.ascontiguousarray(part).tobytes() if part.dtype != object else repr(part.tolist()).encode()
    if not isinstance(part, pd.DataFrame):
        return repr(part).encode()
    columns = sorted(part.columns, key=str)
    hashable = pd.DataFrame({column: _hashable(part[column]) for column in columns}, index=part.index)
    rows = pd.util.hash_pandas_object(hashable, index=False).to_numpy()
    return "\n".join(map(str, columns)).encode() + np.sort(rows).tobytes()


def _hashable(column: pd.Series) -> pd.Series:
    """Columns of lists as text: pandas cannot hash a list; and one kind of missing, for files know but one."""
    present = column.dropna() if column.dtype == object else column.iloc[:0]
    is_nested = len(present) > 0 and not isinstance(present.iloc[0], str | int | float | bool)
    if is_nested:
        return column.map(str)
    return column.where(column.notna(), None) if column.dtype == object else column
