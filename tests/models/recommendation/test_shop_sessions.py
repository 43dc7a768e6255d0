"""Visits as the session model learns from them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.recommendation import TrainingSet
from models.recommendation.session_neighbours import Sessions
from models.recommendation.shop_sessions import shop_sessions
from tests.models.recommendation.shop import START, make_interaction

IDS = np.array(["p000", "p001", "p002", "p003"])


def at(minutes: float) -> pd.Timestamp:
    return START + pd.Timedelta(minutes=minutes)


def held(sessions: Sessions) -> list[list[int]]:
    return [sessions.between(row, row + 1).products.tolist() for row in range(len(sessions))]


@pytest.fixture
def views() -> pd.DataFrame:
    rows = [("long", "p000", at(0)), ("short", "p002", at(1)), ("short", "p003", at(2)), ("long", "p001", at(3))]
    return pd.DataFrame([*rows, ("long", "gone", at(4))], columns=["session_id", "product_id", "viewed_at"])


def test_visits_stand_in_the_order_of_their_ends_whatever_the_order_of_rows(shop: TrainingSet, views: pd.DataFrame) -> None:
    assert held(shop_sessions(replace(shop, views=views), IDS)) == [[2, 3], [0, 1]]
    assert held(shop_sessions(replace(shop, views=views[::-1]), IDS)) == [[2, 3], [0, 1]]


def test_visits_of_a_past_end_at_the_cut(shop: TrainingSet, views: pd.DataFrame) -> None:
    assert held(shop_sessions(replace(shop, views=views).before(at(3)), IDS)) == [[0], [2, 3]]


def test_a_customers_day_stands_for_a_visit_where_none_is_recorded(shop: TrainingSet) -> None:
    rows = [("a", "p000", 0.1), ("b", "p003", 0.2), ("a", "p001", 0.3), ("a", "p002", 1.1)]
    days = replace(shop, interactions=pd.DataFrame([make_interaction(*row) for row in rows]))
    assert held(shop_sessions(days, IDS)) == [[3], [0, 1], [2]]


def test_a_shop_without_any_click_has_no_visits(shop: TrainingSet) -> None:
    assert len(shop_sessions(replace(shop, interactions=shop.interactions[:0]), IDS)) == 0
