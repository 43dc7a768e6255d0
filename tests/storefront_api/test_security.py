"""Identifiers, as the indexes of all tables see them."""

import time

from storefront_api.security import new_id


def test_identifiers_sort_as_they_were_made_and_never_repeat() -> None:
    earlier = [new_id("ord") for _ in range(1000)]
    time.sleep(0.002)
    later = [new_id("ord") for _ in range(1000)]

    assert max(earlier) < min(later)
    assert len({*earlier, *later}) == 2000
    assert all(len(each) == len("ord_") + 32 for each in later)
