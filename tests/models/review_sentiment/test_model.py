"""The tone of words on reviews made up here: learnt from stars, the same whatever the order, the same after a save."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from marketplace.errors import EmptyTrainingSetError, MissingColumnsError
from models.review_sentiment import ReviewSentimentConfig, ReviewSentimentModel, TrainingSet, compare, evaluate, train
from models.review_sentiment.figures import macro_f1

UNTIL = pd.Timestamp("2026-06-01", tz="UTC")
PRAISE = ("lovely finish", "beautiful work", "খুব সুন্দর কাজ", "perfect engraving")
BLAME = ("broke after a day", "name spelled wrong", "নামের বানান ভুল", "poor finish, money back")
FAIR = ("good enough for the price", "a little smaller than I thought")


def reviews(count: int = 240, seed: int = 3) -> pd.DataFrame:
    """Sentences that fit their stars, with a word of noise that makes most of them different."""
    rng = np.random.default_rng(seed)
    ratings = rng.choice([1, 2, 3, 4, 5], count, p=[0.1, 0.1, 0.2, 0.3, 0.3])
    kinds = [PRAISE if rating >= 4 else FAIR if rating == 3 else BLAME for rating in ratings]
    return pd.DataFrame(
        {
            "review_id": [f"r{number}" for number in range(count)],
            "text": [f"{kind[rng.integers(len(kind))]}, order {rng.integers(1000)}" for kind in kinds],
            "rating": ratings,
            "reviewed_at": UNTIL - pd.to_timedelta(np.arange(count, 0, -1), unit="h"),
        }
    )


def test_words_are_read_in_any_script_and_rows_add_up_to_one() -> None:
    model = train(TrainingSet(reviews(), UNTIL), ReviewSentimentConfig())
    said = model.probabilities(["beautiful finish", "বানান ভুল ছিল", "broke at once", ""])
    assert said.argmax(axis=1)[:3].tolist() == [2, 0, 0]
    np.testing.assert_allclose(said.sum(axis=1), 1)


def test_order_of_rows_changes_nothing_and_a_saved_model_says_the_same(tmp_path: Path) -> None:
    frame, texts = reviews(), ["lovely", "spelled wrong", "fine"]
    model = train(TrainingSet(frame, UNTIL), ReviewSentimentConfig())
    shuffled = train(TrainingSet(frame.sample(frac=1, random_state=1), UNTIL), ReviewSentimentConfig())
    model.save(tmp_path)
    assert ReviewSentimentModel.load(tmp_path).config == model.config
    for other in (shuffled, ReviewSentimentModel.load(tmp_path)):
        np.testing.assert_array_equal(other.probabilities(texts), model.probabilities(texts))


def test_two_tones_are_enough_and_the_third_has_no_chance() -> None:
    frame = reviews()
    model = train(TrainingSet(frame[frame["rating"] != 3], UNTIL), ReviewSentimentConfig())
    said = model.probabilities(["lovely work", "broke after a day"])
    assert said[:, 1].tolist() == [0, 0]
    assert said.argmax(axis=1).tolist() == [2, 0]


def test_rare_tones_are_not_looked_for_where_words_do_not_tell_them() -> None:
    frame = reviews().assign(text="thank you")
    frame.loc[frame["rating"] < 4, "rating"] = 1
    said = train(TrainingSet(frame, UNTIL), ReviewSentimentConfig()).probabilities(["thank you"])
    assert said.argmax() == 2
    assert said[0, 2] > 0.5


def test_reviews_of_one_tone_are_refused_by_its_name() -> None:
    frame = reviews().assign(rating=5)
    with pytest.raises(EmptyTrainingSetError, match="of two tones, 240 came, all of them positive; wait"):
        train(TrainingSet(frame, UNTIL), ReviewSentimentConfig())


def test_judged_on_reviews_that_it_has_not_seen_beside_baselines() -> None:
    evaluation = evaluate(TrainingSet(reviews(), UNTIL), ReviewSentimentConfig())
    assert {method.name for method in evaluation.methods} == {
        "word_pieces",
        "naive_bayes_words",
        "text_length",
        "commonest_tone",
    }
    served = evaluation.served
    assert served is not None
    assert served.metrics["macro_f1"].value > 0.9
    assert "180 reviews taught, 60 newer ones judged" in evaluation.notes[0]


def test_equal_recipes_tie_even_where_both_have_seen_the_newest_reviews() -> None:
    training_set = TrainingSet(reviews(), UNTIL)
    model = train(training_set, ReviewSentimentConfig())
    assert compare(model, model, training_set).value == 0


def test_macro_f1_counts_each_tone_alike() -> None:
    # negative: 1 of 1 found; positive: 2 found, 3 true, 3 said: 4/6; mixed: said once, never true: 0
    truth, said = np.array([0, 2, 2, 2]), np.array([0, 2, 2, 1])
    assert macro_f1(truth, said) == pytest.approx((1 + 0 + 4 / 5) / 3)
    assert macro_f1(truth, truth) == 1


def test_too_few_reviews_and_missing_columns_are_said() -> None:
    with pytest.raises(EmptyTrainingSetError, match="100 reviews with words"):
        train(TrainingSet(reviews(99), UNTIL), ReviewSentimentConfig())
    with pytest.raises(MissingColumnsError, match="rating"):
        TrainingSet(reviews().drop(columns="rating"), UNTIL)
