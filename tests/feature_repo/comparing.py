"""When a value that was stored and one that was served are the same."""

import math
from typing import Any

import numpy as np
import pandas as pd


def same(stored: Any, served: Any) -> bool:
    """Equal exactly, floats to a millionth, and null to null."""
    stored, served = plain(stored), plain(served)
    if isinstance(stored, float) and isinstance(served, float) and not stored.is_integer():
        return math.isclose(stored, served, abs_tol=1e-6)
    return bool(stored == served)


def plain(value: Any) -> Any:
    """The value as Python has it: lists for arrays, None for every kind of null."""
    if isinstance(value, np.ndarray | list | tuple):
        return list(value)
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
