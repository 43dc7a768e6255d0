"""The two stages of a running session: what they learn from, what they answer, and what becomes of little data."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.metrics.ranking import ndcg_at
from models.recommendation.session_blend import cases
from models.recommendation.session_features import FEATURES, newest_clicks
from models.recommendation.session_neighbours import SessionNeighbours, SessionNeighboursConfig, Sessions
from models.recommendation.session_ranker import SessionModel, labels, window_groups
from models.recommendation.storage import load_arrays, save_arrays

PRODUCTS = 60


def sessions(*held: list[int]) -> Sessions:
    products = np.array([product for one in held for product in one], dtype=np.int32)
    return Sessions(products, np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64))


def wanderers(count: int, seed: int = 0) -> Sessions:
    """Walks through rooms of six products, now and then back to the product before the last or into any other room."""
    rng = np.random.default_rng(seed)
    held = []
    for _ in range(count):
        walk = [int(rng.integers(PRODUCTS))]
        for _ in range(int(rng.integers(2, 8))):
            chance = rng.random()
            if chance < 0.3 and len(walk) > 1:
                walk.append(walk[-2])
            elif chance < 0.9:
                walk.append(walk[-1] // 6 * 6 + int(rng.integers(6)))
            else:
                walk.append(int(rng.integers(PRODUCTS)))
        held.append(walk)
    return sessions(*held)


@pytest.fixture(scope="module", params=[True, False], ids=["with repeats", "new products only"])
def model(request: pytest.FixtureRequest) -> SessionModel:
    return SessionModel.fit(wanderers(4000), PRODUCTS, repeats=request.param, seed=7)


def ndcg(scores: np.ndarray, targets: np.ndarray) -> float:
    ranked = np.argsort(-scores, axis=1, kind="stable")
    return float(ndcg_at(ranked == targets[:, None], np.ones(len(targets), dtype=np.int_), 10).mean())


def test_it_ranks_better_than_neighbours_where_there_is_much_to_learn(model: SessionModel) -> None:
    assert model.trees
    running, targets = cases(wanderers(600, seed=1), repeats=model.repeats)
    neighbours = SessionNeighbours.fit(wanderers(4000), PRODUCTS, SessionNeighboursConfig())
    theirs = neighbours.scores(running).toarray()
    if not model.repeats:
        theirs[running.rows, running.products] = 0
    assert ndcg(model.scores(running).toarray(), targets) > 1.02 * ndcg(theirs, targets)


@settings(max_examples=25, deadline=None)
@given(held=st.lists(st.lists(st.integers(0, PRODUCTS - 1), max_size=9), min_size=1, max_size=4))
def test_a_list_repeats_nothing_and_hides_the_session_where_asked(model: SessionModel, held: list[list[int]]) -> None:
    pairs = model.sources.pairs(newest_clicks(sessions(*held), repeats=model.repeats), repeats=model.repeats)
    keys = list(zip(pairs.rows.tolist(), pairs.products.tolist(), strict=True))
    assert len(set(keys)) == len(keys)
    scores = model.score(pairs)
    assert ((scores > 0) & (scores <= 1)).all()
    for row, one in enumerate(held):
        listed = {product for at, product in keys if at == row}
        assert not listed & set(one) if not model.repeats else set(one) <= listed


def test_a_batch_says_what_each_session_says_alone(model: SessionModel) -> None:
    running, _ = cases(wanderers(40, seed=2), repeats=True)
    together = model.scores(running).toarray()
    alone = np.concatenate([model.scores(running.between(row, row + 1)).toarray() for row in range(len(running))])
    assert together == pytest.approx(alone)


def test_equal_sessions_and_seeds_give_equal_models_however_saved(model: SessionModel, tmp_path: Path) -> None:
    again = SessionModel.fit(wanderers(4000), PRODUCTS, repeats=model.repeats, seed=7)
    assert again.trees == model.trees
    save_arrays(tmp_path / "arrays.npz", again.arrays())
    loaded = SessionModel.of_arrays(load_arrays(tmp_path / "arrays.npz"), again.trees, repeats=again.repeats)
    running, _ = cases(wanderers(40, seed=3), repeats=True)
    assert (loaded.scores(running) != model.scores(running)).nnz == 0


def test_what_is_seen_twice_counts_once_where_repeats_do_not() -> None:
    clicks = sessions([4, 2, 4, 3, 2], [], [1])
    assert newest_clicks(clicks, repeats=True).products.tolist() == [4, 2, 4, 3, 2, 1]
    once = newest_clicks(clicks, repeats=False)
    assert (once.products.tolist(), once.offsets.tolist()) == ([4, 3, 2, 1], [0, 3, 3, 4])


def test_no_source_of_a_training_row_knows_its_session_or_a_later_one() -> None:
    past, other = wanderers(3000), wanderers(3000, seed=5)
    for window in range(3):
        start = 3000 - (3 - window) * 200
        changed = sessions(*(
            (past if row < start + 200 else other).between(row, row + 1).products.tolist() for row in range(3000)
        ))  # fmt: skip
        one, two = (window_groups(each, PRODUCTS, window, repeats=True, rng=np.random.default_rng(0)) for each in (past, changed))
        assert np.array_equal(one.features, two.features, equal_nan=True)
        assert np.array_equal(one.is_target, two.is_target)
    # The window's own sessions are in none of its features either: clicks of products are counted before it.
    clicks = FEATURES.index("clicks")
    counted = np.bincount(past.between(0, 2800).products, minlength=PRODUCTS)
    last = window_groups(past, PRODUCTS, 2, repeats=True, rng=np.random.default_rng(0))
    assert set(np.unique(last.features[:, clicks]).astype(int)) <= set(counted.tolist())


def test_labels_are_clicks_with_what_came_before_them() -> None:
    running, targets = labels(sessions([0, 1, 0], [2], [3, 3]), repeats=True, most=100, rng=np.random.default_rng(0))
    assert [running.between(row, row + 1).products.tolist() for row in range(3)] == [[0], [0, 1], [3]]
    assert targets.tolist() == [1, 0, 3]
    running, targets = labels(sessions([0, 1, 0], [2], [3, 3]), repeats=False, most=100, rng=np.random.default_rng(0))
    assert (running.products.tolist(), targets.tolist()) == ([0], [1])
    assert len(labels(wanderers(50), repeats=True, most=20, rng=np.random.default_rng(0))[1]) == 20


def test_candidates_of_a_group_stand_in_random_order_with_one_target() -> None:
    groups = window_groups(wanderers(3000), PRODUCTS, 2, repeats=True, rng=np.random.default_rng(0))
    starts = np.cumsum(groups.sizes) - groups.sizes
    assert (np.add.reduceat(groups.is_target.astype(int), starts) == 1).all()
    place = (np.flatnonzero(groups.is_target) - starts) / groups.sizes
    assert 0.4 < place.mean() < 0.55
    assert len(np.unique(np.flatnonzero(groups.is_target) - starts)) > 10


def test_too_few_sessions_leave_the_neighbours_in_charge() -> None:
    past = wanderers(300)
    model = SessionModel.fit(past, PRODUCTS, repeats=True, seed=7)
    assert model.trees == ""
    running, _ = cases(wanderers(20, seed=4), repeats=True)
    neighbours = SessionNeighbours.fit(past, PRODUCTS, SessionNeighboursConfig()).scores(running).toarray()
    assert (np.argmax(model.scores(running).toarray(), axis=1) == np.argmax(neighbours, axis=1)).all()


@pytest.mark.parametrize("past", [sessions([0, 1]), sessions([0]), sessions([0, 0, 0], [1])], ids=["two", "one", "same"])
def test_hardly_any_session_is_enough_to_answer(past: Sessions) -> None:
    model = SessionModel.fit(past, 2, repeats=True, seed=7)
    assert model.scores(sessions([0], [])).shape == (2, 2)
