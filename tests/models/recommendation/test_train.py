"""Training: order does not matter, the future is not seen, too little is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from models.recommendation import RecommendationConfig, RecommendationModel, TrainingSet, for_you_lists, precompute_lists, train
from models.recommendation.config import SourceName
from models.recommendation.features import build_histories
from models.recommendation.learning import learn_ranker
from models.recommendation.train import label_windows
from tests.models.recommendation.shop import START, make_categories, make_interaction, make_product, make_shop

CUSTOMER_IDS = [f"u{number:03d}" for number in range(150)]


def test_shuffled_rows_give_the_same_model(shop: TrainingSet, config: RecommendationConfig, model: RecommendationModel) -> None:
    shuffled = replace(
        shop, interactions=shop.interactions.sample(frac=1, random_state=1), products=shop.products.sample(frac=1, random_state=2)
    )
    other = train(shuffled, config)
    assert (other.blend, other.ranker) == (model.blend, model.ranker)
    pd.testing.assert_frame_equal(precompute_lists(other), precompute_lists(model))
    assert dict(for_you_lists(other, CUSTOMER_IDS)) == dict(for_you_lists(model, CUSTOMER_IDS))


def test_what_happens_after_the_cut_changes_nothing(shop: TrainingSet, config: RecommendationConfig) -> None:
    cut = START + pd.Timedelta(days=50)
    is_later = shop.interactions["interacted_at"] >= cut
    altered = shop.interactions.copy()
    altered.loc[is_later, "product_id"] = "p000"
    altered.loc[is_later, "interaction_type"] = "purchase"
    newcomers = pd.DataFrame([make_product(number, listed_at=cut) for number in range(80, 90)])
    changed = replace(shop, interactions=altered, products=pd.concat([shop.products, newcomers]))
    one, other = train(shop.before(cut), config), train(changed.before(cut), config)
    assert (one.blend, one.ranker) == (other.blend, other.ranker)
    pd.testing.assert_frame_equal(precompute_lists(one), precompute_lists(other))
    assert dict(for_you_lists(one, CUSTOMER_IDS)) == dict(for_you_lists(other, CUSTOMER_IDS))


def test_weights_add_up_and_personal_sources_win_where_tastes_differ(model: RecommendationModel) -> None:
    assert sum(model.blend.weights.values()) == pytest.approx(1.0)
    assert model.blend.weights[SourceName.TRENDING] < 0.5


def test_without_judges_trending_stands_alone(config: RecommendationConfig) -> None:
    # Thirty customers who each came once, all on one day: nobody is left to judge by.
    rows = [make_interaction(f"u{number}", f"p{number % 20:03d}", number / 100, "purchase") for number in range(30)]
    products = pd.DataFrame([make_product(number) for number in range(20)])
    once = TrainingSet(pd.DataFrame(rows), products, make_categories(), START + pd.Timedelta(days=1))
    ranker, blend = learn_ranker(label_windows(once, config), config)
    assert ranker == blend
    assert blend.weights[SourceName.TRENDING] == 1.0
    assert sum(blend.weights.values()) == 1.0


def test_too_little_is_refused_with_what_came(shop: TrainingSet, config: RecommendationConfig) -> None:
    with pytest.raises(EmptyTrainingSetError, match=r"needs 200 interactions .* 5 came"):
        train(replace(shop, interactions=shop.interactions.head(5)), config)
    with pytest.raises(EmptyTrainingSetError, match="products"):
        train(replace(shop, products=shop.products.head(3)), config)


def test_missing_column_is_named(shop: TrainingSet) -> None:
    with pytest.raises(MissingColumnsError, match="interaction_type"):
        replace(shop, interactions=shop.interactions.drop(columns="interaction_type"))


def test_histories_by_hand() -> None:
    rows = [
        make_interaction("a", "p000", 0, "purchase"),
        make_interaction("a", "p001", 56),
        make_interaction("b", "p001", 49, "cart"),
        make_interaction("b", "unlisted", 56),
    ]
    products = pd.DataFrame([make_product(number) for number in range(3)])
    histories = build_histories(
        TrainingSet(pd.DataFrame(rows), products, make_categories(), START + pd.Timedelta(days=57)), RecommendationConfig()
    )
    # Weights 5, 1, 3; ages 56, 0 and 7 days; half-lives 28 (taste) and 7 days (trend).
    assert histories.taste.toarray() == pytest.approx(np.array([[5 / 4, 1, 0], [0, 3 * 0.5**0.25, 0]]))
    assert histories.trend == pytest.approx([5 / 256, 1 + 3 / 2, 0])
    # p000 was bought long ago: hidden for ever. p001 was seen within 28 days.
    assert histories.hidden.toarray().tolist() == [[1, 1, 0], [0, 1, 0]]


def test_unseen_listing_is_placed_by_its_words(config: RecommendationConfig) -> None:
    shop = make_shop(customers=60)
    newcomer = make_product(999, category_id="c-prints", category_path="Prints", title="Prints piece new", listed_at=shop.as_of)
    model = train(replace(shop, products=pd.concat([shop.products, pd.DataFrame([newcomer])])), config)
    assert "p999" in {item.product_id for item in model.recommend(customer_id=None, recent_product_ids=["p003", "p008"], k=20)}
