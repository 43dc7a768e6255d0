"""What a model would have put on a drawn place is its own best among the alternatives."""

from models.recommendation import RecommendationModel
from models.recommendation.replay import Draw, agreement


def test_exactly_one_alternative_agrees_and_it_is_the_one_that_the_model_ranks_first(model: RecommendationModel) -> None:
    for customer, recent in (("u003", ()), ("u017", ("p012",)), (None, ())):
        ranked = [one.product_id for one in model.recommend(customer_id=customer, recent_product_ids=recent, k=40)]
        alternatives = (ranked[7], ranked[3], ranked[21])
        draws = [Draw(customer, recent, alternatives, one) for one in alternatives]
        assert agreement(model, draws).tolist() == [0.0, 1.0, 0.0], customer


def test_of_products_that_it_does_not_know_a_model_has_no_opinion(model: RecommendationModel) -> None:
    assert agreement(model, [Draw("u003", (), ("brand-new", "newer"), "newer")]).tolist() == [0.0]
    known = model.recommend(customer_id="u003", k=1)[0].product_id
    assert agreement(model, [Draw("u003", (), ("brand-new", known), known)]).tolist() == [1.0]


def test_trees_choose_one_of_the_alternatives_too(model_with_trees: RecommendationModel) -> None:
    ranked = [one.product_id for one in model_with_trees.recommend(customer_id="u003", k=40)]
    alternatives = (ranked[7], ranked[3], ranked[21])
    draws = [Draw("u003", (), alternatives, one) for one in alternatives]
    assert sum(agreement(model_with_trees, draws)) == 1
