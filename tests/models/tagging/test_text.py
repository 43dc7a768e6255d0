"""Terms and TF-IDF rows."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from models.tagging.text import Vocabulary, normalised, terms


def test_bengali_words_keep_their_vowel_signs() -> None:
    assert normalised("  হাতে-তৈরি, শাড়ি। ").split() == [normalised(word) for word in ("হাতে", "তৈরি", "শাড়ি")]


def test_titles_that_differ_in_case_and_punctuation_are_the_same() -> None:
    assert normalised("Red Mug, (small)") == normalised("red  mug small")


def test_terms_are_words_pairs_and_pieces() -> None:
    assert terms("Red mug") == [
        "red", "mug", "red mug",
        "# re", "#red", "#ed ", "# red", "#red ", "# red ", "# mu", "#mug", "#ug ", "# mug", "#mug ", "# mug ",
    ]  # fmt: skip


def test_rows_equal_sklearn() -> None:
    titles = ["red mug", "red red vase", "blue vase for eid", "", "নীল মগ"]
    ours = Vocabulary.fit(titles, min_df=1, max_terms=10_000)
    theirs = TfidfVectorizer(analyzer=terms, sublinear_tf=True, vocabulary=ours.columns)
    np.testing.assert_allclose(ours.transform(titles).toarray(), theirs.fit_transform(titles).toarray(), atol=1e-6)


def test_most_frequent_terms_are_kept() -> None:
    assert list(Vocabulary.fit(["aa bb", "aa", "aa"], min_df=1, max_terms=1).columns) == ["# aa"]
    assert "bb" not in Vocabulary.fit(["aa bb", "aa", "aa"], min_df=2, max_terms=100).columns
