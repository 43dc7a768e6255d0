import numpy as np
import polars as pl
import pytest

from marketplace.simulation.columns import digests_as_text, hexadecimal, instants, masked, named, parts


def test_numbers_become_eight_digits_behind_their_prefix() -> None:
    assert hexadecimal(np.array([0, 255, 2**32 - 1]), "u").to_list() == ["u00000000", "u000000ff", "uffffffff"]
    assert hexadecimal(np.zeros(0, dtype=np.int64), "u").to_list() == []


def test_bytes_become_two_digits_each() -> None:
    assert digests_as_text(np.array([[1, 171], [0, 16]], dtype=np.uint8)).to_list() == ["01ab", "0010"]


def test_names_follow_their_numbers_and_nulls_the_mask() -> None:
    names = named(("no", "yes"), np.array([True, False, True]))
    assert names.to_list() == ["yes", "no", "yes"]
    assert masked(names, np.array([True, False, True])).to_list() == ["yes", None, "yes"]


def test_negative_instants_are_null() -> None:
    column = instants(np.array([1_000_000, -1]))
    assert column.dtype == pl.Datetime("us", "UTC")
    assert column.null_count() == 1


def test_parts_cover_every_row_once_and_an_empty_table_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.simulation.columns.AT_ONCE", 4)
    assert [(part.start, part.stop) for part in parts(10)] == [(0, 4), (4, 8), (8, 10)]
    assert [(part.start, part.stop) for part in parts(0)] == [(0, 0)]
