"""A request is a table of one row: the short ways for it say what the ways for many rows say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.recommendation import RecommendationModel, SourceName, sources
from models.recommendation.candidates import merged
from models.recommendation.ragged import Grouped, looked_up, stable_order
from models.recommendation.sources import Asked, best_of_rows, entries_of, keep_largest, with_columns

WIDTH = 30


def table(rng: np.random.Generator, rows: int) -> sparse.csr_matrix:
    """Few different values, some of them 0 or below, so that there are ties and things to leave out."""
    values = rng.integers(-1, 5, (rows, WIDTH)) * (rng.random((rows, WIDTH)) < 0.7)
    return sparse.csr_matrix(values.astype(np.float32))


def test_a_table_cut_in_blocks_is_cut_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    said = sparse.csr_matrix(sparse.vstack([table(rng, 40), sparse.csr_matrix((3, WIDTH), dtype=np.float32), table(rng, 2)]))
    whole = keep_largest(said, 6)
    for entries in (1, 37, said.nnz - 1, said.nnz):
        monkeypatch.setattr(sources, "_SORTED_AT_ONCE", entries)
        cut = keep_largest(said, 6)
        assert (cut.shape, cut.dtype) == (whole.shape, whole.dtype)
        for array in ("indptr", "indices", "data"):
            np.testing.assert_array_equal(getattr(cut, array), getattr(whole, array))


@pytest.mark.parametrize("seed", range(5))
def test_a_row_alone_is_cut_and_ranked_as_among_others(seed: int) -> None:
    rng = np.random.default_rng(seed)
    said, hidden = table(rng, 8), table(rng, 8).sign().maximum(0).tocsr()
    hidden.eliminate_zeros()
    offered = rng.random(WIDTH) < 0.8
    everybody = Asked(said, np.full(8, -1), hidden, offered)
    best = best_of_rows(said, everybody, 6)
    kept = keep_largest(said, 6)
    together = merged({SourceName.EASE: best, SourceName.CONTENT: kept})
    for row in range(8):
        alone = everybody.part(np.array([row]))
        own_best, own_kept = best_of_rows(said[[row]], alone, 6), keep_largest(said[[row]], 6)
        assert own_best.toarray().tolist() == best[[row]].toarray().tolist()
        assert own_kept.toarray().tolist() == kept[[row]].toarray().tolist()
        one = merged({SourceName.EASE: own_best, SourceName.CONTENT: own_kept})
        part = together.only(together.rows == row)
        assert one.products.tolist() == part.products.tolist()
        for name in (SourceName.EASE, SourceName.CONTENT):
            np.testing.assert_array_equal(one.scores[name], part.scores[name])
            np.testing.assert_array_equal(one.ranks[name], part.ranks[name])


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**62)), max_size=60))
def test_keys_are_ordered_and_equal_ones_stay_as_they_came(keys: list[int]) -> None:
    values = np.array(keys, dtype=np.int64)
    assert stable_order(values).tolist() == np.argsort(values, kind="stable").tolist()


def test_several_rows_of_values_are_summed_and_looked_up_as_each_alone() -> None:
    rng = np.random.default_rng(4)
    keys, values = rng.integers(0, 12, 50), rng.random((3, 50)).astype(np.float32)
    grouped = Grouped.by(keys)
    sums = grouped.sums(values)
    assert sums.tolist() == [grouped.sums(row).tolist() for row in values]
    wanted = np.arange(15)
    np.testing.assert_array_equal(
        looked_up(wanted, grouped.keys, sums), np.stack([looked_up(wanted, grouped.keys, row) for row in sums])
    )


def test_entries_and_added_columns_are_those_of_the_table() -> None:
    rng = np.random.default_rng(5)
    given_table = table(rng, 3)
    rows, columns = np.nonzero(np.ones((3, WIDTH)))
    assert entries_of(given_table, rows, columns).tolist() == given_table.toarray().ravel().tolist()
    expected = (given_table.toarray() != 0).astype(np.float32)
    expected[:, [2, 7]] = 1
    assert with_columns(given_table, [7, 2, 7]).toarray().tolist() == expected.tolist()


def test_a_request_gets_the_list_that_the_night_made(model_with_trees: RecommendationModel) -> None:
    customers = [*model_with_trees.customer_ids[:40].tolist(), "stranger"]
    nightly = list(model_with_trees.recommend_each(customers, k=30))
    for customer, made in zip(customers, nightly, strict=True):
        asked = model_with_trees.recommend(customer_id=customer, k=30)
        assert [(item.product_id, item.source, item.reason) for item in asked] == [
            (item.product_id, item.source, item.reason) for item in made
        ]


def test_what_leads_to_a_product_is_the_heaviest_entry_towards_it(model: RecommendationModel) -> None:
    assert model.running_session is not None
    near = model.running_session.model.sources.transitions.near.toarray()
    session = model._session_profile(["p004", "p009", "p014"])
    for product in range(len(model.catalogue.product_ids)):
        said = session.data * near[session.indices, product]
        expected = int(session.indices[int(np.argmax(said))]) if said.any() else None
        assert model.running_session.strongest(session, product) == expected
