"""Small groups are not named, and cannot be found out by subtraction."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storefront_api.seller_analytics.suppression import fold_small

Shown = list[tuple[str | None, int]]
Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def ask(shop: psycopg.Connection[dict[str, Any]]) -> Ask:
    """A function from the numbers of customers in regions to what is told of them."""
    query = fold_small(
        "select 'region ' || place - 1 as name, count as customer_count, count as order_count, 100 * count as revenue_minor"
        " from unnest(%s::bigint[]) with ordinality as given (count, place)"
    )
    return lambda *counts: shop.execute(f"{query} order by name is null, 2 desc, 1".encode(), (list(counts),)).fetchall()


def shown(found: list[dict[str, Any]]) -> Shown:
    return [(one["name"], one["customer_count"]) for one in found]


def test_groups_of_five_are_named_largest_first(ask: Ask) -> None:
    assert shown(ask(5, 9)) == [("region 1", 9), ("region 0", 5)]


def test_small_groups_stand_together(ask: Ask) -> None:
    assert shown(ask(9, 4, 3)) == [("region 0", 9), (None, 7)]


def test_a_small_rest_takes_the_smallest_named_group_with_it(ask: Ask) -> None:
    assert shown(ask(20, 6, 2)) == [("region 0", 20), (None, 8)]
    assert shown(ask(20, 6, 6, 2)) == [("region 0", 20), ("region 1", 6), (None, 8)]


def test_too_few_in_all_are_not_told(ask: Ask) -> None:
    assert shown(ask(2, 2)) == []
    assert shown(ask()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(1, 12), max_size=12))
def test_nothing_that_is_told_or_follows_from_it_is_of_fewer_than_five(ask: Ask, counts: list[int]) -> None:
    found = ask(*counts)
    assert all(one["customer_count"] >= 5 for one in found)
    hidden = sum(counts) - sum(one["customer_count"] for one in found)
    assert hidden == 0 or not found
    assert sum(one["revenue_minor"] for one in found) == (100 * sum(counts) if found else 0)
