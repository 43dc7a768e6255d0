"""Bought together, buy again and new from sellers: by hand where the answer can be seen, as properties over a shop."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommendation import RecommendationModel, TrainingSet, bought_together, buy_again, new_from_sellers
from models.recommendation.baskets import fit_basket_pairs
from models.recommendation.repurchases import recency_frequency, repeat_rates
from tests.models.recommendation.shop import START, make_interaction

PRODUCT_IDS = [f"p{number:03d}" for number in range(80)]
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def orders(*baskets: str) -> pd.DataFrame:
    """One order per word, one product per letter; each of another customer."""
    return pd.DataFrame(
        [
            make_interaction(f"u{customer}", letter, 1.0, "purchase")
            for customer, basket in enumerate(baskets)
            for letter in basket
        ]
    )


def test_pairs_are_those_of_enough_orders_and_more_than_chance() -> None:
    # Eight orders: a and b together in 3 of their 4 each, a and c together once, d and e together in two.
    frame = orders("ab", "ab", "abc", "a", "b", "de", "de", "c")
    frame = pd.concat([frame, frame, orders("x").assign(interaction_type="view")])  # an order told twice is one
    pairs = fit_basket_pairs(frame, np.array(list("abcde")), min_orders=3)
    assert pairs.order_counts.toarray().tolist() == [[0, 3, 0, 0, 0], [3, 0, 0, 0, 0], [0] * 5, [0] * 5, [0] * 5]
    assert pairs.lifts[0, 1] == pytest.approx(3 * 8 / (4 * 4))
    partners, strengths = pairs.strengths(0)
    assert partners.tolist() == [1]
    assert strengths[0] == pytest.approx(3 * np.log(1.5))
    assert pairs.orders_with(0, 2) == 0


def test_what_everybody_buys_is_no_partner() -> None:
    # a is in every order, so meeting it says nothing: its lift is 1.
    pairs = fit_basket_pairs(orders("ab", "ab", "ab", "ac", "ac", "ac"), np.array(list("abc")), min_orders=1)
    assert pairs.lifts.nnz == 0


def test_purchases_of_one_customer_at_two_instants_are_two_orders() -> None:
    frame = pd.DataFrame([make_interaction("u", "a", 1, "purchase"), make_interaction("u", "b", 2, "purchase")])
    assert fit_basket_pairs(frame, np.array(["a", "b"]), min_orders=1).order_counts.nnz == 0


def test_products_without_orders_have_no_pairs() -> None:
    frame = orders("a").assign(interaction_type="view")
    assert fit_basket_pairs(frame, np.array(["a"]), min_orders=1).order_counts.shape == (1, 1)


def test_repeat_rate_is_the_share_of_buyers_who_came_back_pulled_to_the_usual_one() -> None:
    soap = [make_interaction("u1", "soap", day, "purchase") for day in (1, 2, 3)]
    rows = pd.DataFrame([*soap, make_interaction("u2", "soap", 1, "purchase"), make_interaction("u1", "sign", 1, "purchase")])
    rates = repeat_rates(rows, np.array(["sign", "soap", "unsold"]), prior_buyers=3)
    usual = 1 / 3  # one of three pairs of buyer and product came back
    assert rates == pytest.approx([(0 + 3 * usual) / 4, (1 + 3 * usual) / 5, usual])


def test_recency_and_frequency_add_up_halves() -> None:
    assert recency_frequency([NOON, NOON - timedelta(days=90)], now=NOON, half_life_days=90) == pytest.approx(1.5)


@settings(max_examples=40, deadline=None)
@given(
    asked=st.lists(st.sampled_from([*PRODUCT_IDS, "gone"]), min_size=1, max_size=5),
    exclude=st.lists(st.sampled_from(PRODUCT_IDS), max_size=20),
    k=st.integers(1, 30),
)
def test_bought_together_holds_partners_only(model: RecommendationModel, asked: list[str], exclude: list[str], k: int) -> None:
    listed = bought_together(model, asked, k=k, exclude=exclude)
    shown = [item.product_id for item in listed]
    assert len(set(shown)) == len(shown) <= k
    assert not set(shown) & {*asked, *exclude}
    assert [item.score for item in listed] == sorted((item.score for item in listed), reverse=True)
    for item in listed:
        title, _, count = item.reason.removeprefix("Bought together with ").rpartition(" in ")
        seed = model.catalogue.product_ids.tolist().index(f"p{int(title.split()[-1]):03d}")
        partner = model.catalogue.product_ids.tolist().index(item.product_id)
        assert PRODUCT_IDS[seed] in asked
        assert int(count.removesuffix(" orders")) == model.shelves.baskets.orders_with(seed, partner) >= 3


def test_buy_again_prefers_what_comes_often_and_lately(model: RecommendationModel) -> None:
    often, once, long_ago = "gone-often", "gone-once", "gone-long-ago"
    purchases = [(often, NOON), (often, NOON - timedelta(days=30)), (once, NOON), (long_ago, NOON - timedelta(days=400))]
    listed = buy_again(model, purchases)
    assert [item.product_id for item in listed] == [often, once, long_ago]
    assert [item.reason for item in listed] == [
        "You bought it 2 times, last in November 2026",
        "You bought it in November 2026",
        "You bought it in September 2025",
    ]
    assert [item.product_id for item in buy_again(model, purchases[::-1], k=1, exclude=[often])] == [once]
    assert buy_again(model, []) == []


def test_new_listings_come_from_sellers_the_visitor_touched(model: RecommendationModel, shop: TrainingSet) -> None:
    sellers = shop.products.set_index("product_id")["seller_id"]
    own = shop.interactions[shop.interactions["customer_id"] == "u001"]
    liked = set(sellers[own["product_id"].unique()])
    listings = [(f"new{number}", f"s{number % 9}") for number in range(18)]  # s7 and s8 sold nothing yet
    listed = new_from_sellers(model, listings, customer_id="u001", k=18, exclude=["new0"])
    of = dict(listings)
    assert {of[item.product_id] for item in listed} == liked
    assert "new0" not in {item.product_id for item in listed}
    titles = shop.products.set_index("title")
    bought = set(own.loc[own["interaction_type"] == "purchase", "product_id"])
    for item in listed:
        title, _, did = item.reason.removeprefix("New from the maker of ").rpartition(", which you ")
        assert titles.loc[title, "seller_id"] == of[item.product_id]
        assert (titles.loc[title, "product_id"] in bought) == (did == "bought")


def test_guests_visit_alone_says_whose_new_pieces_they_like(model: RecommendationModel, shop: TrainingSet) -> None:
    seller = shop.products.set_index("product_id")["seller_id"]["p010"]
    listings = [("fresh", seller), ("other", "s-unknown"), ("fresher", seller)]
    listed = new_from_sellers(model, listings, customer_id=None, recent_product_ids=["p010"])
    assert [item.product_id for item in listed] == ["fresh", "fresher"]
    assert {item.reason for item in listed} == {"New from the maker of Ceramics piece 10, which you viewed"}
    assert new_from_sellers(model, listings, customer_id=None, recent_product_ids=["p010"], refused=["p010"]) == []
    assert new_from_sellers(model, listings, customer_id="stranger") == []


def test_what_was_seen_or_bought_is_not_new(model: RecommendationModel, shop: TrainingSet) -> None:
    own = shop.interactions[shop.interactions["customer_id"] == "u003"]
    lately = own[(own["interaction_type"] == "purchase") | (own["interacted_at"] > shop.as_of - pd.Timedelta(days=28))]
    seen = lately["product_id"].iloc[0]
    seller = shop.products.set_index("product_id")["seller_id"][seen]
    listed = new_from_sellers(model, [(seen, seller), ("fresh", seller)], customer_id="u003")
    assert [item.product_id for item in listed] == ["fresh"]
    assert shop.as_of > START
