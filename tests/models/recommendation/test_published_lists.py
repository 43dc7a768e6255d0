"""What the storefront reads from disk is what the model says."""

from pathlib import Path

from marketplace import top_lists
from marketplace.top_lists import TopLists
from models.recommendation import RecommendationModel, for_you_lists

CUSTOMER_IDS = [f"u{number:03d}" for number in range(40)]


def test_published_lists_equal_the_models_own(model_with_trees: RecommendationModel, tmp_path: Path) -> None:
    model = model_with_trees
    recent = {"u003": ["p010", "p011"], "a newcomer": ["p012"]}
    made = for_you_lists(model, [*CUSTOMER_IDS, "a newcomer"], recent_product_ids=recent)
    top_lists.publish(tmp_path, made, model="recommendation", version="1", computed_at=model.as_of.isoformat())
    version = TopLists(tmp_path).version
    assert version is not None
    calm = [customer_id for customer_id in CUSTOMER_IDS if customer_id not in recent]
    expected = dict(zip(calm, model.recommend_each(calm, k=top_lists.PLACES), strict=True))
    expected |= {
        customer_id: model.recommend(customer_id=customer_id, recent_product_ids=seen, k=top_lists.PLACES)
        for customer_id, seen in recent.items()
    }
    for customer_id, listed in expected.items():
        got = version.of(customer_id)
        assert len(got) == top_lists.PLACES
        assert [(one.product_id, one.score, one.source, one.reason) for one in got] == [
            (one.product_id, one.score, one.source, one.reason) for one in listed
        ]
