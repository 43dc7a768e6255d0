"""The say of each part is what the newest past sessions earned it."""

import numpy as np

from models.recommendation.session_blend import SessionBlend, cases, profiles
from models.recommendation.session_neighbours import Sessions


def sessions(*held: list[int]) -> Sessions:
    products = np.array([product for one in held for product in one], dtype=np.int32)
    return Sessions(products, np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64))


def first(blend: SessionBlend, running: list[int]) -> int:
    return int(blend.scores(sessions(running)).toarray()[0].argmax())


def test_where_people_return_the_shared_product_comes_first() -> None:
    rng = np.random.default_rng(0)
    past = sessions(*([a, b, a, b, a] for a, b in rng.integers(0, 20, (600, 2)).tolist()))
    blend = SessionBlend.fit(past, 20, repeats=True)
    assert first(blend, [4]) == 4
    assert blend.weights["met"] > 0


def test_where_nobody_returns_what_follows_comes_first() -> None:
    rng = np.random.default_rng(0)
    past = sessions(*([start, start + 1, start + 2] for start in rng.integers(0, 18, 600).tolist()))
    blend = SessionBlend.fit(past, 20, repeats=True)
    assert blend.weights["met"] < 2.0
    assert first(blend, [4]) != 4


def test_few_sessions_leave_the_usual_weights() -> None:
    blend = SessionBlend.fit(sessions([0, 1], [0, 2]), 3, repeats=True)
    assert blend.weights == {"around": 1.0, "met": 2.0, "co_visitation": 0.0}
    assert not blend.scores(sessions([])).toarray().any()


def test_cases_end_in_something_new_where_repeats_do_not_count() -> None:
    running, targets = cases(sessions([0, 1, 0], [1, 2], [2]), repeats=False)
    assert (running.products.tolist(), targets.tolist()) == ([1], [2])
    running, targets = cases(sessions([0, 1, 0], [1, 2], [2]), repeats=True)
    assert (running.products.tolist(), targets.tolist()) == ([0, 1, 1], [0, 2])


def test_profiles_forget_going_back() -> None:
    assert profiles(sessions([0, 1, 0]), 0.5, 2).toarray().tolist() == [[1.25, 0.5]]
