"""The rules after ranking, by hand and as properties."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.shelf_rules import AS_RANKED, Ranked, ShelfRules, arrange, cap, similarity, variety

few = settings(max_examples=60, deadline=None)
ANY_RULES = st.builds(
    ShelfRules,
    seller_share=st.none() | st.floats(0.05, 1),
    category_share=st.none() | st.floats(0.05, 1),
    relevance_weight=st.floats(0, 1),
)


ROWS = st.lists(
    st.tuples(
        st.integers(-50, 50),
        st.sampled_from("abcdef"),
        st.sampled_from([None, "mugs", "rings", "bags"]),
        st.sampled_from([frozenset(), frozenset({"colour=red"}), frozenset({"colour=red", "material=clay"})]),
    ),
    max_size=20,
)


def ranked_lists() -> st.SearchStrategy[list[Ranked]]:
    return ROWS.map(lambda rows: [Ranked(f"p{number}", *row) for number, row in enumerate(sorted(rows, key=lambda row: -row[0]))])


def of(*sellers: str) -> list[Ranked]:
    return [Ranked(f"{seller}{number}", 10.0 - number, seller) for number, seller in enumerate(sellers)]


def ids(shown: list[Ranked]) -> list[str]:
    return [one.product_id for one in shown]


@few
@given(ranked=ranked_lists(), places=st.integers(0, 20), rules=ANY_RULES)
def test_shelf_is_full_while_products_are_left_and_none_stands_twice(
    ranked: list[Ranked], places: int, rules: ShelfRules
) -> None:
    shown = arrange(ranked, places, rules)
    assert len(shown) == min(places, len(ranked))
    assert len(set(ids(shown))) == len(shown)
    assert set(shown) <= set(ranked)
    assert shown == arrange(ranked, places, rules)


@few
@given(ranked=ranked_lists(), places=st.integers(1, 20), rules=ANY_RULES)
def test_a_cap_gives_way_only_when_everything_left_is_capped_too(ranked: list[Ranked], places: int, rules: ShelfRules) -> None:
    shown = arrange(ranked, places, rules)
    sellers = Counter(one.seller_id for one in shown)
    categories = Counter(one.category_id for one in shown if one.category_id is not None)
    of_seller, of_category = cap(rules.seller_share, places), cap(rules.category_share, places)
    if max(sellers.values(), default=0) > of_seller or max(categories.values(), default=0) > of_category:
        assert all(
            sellers[one.seller_id] >= of_seller or categories.get(one.category_id, 0) >= of_category
            for one in set(ranked) - set(shown)
        )


@few
@given(ranked=ranked_lists(), places=st.integers(1, 20), first=st.integers(0, 5))
def test_what_stands_there_already_counts(ranked: list[Ranked], places: int, first: int) -> None:
    taken, rest = ranked[:first], ranked[first:]
    shown = arrange(rest, places, ShelfRules(), taken=taken)
    assert len(shown) == min(max(0, places - len(taken)), len(rest))
    assert not set(shown) & set(taken)


@few
@given(ranked=ranked_lists(), places=st.integers(0, 20))
def test_without_rules_the_order_stays(ranked: list[Ranked], places: int) -> None:
    assert arrange(ranked, places, AS_RANKED) == ranked[:places]


@few
@given(ranked=ranked_lists(), places=st.integers(1, 20), rules=ANY_RULES.filter(lambda rules: rules.relevance_weight > 0))
def test_the_best_product_stays_first(ranked: list[Ranked], places: int, rules: ShelfRules) -> None:
    assert [one.score for one in arrange(ranked, places, rules)[:1]] == [one.score for one in ranked[:1]]


def test_of_ten_places_a_seller_gets_three() -> None:
    shown = arrange(of(*"aaaaaaaa", *"bcdefgh"), 10, ShelfRules())
    assert Counter(one.seller_id for one in shown)["a"] == 3
    assert shown[0].product_id == "a0"
    assert [cap(0.3, places) for places in (3, 6, 10, 12, 50)] == [2, 2, 3, 3, 15]


def test_shop_of_one_seller_fills_its_shelves_all_the_same() -> None:
    assert ids(arrange(of(*"aaaaa"), 4, ShelfRules())) == ["a0", "a1", "a2", "a3"]


def test_nearly_as_good_but_different_comes_before_more_of_the_same() -> None:
    red = frozenset({"colour=red"})
    mug, mug_too, bag, far = (
        Ranked("mug", 1.0, "a", "mugs", red),
        Ranked("mug too", 0.9, "a", "mugs", red),
        Ranked("bag", 0.8, "b", "bags"),
        Ranked("far", 0.0, "c", "rings"),
    )
    # mug too: .7 · .9 − .3 · 1 = .33; bag: .7 · .8 = .56; far: 0
    assert ids(arrange([mug, mug_too, bag, far], 4, ShelfRules())) == ["mug", "bag", "mug too", "far"]


def test_likeness_is_counted_from_category_seller_and_attributes() -> None:
    one = Ranked("1", 1, "a", "mugs", frozenset({"colour=red", "material=clay"}))
    other = Ranked("2", 1, "a", "rings", frozenset({"colour=red"}))
    assert similarity(one, other) == pytest.approx(0.3 + 0.3 / 2)
    assert similarity(one, one) == pytest.approx(1)
    assert similarity(Ranked("3", 1, "b"), Ranked("4", 1, "c")) == 0  # an unknown category is not a common one
    assert variety([one, other]) == pytest.approx(0.55)
    assert variety([one]) == 1
