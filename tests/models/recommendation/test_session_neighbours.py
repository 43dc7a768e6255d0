"""Neighbours of a running session, on sessions small enough to add up by hand."""

import numpy as np
import pytest

from models.recommendation.session_neighbours import SessionNeighbours, SessionNeighboursConfig, Sessions

A, B, C, D = range(4)


def sessions(*held: list[int]) -> Sessions:
    products = np.array([product for one in held for product in one], dtype=np.int32)
    return Sessions(products, np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64))


def scores(past: Sessions, running: Sessions, **settings: float) -> np.ndarray:
    config = SessionNeighboursConfig(**settings)  # type: ignore[arg-type]
    return SessionNeighbours.fit(past, 4, config).scores(running).toarray()


def test_what_stood_beside_the_shared_product_counts_by_distance() -> None:
    found = scores(sessions([A, B, C]), sessions([A]))[0]
    # One neighbour: A itself counts `again` = 2, B one click away 1, C two away exp(-1/2).
    assert found / found[B] == pytest.approx([2.0, 1.0, np.exp(-0.5), 0.0])


def test_two_neighbours_outweigh_one() -> None:
    found = scores(sessions([A, B], [A, B], [A, C]), sessions([A]))[0]
    assert found[B] == pytest.approx(2 * found[C])


def test_sessions_meet_at_the_product_held_last() -> None:
    # They share A and B; B is the later one, so what follows B is near and A is one step behind.
    found = scores(sessions([A, B, C]), sessions([A, B]))[0]
    assert found / found[C] == pytest.approx([1.0, 2.0, 1.0, 0.0])


def test_an_older_click_says_less() -> None:
    found = scores(sessions([A, C], [B, D]), sessions([A, B]))[0]
    assert found[C] / found[D] == pytest.approx(np.exp(-1 / 3))


def test_only_the_nearest_are_asked_and_the_newer_of_equals() -> None:
    found = scores(sessions([A, B], [A, C]), sessions([A]), count=1)[0]
    assert found[B] == 0
    assert found[C] > 0


def test_of_a_product_only_its_newest_sessions_are_kept() -> None:
    assert scores(sessions([A, B], [A, C]), sessions([A]), most_sessions=1)[0][B] == 0


def test_empty_and_strange_sessions_have_no_scores() -> None:
    assert not scores(sessions([A, B]), sessions([], [D])).any()


def test_a_batch_says_what_each_session_says_alone() -> None:
    past = sessions([A, B, C], [B, D], [C, A], [D, C, B])
    together = scores(past, sessions([A], [B, C], [D]))
    for row, alone in enumerate(([A], [B, C], [D])):
        assert together[row] == pytest.approx(scores(past, sessions(alone))[0])
