"""The table of methods: ours beats trending where tastes differ, ties where nobody has a history."""

from dataclasses import replace

import numpy as np
import pandas as pd

from models.recommendation import RecommendationConfig, RecommendationModel, TrainingSet, compare, evaluate, model_card, train
from models.recommendation.sessions import session_cases
from models.recommendation.train import find_judges
from tests.models.recommendation.shop import START, make_interaction, make_product, make_shop


def test_two_stages_beat_trending_where_tastes_differ(shop: TrainingSet, config: RecommendationConfig) -> None:
    evaluation = evaluate(shop, config)
    assert evaluation.beats_baseline
    assert evaluation.baseline == "trending"
    assert {method.name for method in evaluation.methods} >= {"blend", "popularity", "trending", "als", "item_knn_bm25"}
    served = evaluation.served
    assert served is not None
    assert served.name == "two_stage"
    assert set(served.metrics) == {
        "ndcg_at_10",
        "recall_at_10",
        "recall_at_20",
        "hit_rate_at_10",
        "mrr_at_20",
        "novelty_at_10",
        "intra_list_diversity_at_10",
        "coverage_at_10",
        "personalisation_at_10",
    }
    assert served.metrics["personalisation_at_10"].value > 0.3
    card = model_card(evaluation, shop)
    assert "two_stage (served)" in card
    assert "## Limits" in card


def test_one_time_buyers_tie_with_trending_and_the_notes_say_so(config: RecommendationConfig) -> None:
    rng = np.random.default_rng(0)
    rows = [make_interaction(f"u{n:04d}", f"p{rng.integers(40):03d}", n / 8, "purchase") for n in range(800)]
    products = pd.DataFrame([make_product(number) for number in range(40)])
    once = TrainingSet(pd.DataFrame(rows), products, make_shop(customers=2).categories, START + pd.Timedelta(days=101))
    evaluation = evaluate(once, config)
    assert evaluation.difference is not None
    assert evaluation.difference.value == 0.0
    assert not evaluation.beats_baseline
    assert any("ties with trending" in note for note in evaluation.notes)


def test_judges_want_only_what_is_new_to_them(model: RecommendationModel) -> None:
    later = pd.DataFrame(
        [
            make_interaction("stranger", "p001", 71, "cart"),
            make_interaction("stranger", "p001", 72, "purchase"),
            make_interaction("stranger", "p002", 72),
            make_interaction("stranger", "unlisted", 72, "purchase"),
            *(make_interaction("u000", f"p{number:03d}", 72, "purchase") for number in range(80)),
        ]
    )
    judges = find_judges(model, later)
    assert judges.customer_ids.tolist() == ["stranger", "u000"]
    assert judges.targets[0].indices.tolist() == [1]
    hidden = model.asked(model.customer_rows(["u000"])).hidden.nnz
    assert judges.counts.tolist() == [1, 80 - hidden]
    assert hidden > 0
    assert judges.lost == 1


def test_equal_recipes_tie_and_a_better_one_wins(
    shop: TrainingSet, config: RecommendationConfig, model: RecommendationModel
) -> None:
    tie = compare(model, model, shop)
    assert (tie.value, tie.low, tie.high) == (0.0, 0.0, 0.0)
    blind = train(shop, replace(config, weight_steps=(0.0,), ranker_windows=1))
    assert compare(model, blind, shop).value > 0


def test_champion_from_before_the_window_is_measured_as_it_stands(
    shop: TrainingSet, config: RecommendationConfig, model: RecommendationModel
) -> None:
    old = train(shop.before(START + pd.Timedelta(days=40)), config)
    difference = compare(model, old, shop)
    assert difference.low is not None
    assert difference.value != 0.0


def test_same_seed_gives_the_same_table(shop: TrainingSet, config: RecommendationConfig) -> None:
    assert evaluate(shop, config) == evaluate(shop, config)


def test_running_session_is_worth_its_place(shop: TrainingSet, config: RecommendationConfig) -> None:
    figures = evaluate(shop, config).slices["running_sessions"]
    assert figures["ndcg_at_10"].value >= figures["without_session_ndcg_at_10"].value
    assert figures["sessions"].value >= 30


def test_session_cases_hold_what_came_before_newest_first(model: RecommendationModel) -> None:
    days = [
        make_interaction("stranger", product, 72 + step / 24) for step, product in enumerate(("p001", "p002", "p001", "p003"))
    ]
    alone = [make_interaction("other", "p001", 72)]
    cases = session_cases(model, pd.DataFrame(days + alone), seed=1)
    assert [(case.customer_id, case.recent_product_ids, case.target) for case in cases] == [
        ("stranger", ("p002", "p001"), "p003")
    ]
