"""Candidates and their order: what a source may propose, what the ranker reads, and what it may have seen."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.recommendation import RecommendationConfig, RecommendationModel, SourceName, TrainingSet
from models.recommendation.attribute_days import AttributeDays
from models.recommendation.candidates import first_places, merged
from models.recommendation.cascade import FINALISTS
from models.recommendation.ease import fit_ease
from models.recommendation.fitted_sources import HISTORY_SOURCES
from models.recommendation.learning import learn_ranker
from models.recommendation.next_days import next_days
from models.recommendation.own_past import OwnPast
from models.recommendation.ranker import RankingTable, fit_lambda_rank
from models.recommendation.sources import Asked
from models.recommendation.train import label_windows
from models.recommendation.vector_index import VectorIndex


def table(rows: list[list[float]]) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array(rows, dtype=np.float32))


@pytest.mark.parametrize("name", [*HISTORY_SOURCES, SourceName.OWN_HISTORY])
def test_each_source_proposes_only_what_may_be_shown_best_first_at_one(model: RecommendationModel, name: SourceName) -> None:
    asked = model.asked(np.array([0, 7, -1, 31]))
    said = model.sources.of(name).candidates(asked, 9)
    assert said.shape == (4, len(model.catalogue.product_ids))
    assert np.diff(said.indptr).max() <= 9
    assert said.multiply(asked.hidden).nnz == 0
    best = said.max(axis=1).toarray().ravel()
    assert set(best.tolist()) <= {0.0, 1.0}
    if name is not SourceName.TRENDING:  # nobody is known by no history
        assert said[2].nnz == 0


def test_merged_candidates_miss_the_score_of_a_silent_source() -> None:
    candidates = merged(
        {SourceName.TRENDING: table([[0, 1, 0.5], [1, 0, 0]]), SourceName.EASE: table([[0.5, 1, 0], [0, 0, 0]])},
        beside=[table([[0, 0, 0], [0, 0, 3]])],
    )
    assert list(zip(candidates.rows.tolist(), candidates.products.tolist(), strict=True)) == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 2),
    ]
    nan = np.nan
    np.testing.assert_array_equal(candidates.ranks[SourceName.TRENDING], [nan, 1, 2, 1, nan])
    np.testing.assert_array_equal(candidates.ranks[SourceName.EASE], [2, 1, nan, nan, nan])
    ranked = first_places(candidates.rows, candidates.products, np.array([1, 2, 2, 0, 1], dtype=np.float32), 3, 2)
    assert ranked.tolist() == [[1, 2], [2, 0], [-1, -1]]


def test_ranker_reads_missing_not_last(model: RecommendationModel) -> None:
    asked = model.asked(np.array([3]))
    candidates = model.first_stage.propose(asked)
    features, columns = model.first_stage.features(asked, candidates), model.first_stage.columns
    assert features.shape == (len(candidates), len(columns))
    for name in model.first_stage.names:
        silent = np.isnan(candidates.ranks[name])
        assert np.isnan(features[silent][:, columns.index(f"{name.value}_rank")]).all()
        assert np.isnan(features[silent][:, columns.index(f"{name.value}_score")]).all()


def test_label_windows_learn_only_from_what_lay_before_them(shop: TrainingSet, config: RecommendationConfig) -> None:
    ends = shop.until
    for window, past in zip(label_windows(shop, config), _pasts(shop, config), strict=True):
        assert past.as_of < past.until < ends
        assert window.first_stage.reads.own_past.days.sum() <= len(past.interactions)
        # what is learned is new to whom it is learned of
        assert window.grades.multiply(window.asked.hidden).nnz == 0
        ends = past.until


def _pasts(shop: TrainingSet, config: RecommendationConfig) -> list[TrainingSet]:
    from models.recommendation.train import split

    known, found = shop, []
    for _ in range(config.ranker_windows):
        known, _ = split(known, days=config.validation_days, min_rows=config.min_test_rows)
        found.append(known)
    return found


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 12), st.integers(0, 5))
def test_ranking_table_keeps_what_was_taken_and_shuffles(seed: int, lists: int, negatives: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.integers(0, lists, 60))
    grades = rng.choice([0, 0, 0, 0, 1, 2], 60).astype(np.int8)
    features = np.column_stack([np.arange(60), grades]).astype(np.float32)
    made = RankingTable.of(features, rows, grades, negatives=negatives, rng=rng)
    assert sorted(made.features[made.grades > 0, 0].tolist()) == np.flatnonzero(grades).tolist()
    assert (made.features[:, 1] == made.grades).all()
    assert (np.diff(made.groups) >= 0).all()
    for group in np.unique(made.groups):
        here = made.groups == group
        assert (made.grades[here] == 0).sum() <= negatives
        assert set(made.features[here, 0].astype(int)) <= set(np.flatnonzero(rows == group).tolist())


def test_best_products_are_not_always_first_in_their_group() -> None:
    rows = np.repeat(np.arange(40), 10)
    grades = np.tile(np.arange(10) < 2, 40).astype(np.int8)
    made = RankingTable.of(np.zeros((400, 1), dtype=np.float32), rows, grades, negatives=8, rng=np.random.default_rng(1))
    assert 5 < made.grades.reshape(40, 10)[:, :2].sum() < 30  # 16 by chance, 80 if nothing were shuffled


def test_trees_learn_the_order_and_refuse_other_columns() -> None:
    rng = np.random.default_rng(5)
    features = rng.random((6000, 3)).astype(np.float32)
    is_taken = features[:, 1] > 0.85
    lists = RankingTable(features, np.repeat(np.arange(200), 30), is_taken.astype(np.int8))
    ranker = fit_lambda_rank(lists, ("noise", "signal", "more_noise"), RecommendationConfig())
    scores = ranker.score(features, ("noise", "signal", "more_noise"))
    assert scores[is_taken].mean() > scores[~is_taken].mean() + 1
    # Two lists, of which only the finalists of each are scored by all trees: their order is the same, the others follow.
    longer = np.concatenate([features[:300], features[:150]])
    places_of = np.repeat([0, 1], [300, 150])
    by_all = ranker.score(longer, ranker.names)
    quickly = ranker.score(longer, ranker.names, lists=places_of)
    for own in (slice(0, 300), slice(300, 450)):
        best = np.argsort(-quickly[own], kind="stable")
        assert quickly[own][best[FINALISTS - 1]] > quickly[own][best[FINALISTS]]
        np.testing.assert_allclose(quickly[own][best[:FINALISTS]], by_all[own][best[:FINALISTS]], rtol=1e-6)
        assert best[:20].tolist() == np.argsort(-by_all[own], kind="stable")[:20].tolist()
    with pytest.raises(ValueError, match="reads noise, signal"):
        ranker.score(features, ("signal", "noise", "more_noise"))


def test_trees_learn_the_tastes_of_this_shop(model_with_trees: RecommendationModel) -> None:
    # Customer number mod 5 is the category that seven in ten of the visits go to.
    own = [
        int(item.product_id[1:]) % 5 == number % 5
        for number in range(20)
        for item in model_with_trees.recommend(customer_id=f"u{number:03d}", k=5)
    ]
    assert np.mean(own) > 0.6


def test_one_window_alone_keeps_the_blend(shop: TrainingSet, config: RecommendationConfig) -> None:
    ranker, blend = learn_ranker([next(label_windows(shop, config))], config)
    assert ranker is blend


def test_ease_weights_by_hand() -> None:
    counts = table([[1, 1, 0], [1, 1, 0], [0, 1, 1]])
    weights = fit_ease(counts, RecommendationConfig(ease_regularization=1.0)).similarity.toarray()
    inverse = np.linalg.inv(np.array([[3, 2, 0], [2, 4, 1], [0, 1, 2]], dtype=float))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights, np.maximum(expected, 0), atol=1e-5)


def test_above_its_limit_ease_stays_silent() -> None:
    assert fit_ease(table([[1, 1, 0], [0, 1, 1]]), RecommendationConfig(ease_most_products=2)).similarity.nnz == 0


def test_next_days_have_a_direction() -> None:
    # Two customers took product 0, and on the next day product 1; product 2 was taken on the first day too.
    customers, products = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 2, 1])
    ages = np.array([5.0, 4.0, 9.0, 9.0, 8.0])
    near = next_days(customers, products, ages, 3).toarray()
    assert near[0, 1] > near[2, 1] > 0
    assert near[1].sum() == 0
    assert near[0, 2] == 0


def test_own_past_by_hand() -> None:
    # Product 0 on three days (40, 20 and twice on day 10 before the end), product 1 once; a second customer only product 1.
    customers, products = np.array([0, 0, 0, 0, 0, 1]), np.array([0, 0, 0, 0, 1, 1])
    ages = np.array([40.0, 20.0, 10.4, 10.2, 0.0, 3.0])
    past = OwnPast.of(customers, products, ages, (2, 2))
    asked = Asked(table([[1, 1], [0, 1]]), np.array([0, -1]), sparse.csr_matrix((2, 2)), np.ones(2, dtype=bool))
    _, days, since, share, due = past.figures(asked, np.array([0, 0, 1]), np.array([0, 1, 1]))
    nan = np.nan
    np.testing.assert_array_equal(days, [3, 1, nan])
    np.testing.assert_array_equal(since, [10, 0, nan])
    np.testing.assert_allclose(share, [3 / 4, 1 / 4, nan])
    np.testing.assert_allclose(due, [11 / 15, nan, nan])
    assert past.repeat_rate.tolist() == [1.0, 0.0]


def test_days_with_an_attribute_by_hand() -> None:
    # The first customer came on two days: ten views of red things, then one of a blue thing; the second came on one day.
    customers, products = np.array([0] * 10 + [0, 1]), np.array([0] * 10 + [1, 1])
    ages = np.array([4.1] * 10 + [2.0, 2.0])
    codes = np.array([[0], [1], [-1]], dtype=np.int32)
    days = AttributeDays.of(customers, products, ages, codes, OwnPast.of(customers, products, ages, (2, 3)).visits)
    asked = Asked(table([[1, 1, 0], [0, 0, 0]]), np.array([0, -1]), sparse.csr_matrix((2, 3)), np.ones(3, dtype=bool))
    lifts = days.lifts(asked, np.array([0, 0, 0, 1]), codes[[0, 1, 2, 0]])
    # Of all three days one had red and two had blue; three days of everybody's habits count beside the customer's two.
    red, blue = (1 + 3 * 1 / 3) / 5, (1 + 3 * 2 / 3) / 5
    np.testing.assert_allclose(lifts[:, 0], [np.log(red * 3), np.log(blue * 3 / 2), np.nan, np.nan], rtol=1e-6)


@pytest.mark.filterwarnings("error")
def test_an_attribute_that_nobody_has_had_to_do_with_says_nothing() -> None:
    one = np.array([0])
    codes = np.array([[0], [1]], dtype=np.int32)
    days = AttributeDays.of(one, one, np.array([1.0]), codes, np.ones(1, dtype=np.float32))
    asked = Asked(table([[1, 0]]), one, sparse.csr_matrix((1, 2)), np.ones(2, dtype=bool))
    assert np.isnan(days.lifts(asked, one, codes[[1]])).all()


def test_index_finds_the_true_hundred_of_its_own_vectors() -> None:
    rng = np.random.default_rng(3)
    # Tastes of a factorisation: groups that differ in size, and norms that spread.
    centres = rng.normal(size=(60, 32))
    vectors = centres[rng.integers(0, 60, 60_000)] + 0.4 * rng.normal(size=(60_000, 32))
    vectors = (vectors * rng.lognormal(0, 0.5, (60_000, 1))).astype(np.float32)
    questions = vectors[rng.integers(0, 60_000, 50)]
    found = VectorIndex.build(vectors).nearest(questions, 100)
    exact = np.argsort(-(questions @ vectors.T), axis=1)[:, :100]
    recall = np.mean([len(set(found[row].indices) & set(exact[row])) / 100 for row in range(50)])
    assert recall >= 0.95


def test_what_a_neighbour_question_costs_is_bounded_by_the_newest(shop: TrainingSet) -> None:
    from models.recommendation.collaborative import Neighbours

    taste = table([[1, 0], [1, 1], [1, 0], [0, 1]])
    recent = table([[0.1, 0], [0.9, 0.9], [0.5, 0], [0, 0.2]])
    bounded = Neighbours.fit(taste, recent, RecommendationConfig(most_neighbours_of_a_product=2))
    assert np.diff(bounded.by_product.indptr).tolist() == [2, 2]
    assert sorted(bounded.by_product[0].indices.tolist()) == [1, 2]
    asked = Asked(table([[1, 0]]), np.array([-1]), sparse.csr_matrix((1, 2), dtype=np.float32), np.ones(2, dtype=bool))
    assert bounded.candidates(asked, 2).indices.tolist() == [0, 1]


def test_rows_of_the_table_in_another_order_give_the_same_lists(shop: TrainingSet, model: RecommendationModel) -> None:
    ids = pd.unique(shop.interactions["customer_id"])[:20]
    first = [[item.product_id for item in model.recommend(customer_id=one, k=10)] for one in ids]
    again = [[item.product_id for item in model.recommend(customer_id=one, k=10)] for one in ids]
    assert first == again
