"""Rows put together by identity: the same groups as a hash table gives, also where hashes collide and at the ends of blocks."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from models.fraud import sorting
from models.fraud.sorting import blocks, identity_codes

NAMES = ["b", "a", None, "b", "c", "a", "a", None, "d", "c"]


def test_equal_values_share_a_code_and_missing_ones_have_none() -> None:
    codes = identity_codes(pd.Series(NAMES))
    assert [code == -1 for code in codes] == [name is None for name in NAMES]
    assert sorted(set(codes)) == [-1, 0, 1, 2, 3]
    for name in ("a", "b", "c", "d"):
        assert len({code for code, other in zip(codes, NAMES, strict=True) if other == name}) == 1


@pytest.mark.parametrize("block", [1, 3, 1 << 16])
def test_many_values_are_grouped_as_by_a_hash_table(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(sorting, "_BLOCK_ROWS", block)
    names = pd.Series(np.random.default_rng(4).integers(0, 300, 2000)).astype(str)
    assert (pd.factorize(identity_codes(names))[0] == pd.factorize(names)[0]).all()


def test_values_that_share_a_hash_keep_codes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pl.Series, "hash", lambda values: pl.Series([0] * len(values), dtype=pl.UInt64))
    names = pd.Series(np.random.default_rng(4).integers(0, 300, 2000)).astype(str)
    assert (pd.factorize(identity_codes(names))[0] == pd.factorize(names)[0]).all()


@pytest.mark.parametrize("column", [pd.Series([None, None]), pd.Series([], dtype=object)])
def test_nothing_known_gives_no_code(column: pd.Series) -> None:
    assert (identity_codes(column) == -1).all()


def test_blocks_hold_whole_groups_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorting, "_BLOCK_ROWS", 3)
    codes = np.array([1, 0, 1, -1, 2, 1, 1, 0])
    found = [(rows.tolist(), first.tolist()) for rows, first in blocks(codes)]
    assert found == [([1, 7, 0, 2, 5, 6], [True, False, True, False, False, False]), ([4], [True])]
