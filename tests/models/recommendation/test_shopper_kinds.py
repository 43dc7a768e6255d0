"""Kinds of shoppers: found where people choose alike within categories, whichever categories they like."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import sparse

from models.recommendation.shopper_kinds import ShopperKinds
from models.recommendation.sources import Asked

CATEGORIES, PER_CATEGORY, CUSTOMERS = 5, 8, 200
PRODUCTS = CATEGORIES * PER_CATEGORY
CATEGORY_OF = np.repeat(np.arange(CATEGORIES), PER_CATEGORY)
IS_RED = np.arange(PRODUCTS) % 2 == 0


@pytest.fixture(scope="module")
def taste() -> sparse.csr_matrix:
    """Even customers take red products four times in five, odd ones blue; each likes two categories of their own."""
    rng = np.random.default_rng(5)
    table = np.zeros((CUSTOMERS, PRODUCTS), dtype=np.float32)
    for customer in range(CUSTOMERS):
        liked = rng.choice(CATEGORIES, 2, replace=False)
        wants_red = rng.random(14) < (0.8 if customer % 2 == 0 else 0.2)
        for category, red in zip(rng.choice(liked, 14), wants_red, strict=True):
            table[customer, rng.choice(np.flatnonzero((category == CATEGORY_OF) & (red == IS_RED)))] += 1
    return sparse.csr_matrix(table)


@pytest.fixture(scope="module")
def kinds(taste: sparse.csr_matrix) -> ShopperKinds:
    return ShopperKinds.fit(taste, CATEGORY_OF, 2, seed=1)


def figures(kinds: ShopperKinds, profiles: sparse.csr_matrix) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Asked row × product: share and lift of every product."""
    count, width = profiles.shape
    asked = Asked(profiles, np.full(count, -1), sparse.csr_matrix(profiles.shape, dtype=np.float32), np.ones(width, dtype=bool))
    rows, products = np.divmod(np.arange(count * width), width)
    share, lift = kinds.figures(asked, rows, products)
    return share.reshape(profiles.shape), lift.reshape(profiles.shape)


def test_what_somebody_chooses_in_some_categories_is_told_of_those_they_never_saw(
    kinds: ShopperKinds, taste: sparse.csr_matrix
) -> None:
    _, lift = figures(kinds, taste)
    unseen = np.asarray((taste @ np.eye(CATEGORIES)[CATEGORY_OF]) == 0)[:, CATEGORY_OF]
    for first, wanted in ((0, IS_RED), (1, ~IS_RED)):
        found, is_unseen = lift[first::2], unseen[first::2]
        assert is_unseen.any(axis=1).all()
        likes = (found > 0)[is_unseen & wanted].mean()
        likes_others = (found > 0)[is_unseen & ~wanted].mean()
        assert likes > 0.9 > 0.1 > likes_others


def test_shares_of_a_category_are_all_of_it(kinds: ShopperKinds) -> None:
    for category in range(CATEGORIES):
        np.testing.assert_allclose(kinds.share[category == CATEGORY_OF].sum(axis=0), 1, rtol=1e-4)
        np.testing.assert_allclose(kinds.usual[category == CATEGORY_OF].sum(), 1, rtol=1e-4)
    np.testing.assert_allclose(kinds.size, 0.5, atol=0.05)


def test_a_stranger_is_like_everybody(kinds: ShopperKinds) -> None:
    share, _ = figures(kinds, sparse.csr_matrix((1, PRODUCTS), dtype=np.float32))
    np.testing.assert_allclose(np.exp(share[0]), kinds.share @ kinds.size, rtol=1e-4)


def test_one_alone_reads_what_they_read_among_others(kinds: ShopperKinds, taste: sparse.csr_matrix) -> None:
    together, _ = figures(kinds, taste[:9])
    for row in range(9):
        np.testing.assert_allclose(figures(kinds, taste[row])[0][0], together[row], rtol=1e-4)


@pytest.mark.parametrize("category_of", [np.arange(PRODUCTS), np.full(PRODUCTS, -1)], ids=["one product each", "none"])
def test_a_shop_without_choice_or_without_categories_has_figures_too(
    taste: sparse.csr_matrix, category_of: NDArray[np.int_]
) -> None:
    share, lift = figures(ShopperKinds.fit(taste, category_of, 4, seed=1), taste)
    assert np.isfinite(share).all()
    assert np.isfinite(lift).all()


def test_few_customers_are_one_kind(taste: sparse.csr_matrix) -> None:
    few = ShopperKinds.fit(taste[:20], CATEGORY_OF, 48, seed=1)
    share, _ = figures(few, taste[:20])
    assert few.size.tolist() == [1.0]
    np.testing.assert_allclose(share, np.broadcast_to(share[0], share.shape))
