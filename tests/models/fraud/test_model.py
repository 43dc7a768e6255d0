"""The fitted model: honest probabilities, true reasons, and the same answers after a journey through files."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import FeaturesMissingError
from marketplace.fraud_rules import RULES_VERSION
from models.fraud import FraudConfig, FraudModel, TrainingSet, build_training_set, compare, evaluate, model_card, reasons, train
from models.fraud.classifier import fit_calibration
from models.fraud.dataset import known_outcomes
from models.fraud.evaluate import linked_groups, splits_by_time
from models.fraud.features import FEATURES
from models.fraud.reasons import SENTENCES, sentence
from models.metrics.classification import average_precision
from tests.models.fraud.factories import NOON, make_history, make_labels, retrieve

CONFIG = FraudConfig()


@pytest.fixture(scope="module")
def training_set() -> TrainingSet:
    return TrainingSet(build_training_set(*make_history(), retrieve, until=NOON), NOON)


@pytest.fixture(scope="module")
def unlabelled(training_set: TrainingSet) -> TrainingSet:
    return replace(training_set, frame=training_set.frame.assign(is_fraud=None, labelled_at=pd.NaT))


@pytest.fixture(scope="module")
def model(training_set: TrainingSet) -> FraudModel:
    return train(training_set, CONFIG)


def test_same_seed_gives_the_same_model(model: FraudModel, training_set: TrainingSet) -> None:
    pd.testing.assert_frame_equal(train(training_set, CONFIG).score(training_set.frame), model.score(training_set.frame))


def test_shuffled_future_labels_change_no_model() -> None:
    attempts, labels = make_history(customers=100, rings=12)
    until = NOON - timedelta(days=20)
    later = labels["labelled_at"] > until
    assert later.any()
    altered = pd.concat([labels[~later], make_labels(*[(name, False, NOON) for name in attempts["payment_attempt_id"][:50]])])
    frames = [build_training_set(attempts, known, retrieve, until=until) for known in (labels, altered)]
    models = [train(TrainingSet(frame, until), CONFIG) for frame in frames]
    pd.testing.assert_frame_equal(models[0].score(frames[0]), models[1].score(frames[0]))


def test_queue_is_bounded_on_attempts_that_the_classifier_had_not_seen(training_set: TrainingSet) -> None:
    pace = (training_set.frame["attempted_at"] > NOON - timedelta(days=28)).sum() / 28
    most = 0.1 * pace
    bounded = train(training_set, replace(CONFIG, max_reviews_per_day=most))
    least = bounded.thresholds.min_review_probability
    assert 0 < least < 0.5
    # The operating points are counted on such attempts.
    assert {point.probability >= least for point in bounded.operating_points} == {True, False}
    assert all((point.probability >= least) == (point.reviews_per_day <= most) for point in bounded.operating_points)


def test_batch_equals_single_rows(model: FraudModel, training_set: TrainingSet) -> None:
    frame = training_set.frame.iloc[:20]
    singly = pd.concat([model.score(frame.iloc[[row]]) for row in range(len(frame))])
    pd.testing.assert_frame_equal(singly, model.score(frame))
    records = model.score(frame[list(FEATURES)].to_dict("records"))
    np.testing.assert_array_equal(records.to_numpy(), model.score(frame).to_numpy())


def test_contributions_add_up_to_the_log_odds(model: FraudModel, training_set: TrainingSet) -> None:
    scored = model.score_with_reasons(training_set.frame)
    np.testing.assert_array_equal(scored.probability, model.score(training_set.frame)["probability"])
    one = model.score_with_reasons(training_set.frame[:1])
    np.testing.assert_array_equal((one.probability[0], *one.contributions[0]), (scored.probability[0], *scored.contributions[0]))
    log_odds = np.log(scored.probability / (1 - scored.probability))
    rest = log_odds - scored.contributions.sum(axis=1)
    assert np.ptp(rest) < 1e-6


def test_saved_model_answers_the_same(model: FraudModel, training_set: TrainingSet, tmp_path: Path) -> None:
    model.save(tmp_path)
    loaded = FraudModel.load(tmp_path)
    pd.testing.assert_frame_equal(loaded.score(training_set.frame), model.score(training_set.frame))
    assert loaded.explain(training_set.frame.iloc[:3]) == model.explain(training_set.frame.iloc[:3])
    assert loaded.thresholds == model.thresholds
    assert loaded.operating_points == model.operating_points != ()
    assert not loaded.is_cold_start


def test_probabilities_are_calibrated_on_later_attempts(training_set: TrainingSet) -> None:
    splits = splits_by_time(training_set, CONFIG)[-2:]
    expected = sum(train(split.past, CONFIG).score(split.test)["probability"].sum() for split in splits)
    # As many frauds as expected, within a factor of two.
    assert 0.5 < expected / sum(split.outcomes.sum() for split in splits) < 2


def test_platt_finds_the_line_it_was_made_with() -> None:
    rng = np.random.default_rng(0)
    margins = rng.normal(-2, 2, 40_000)
    outcomes = (rng.random(40_000) < 1 / (1 + np.exp(-(0.5 * margins - 1)))).astype(float)
    found = fit_calibration(margins, outcomes)
    assert found.slope == pytest.approx(0.5, abs=0.03)
    assert found.intercept == pytest.approx(-1.0, abs=0.08)
    assert fit_calibration(margins, np.zeros(40_000)).slope == 1.0
    # A tenth of the honest, each standing for ten, says the same.
    kept = (outcomes > 0) | (rng.random(40_000) < 0.1)
    thinned = fit_calibration(margins[kept], outcomes[kept], np.where(outcomes > 0, 1.0, 10.0)[kept])
    assert (thinned.slope, thinned.intercept) == pytest.approx((found.slope, found.intercept), abs=0.08)


def test_classifier_beats_the_rules_on_later_attempts(training_set: TrainingSet) -> None:
    evaluation = evaluate(training_set, CONFIG)
    assert evaluation.served is not None
    assert evaluation.served.name == "lightgbm"
    assert {method.name for method in evaluation.methods} == {
        "lightgbm", "rules", "amount", "isolation_forest", "logistic_regression",
    }  # fmt: skip
    assert evaluation.beats_baseline
    card = model_card(evaluation, training_set)
    assert "lightgbm (served)" in card
    assert "average_precision" in card


def test_test_rows_are_judged_and_later_than_everything_that_was_learnt(training_set: TrainingSet) -> None:
    splits = splits_by_time(training_set, CONFIG)
    assert len(splits) == CONFIG.test_windows
    for split in splits:
        assert split.past.frame["attempted_at"].max() < split.split_at <= split.test["attempted_at"].min()
        assert split.test["attempted_at"].max() <= NOON - CONFIG.label_delay
        assert (split.past.frame["labelled_at"].dropna() <= split.split_at).all()
        assert not np.isnan(split.outcomes).any()
        known = known_outcomes(split.past.frame, split.split_at, label_delay=CONFIG.label_delay)
        young = split.past.frame["attempted_at"] > split.split_at - CONFIG.label_delay
        assert not (known[young] == 0).any()


def test_model_of_other_rules_is_refused(model: FraudModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    about = (tmp_path / "fraud.json").read_text()
    (tmp_path / "fraud.json").write_text(about.replace(RULES_VERSION, "rules-0"))
    with pytest.raises(FeaturesMissingError, match="rules-0"):
        FraudModel.load(tmp_path)


def test_without_labels_the_anomaly_decides_and_says_so(unlabelled: TrainingSet, tmp_path: Path) -> None:
    model = train(unlabelled, CONFIG)
    assert model.is_cold_start
    scores = model.score(unlabelled.frame)
    assert scores["probability"].mean() == pytest.approx(CONFIG.assumed_fraud_rate, rel=0.1)
    assert scores["probability"].corr(scores["anomaly_score"], method="spearman") > 0.99
    model.save(tmp_path)
    pd.testing.assert_frame_equal(FraudModel.load(tmp_path).score(unlabelled.frame), scores)
    strangest = unlabelled.frame.loc[[scores["anomaly_score"].idxmax()]]
    (explained,) = model.explain(strangest)
    said = reasons(explained, strangest.iloc[0].to_dict(), is_cold_start=True)
    assert said
    assert {reason.kind for reason in said} == {"anomaly"}


def test_without_labels_there_is_no_verdict_but_a_note(unlabelled: TrainingSet) -> None:
    evaluation = evaluate(unlabelled, CONFIG)
    assert evaluation.difference is None
    assert not evaluation.beats_baseline
    assert any("no known fraud" in note for note in evaluation.notes)
    assert model_card(evaluation, unlabelled)
    model = train(unlabelled, CONFIG)
    assert np.isnan(compare(model, model, unlabelled).value)


def test_too_young_a_history_is_not_judged(training_set: TrainingSet) -> None:
    young = replace(training_set, frame=training_set.frame[training_set.frame["attempted_at"] > NOON - timedelta(days=10)])
    assert evaluate(young, CONFIG).methods == ()


def test_model_compared_with_itself_is_a_tie(model: FraudModel, training_set: TrainingSet) -> None:
    difference = compare(model, model, training_set)
    assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_what_a_model_learnt_by_heart_does_not_count(model: FraudModel, training_set: TrainingSet) -> None:
    """The labels of the newest windows mixed up: by heart they are known, by what came before them they cannot be."""
    frame = training_set.frame.copy()
    newest = frame.index[len(frame) // 2 :]
    frame.loc[newest, "is_fraud"] = np.random.default_rng(3).permutation(frame.loc[newest, "is_fraud"])
    mixed_up = replace(training_set, frame=frame)
    by_heart = train(
        mixed_up, replace(CONFIG, num_leaves=63, min_data_in_leaf=1, num_boost_round=100, learning_rate=0.3, lambda_l2=0.0)
    )
    test = pd.concat([split.test for split in splits_by_time(mixed_up, CONFIG)], ignore_index=True)
    outcomes = np.concatenate([split.outcomes for split in splits_by_time(mixed_up, CONFIG)])
    assert average_precision(outcomes, by_heart.score(test)["probability"].to_numpy()) > 0.9
    assert compare(by_heart, model, mixed_up).value < 0.2


def test_a_model_of_before_the_windows_is_judged_as_it_stands(model: FraudModel, training_set: TrainingSet) -> None:
    first = splits_by_time(training_set, CONFIG)[0]
    old = train(first.past, CONFIG)
    difference = compare(model, old, training_set)
    assert difference.value != 0
    assert compare(old, old, training_set).value == 0


def test_attempts_of_one_ring_are_one_group() -> None:
    frame = pd.DataFrame(
        [("a", "d1", "k1"), ("b", "d1", "k2"), ("c", None, "k2"), ("d", None, None), ("e", None, None)],
        columns=["customer_id", "device_id", "card_token"],
    )
    first, second, third, fourth, fifth = linked_groups(frame)
    assert first == second == third
    assert len({first, fourth, fifth}) == 3


def test_every_feature_has_a_sentence_with_and_without_a_value() -> None:
    assert set(SENTENCES) == {*FEATURES, "anomaly_score"}
    for name in SENTENCES:
        known, unknown = reasons([(name, 1.0)], {name: 3.0}), reasons([(name, -1.0)], {name: None})
        assert "{" not in known[0].sentence
        assert "not known" in unknown[0].sentence
        assert unknown[0].value is None


def test_one_of_a_kind_is_said_in_the_singular() -> None:
    said = {name: sentence(name, 1.0) for name in SENTENCES}
    assert said["address_customers_90d"] == "1 account sent goods to this address in 90 days before this"
    assert said["device_cards_24h"] == "1 card was tried on this device in the last 24 hours before this"
    assert said["customer_device_attempts_90d"] == "this account used this device once in 90 days"
    assert said["fraud_label_count_total"] == "1 earlier fraud of this customer is known"
    assert said["account_age_hours"] == "the account is 1 hour old"
    assert sentence("address_customers_90d", 21.0) == "21 accounts sent goods to this address in 90 days before this"
    assert not [words for words in said.values() if words.startswith("1 ") and words.split()[1].endswith("s")]


def test_small_contributions_are_left_out() -> None:
    said = reasons(
        [("account_age_hours", 1.5), ("item_count", -0.4), ("hour_of_day", 0.001)],
        {"account_age_hours": 0.5, "item_count": 2, "hour_of_day": 4},
    )
    assert [(reason.kind, reason.sentence, reason.contribution) for reason in said] == [
        ("model", "the account is 30 minutes old", 1.5),
        ("model", "2 items in the order", -0.4),
    ]
