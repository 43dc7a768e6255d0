"""Named arrays and sparse tables in one npz file, readable without pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

_PARTS = ("data", "indices", "indptr", "shape")


def save_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as they are and sparse tables as their four parts (`name.data` ...)."""
    flat: dict[str, Any] = {}
    for name, value in arrays.items():
        if sparse.issparse(value):
            table = sparse.csr_matrix(value)
            table.sort_indices()
            flat |= {f"{name}.{part}": np.asarray(getattr(table, part)) for part in _PARTS}
        else:
            flat[name] = value
    np.savez(path, **flat)


def load_arrays(path: Path) -> dict[str, Any]:
    """What `save_arrays` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        flat = {name: stored[name] for name in stored.files}
    tables = sorted({name.removesuffix(".indptr") for name in flat if name.endswith(".indptr")})
    loaded: dict[str, Any] = {name: value for name, value in flat.items() if name.rpartition(".")[0] not in tables}
    for name in tables:
        parts = tuple(flat[f"{name}.{part}"] for part in ("data", "indices", "indptr"))
        loaded[name] = sparse.csr_matrix(parts, shape=tuple(flat[f"{name}.shape"]))
    return loaded
