"""The session model as the running recommender asks it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from models.recommendation import RecommendationModel
from models.recommendation.session_neighbours import Sessions
from models.recommendation.session_ranker import SessionModel
from models.recommendation.session_source import RunningSession
from models.recommendation.sources import Asked

A, B, C, D, E = range(5)


def sessions(*held: list[int]) -> Sessions:
    products = np.array([product for one in held for product in one], dtype=np.int32)
    return Sessions(products, np.concatenate([[0], np.cumsum([len(one) for one in held])]).astype(np.int64))


@pytest.fixture(scope="module")
def running() -> RunningSession:
    past = sessions([A, B], [A, B], [A, C], [C, D], [C, D], [E, D])
    return RunningSession(SessionModel.fit(past, 5, repeats=False, seed=7))


def asked(profile: list[float], hidden: list[float], offered: list[bool]) -> Asked:
    return Asked(sparse.csr_matrix([profile]), np.array([-1]), sparse.csr_matrix([hidden]), np.array(offered))


def test_the_newest_click_is_the_one_with_the_largest_weight(running: RunningSession) -> None:
    offered = [True] * 5
    after_a = running.candidates(asked([1.0, 0, 0.5, 0, 0], [1, 0, 1, 0, 0], offered), 5).toarray()[0]
    after_c = running.candidates(asked([0.5, 0, 1.0, 0, 0], [1, 0, 1, 0, 0], offered), 5).toarray()[0]
    assert (int(np.argmax(after_a)), int(np.argmax(after_c))) == (B, D)
    expected = running.model.scores(sessions([C, A])).toarray()[0]
    assert after_a == pytest.approx(expected)


def test_only_what_is_offered_and_not_hidden_is_proposed_and_no_more_than_asked(running: RunningSession) -> None:
    found = running.candidates(asked([1.0, 0, 0.5, 0, 0], [1, 0, 1, 0, 0], [True, False, True, True, True]), 1)
    assert (found.indices.tolist(), found.data.tolist()) == ([D], [1.0])


def test_the_reason_is_a_product_of_the_session_that_really_leads_there(running: RunningSession) -> None:
    session = sparse.csr_matrix([[1.0, 0, 0.9, 0, 0]])
    assert running.strongest(session, B) == A
    assert running.strongest(session, D) == C
    assert running.strongest(sparse.csr_matrix([[1.0, 0, 0, 0, 0]]), E) is None


def test_a_visit_is_answered_by_the_session_model(model: RecommendationModel) -> None:
    recent = ["p004", "p009", "p014"]
    listed = model.recommend(customer_id=None, recent_product_ids=recent, k=20)
    named = [item for item in listed if item.source == "session_next"]
    titles = {model.catalogue.titles[int(product_id[1:])] for product_id in recent}
    assert named
    for item in named:
        assert item.reason == "Looked at in visits like this one" or item.reason.removeprefix("Because you viewed ") in titles
    without = replace(model, running_session=None).recommend(customer_id=None, recent_product_ids=recent, k=20)
    assert all(item.source != "session_next" for item in without)
    assert without[0].source.startswith("session_")
