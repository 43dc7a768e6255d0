"""Transitions, facts and the neighbours of the literature, on sessions small enough to work out by hand."""

import numpy as np
import pytest

from models.own_table.session_peers import Stan, VectorNeighbours
from models.recommendation.session_blend import cases, ndcg_of_targets, without_held
from models.recommendation.session_facts import FACTS, product_facts
from models.recommendation.session_neighbours import Sessions
from models.recommendation.session_transitions import Transitions

A, B, C, D = range(4)


def sessions(*held: list[int]) -> Sessions:
    products = np.array([product for one in held for product in one], dtype=np.int32)
    return Sessions(products, np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64))


def test_the_next_click_counts_with_three_unseen_ones() -> None:
    found = Transitions.fit(sessions([A, B], [A, A], [A, C]), 4).next_share.toarray()
    assert found[A] == pytest.approx([1 / 6, 1 / 6, 1 / 6, 0])
    assert not found[B:].any()


def test_near_is_directional_and_fades_with_distance() -> None:
    # A B C: forwards A→B 1, A→C 1/2, B→C 1; backwards half of that. Led to: A 1/2 + 1/4, B 1 + 1/2, C 1/2 + 1.
    found = Transitions.fit(sessions([A, B, C]), 4).near.toarray()
    to_b, to_c = 1 / np.sqrt(1.5), 0.5 / np.sqrt(1.5)
    assert found[A] == pytest.approx(np.array([0, to_b, to_c, 0]) / (to_b + to_c))
    to_a, to_c = 0.5 / np.sqrt(0.75), 1 / np.sqrt(1.5)
    assert found[B] == pytest.approx(np.array([to_a, 0, to_c, 0]) / (to_a + to_c))


def test_clicks_of_two_sessions_are_no_transition() -> None:
    assert Transitions.fit(sessions([A], [B]), 4).near.nnz == 0


def test_facts_count_clicks_and_what_follows_them() -> None:
    facts = product_facts(sessions([A, A, B], [A], [B, C]), 4)
    of = dict(zip(FACTS, facts.T, strict=True))
    assert of["clicks"].tolist() == [3, 2, 1, 0]
    assert of["newest"].tolist() == pytest.approx([2 / 3, 1, 1, 0])
    assert of["oldest"].tolist() == pytest.approx([1 / 3, 1 / 3, 1, 1])
    # A is clicked three times in two sessions.
    assert of["clicks_per_session"][A] == pytest.approx(4 / 3)
    # Of three clicks that another follows one is of the same product; four clicks of that kind are added.
    assert of["clicked_again"][A] == pytest.approx((1 + 4 / 3) / 6)
    assert of["ends_session"][C] == pytest.approx((1 + 4 * 0.5) / 5)


def test_stan_is_cosine_times_age_times_distance() -> None:
    past = sessions([A, B, C], [D, B])
    stan = Stan.fit(past, 4, {"clicks": 1.0, "age": 1.0, "distance": 2.0})
    found = stan.scores(sessions([A, B])).toarray()[0]
    norm = np.sqrt(1 + np.exp(-2))
    first = (1 + np.exp(-1)) / (norm * np.sqrt(3)) * np.exp(-1)
    second = 1 / (norm * np.sqrt(2)) * np.exp(-1 / 2)
    # Both met at B, where the running session ends.
    assert found == pytest.approx([first * np.exp(-1 / 2), first + second, first * np.exp(-1 / 2), second * np.exp(-1 / 2)])


def test_v_sknn_weighs_places_of_the_session_and_rare_products() -> None:
    past = sessions([A, B, C], [D, B])
    found = VectorNeighbours.fit(past, 4, {"query": 1.0, "met": 1.0, "rarity": 2.0}).scores(sessions([A, B])).toarray()[0]
    first, second = 1 / 2 + 1, 1
    rare = 1 + 2 * np.log(2)
    assert found == pytest.approx([first * rare, first + second, first * rare, second * rare])


def test_settings_are_those_that_did_best_on_the_newest_sessions() -> None:
    rng = np.random.default_rng(0)

    def strolls(count: int) -> Sessions:
        # Steps of one along a street of forty houses, with a chance visit anywhere before each of them.
        starts = rng.integers(0, 34, count).tolist()
        return sessions(*([house for step in range(6) for house in (int(rng.integers(40)), start + step)] for start in starts))

    past, (running, targets) = strolls(2000), cases(strolls(500), repeats=False)
    tuned, usual = Stan.tuned(past, 40, repeats=False), Stan.fit(past, 40, Stan.usual)
    assert tuned.settings != Stan.usual
    worth = [ndcg_of_targets(without_held(each.scores(running), running), targets).mean() for each in (tuned, usual)]
    assert worth[0] > worth[1]
    assert Stan.tuned(sessions([A, B], [A, C]), 3, repeats=True).settings == Stan.usual
