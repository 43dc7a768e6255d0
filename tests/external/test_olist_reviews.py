"""The tone of reviews on the public Olist sample, in Portuguese: taught by the older ones, judged on the newest quarter."""

from pathlib import Path

import polars as pl
import pytest

from marketplace.settings import load_settings
from models.review_sentiment import ReviewSentimentConfig, TrainingSet, evaluate

DATA = load_settings().data
pytestmark = pytest.mark.skipif(DATA is None, reason="MARKETPLACE_DATA is not set: the public Olist files are not here")


def test_tone_of_portuguese_reviews_is_told_better_than_by_naive_bayes() -> None:
    file = (DATA or Path()) / "olist" / "sample" / "olist_order_reviews_dataset.csv.gz"
    words = pl.concat_str(["review_comment_title", "review_comment_message"], separator=". ", ignore_nulls=True)
    frame = (
        pl.read_csv(file, infer_schema=False)
        .unique("review_id", keep="first", maintain_order=True)
        .select(
            "review_id",
            text=words,
            rating=pl.col("review_score").cast(pl.Int64),
            reviewed_at=pl.col("review_answer_timestamp").str.to_datetime().dt.replace_time_zone("UTC"),
        )
        .filter(pl.col("text").str.len_chars() > 0)
        .to_pandas()
    )
    evaluation = evaluate(TrainingSet(frame, frame["reviewed_at"].max()), ReviewSentimentConfig())
    figures = {method.name: method.metrics["macro_f1"].value for method in evaluation.methods}
    assert len(frame) == 4210
    assert figures["word_pieces"] > 0.63
    assert figures["naive_bayes_words"] < 0.6
    assert figures["commonest_tone"] < 0.25
    assert evaluation.beats_baseline
