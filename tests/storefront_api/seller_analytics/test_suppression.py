"""Small groups are not named, and cannot be found out by subtraction."""

from hypothesis import given
from hypothesis import strategies as st

from storefront_api.seller_analytics.suppression import Group, fold_small


def groups(*counts: int) -> list[Group]:
    return [Group(f"region {number}", count, count, 100 * count) for number, count in enumerate(counts)]


def shown(*counts: int) -> list[tuple[str | None, int]]:
    return [(one.name, one.customer_count) for one in fold_small(groups(*counts))]


def test_groups_of_five_are_named_largest_first() -> None:
    assert shown(5, 9) == [("region 1", 9), ("region 0", 5)]


def test_small_groups_stand_together() -> None:
    assert shown(9, 4, 3) == [("region 0", 9), (None, 7)]


def test_a_small_rest_takes_the_smallest_named_group_with_it() -> None:
    assert shown(20, 6, 2) == [("region 0", 20), (None, 8)]


def test_too_few_in_all_are_not_told() -> None:
    assert shown(2, 2) == []
    assert shown() == []


@given(st.lists(st.integers(1, 12), max_size=12))
def test_nothing_that_is_told_or_follows_from_it_is_of_fewer_than_five(counts: list[int]) -> None:
    found = fold_small(groups(*counts))
    assert all(one.customer_count >= 5 for one in found)
    hidden = sum(counts) - sum(one.customer_count for one in found)
    assert hidden == 0 or not found
    assert sum(one.revenue_minor for one in found) == (100 * sum(counts) if found else 0)
