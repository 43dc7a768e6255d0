"""The explored place: one of ten, drawn as its logged propensity says, and never what must not be shown."""

from collections import Counter
from typing import Any

import httpx
import psycopg
import pytest

from tests.factories import NOON, insert, make_product, make_seller
from tests.storefront_api.recommendations.conftest import Recommender, shown

Shop = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def ranked(shop: Shop, recommender: Recommender) -> list[str]:
    seller_id = make_seller(shop)["seller_id"]
    recommender.product_ids = [make_product(shop, seller_id)["product_id"] for _ in range(12)]
    return recommender.product_ids


def make_new(shop: Shop, *probabilities: float, **given: Any) -> list[str]:
    seller_id = make_seller(shop)["seller_id"]
    product_ids = [make_product(shop, seller_id, **given)["product_id"] for _ in probabilities]
    for product_id, probability in zip(product_ids, probabilities, strict=True):
        counts = {"shown_count": 0, "clicked_count": 0, "prior_clicks": 1, "prior_shows": 50, "computed_at": NOON}
        insert(shop, "predictions.explored_products", {"product_id": product_id, "probability": probability} | counts)
    return product_ids


async def test_the_sixth_place_of_ten_is_drawn_and_says_how_likely_it_was(
    api: httpx.AsyncClient, shop: Shop, ranked: list[str]
) -> None:
    often, seldom = make_new(shop, 0.6, 0.2)
    [sold_out] = make_new(shop, 0.2, units=0)
    drawn = Counter[str]()
    for _ in range(60):
        listed = shown(await api.get("/v1/recommendations", params={"k": 10}))
        assert len(listed) == len(set(listed)) == 10
        assert set(listed[:5] + listed[6:]) <= set(ranked)
        drawn[listed[5]] += 1
    assert sold_out not in drawn
    # three in four, 45 with a standard deviation of 3.4
    assert drawn[often] == pytest.approx(45, abs=12)
    rows = shop.execute("select * from shop.impressions").fetchall()
    explored = [row for row in rows if row["alternative_product_ids"] is not None]
    assert {(row["position"], row["candidate_source"]) for row in explored} == {(6, "exploration")}
    assert {row["product_id"]: round(row["propensity"], 9) for row in explored} == {often: 0.75, seldom: 0.25}
    assert {tuple(sorted(row["alternative_product_ids"])) for row in explored} == {tuple(sorted((often, seldom)))}
    assert {row["propensity"] for row in rows if row["alternative_product_ids"] is None} == {1.0}


async def test_a_short_shelf_and_one_without_new_products_explore_nothing(
    api: httpx.AsyncClient, shop: Shop, ranked: list[str]
) -> None:
    assert set(shown(await api.get("/v1/recommendations", params={"k": 10}))) <= set(ranked)
    make_new(shop, 1.0)
    assert set(shown(await api.get("/v1/recommendations", params={"k": 9}))) <= set(ranked)


async def test_what_the_shopper_refused_or_sees_anyway_is_not_drawn(
    api: httpx.AsyncClient, shop: Shop, recommender: Recommender, ranked: list[str]
) -> None:
    refused, kept = make_new(shop, 0.9, 0.1)
    recommender.product_ids = [kept, *ranked]
    answer = await api.post("/v1/recommendations/not-interested", json={"product_id": refused})
    assert answer.status_code == 201, answer.text
    listed = shown(await api.get("/v1/recommendations", params={"k": 10}))
    assert refused not in listed
    assert listed.count(kept) == 1


async def test_a_fallback_list_explores_nothing(
    api: httpx.AsyncClient, shop: Shop, recommender: Recommender, ranked: list[str]
) -> None:
    make_new(shop, 1.0)
    recommender.misbehave = Recommender.error
    await api.get("/v1/recommendations", params={"k": 10})
    assert shop.execute("select count(*) as n from shop.impressions where alternative_product_ids is not null").fetchone() == {
        "n": 0
    }
