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


TITLES = ["red mug", "red red vase", "blue vase for eid", "", "নীল মগ", "  হাতে-তৈরি, শাড়ি। "]


def test_rows_equal_sklearn() -> None:
    vocabulary = Vocabulary.fit(TITLES, min_df=1, max_terms=10_000)
    rows = vocabulary.transform(TITLES).toarray()
    assert len(vocabulary) == len({term for title in TITLES for term in terms(title)})
    # The columns come in another order, so rows are compared by their products: of words, and of pieces.
    words, pieces = rows[:, : vocabulary.word_count], rows[:, vocabulary.buckets >= 2 << 21]
    for ours, wanted in ((words, lambda term: " " not in term and term[0] != "#"), (pieces, lambda term: term[0] == "#")):
        analyser = TfidfVectorizer(analyzer=lambda text, wanted=wanted: filter(wanted, terms(text)), sublinear_tf=True)
        theirs = analyser.fit_transform(TITLES).toarray()
        np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-6)


def test_a_title_alone_and_among_others_is_the_same_row() -> None:
    vocabulary = Vocabulary.fit(TITLES, min_df=1, max_terms=10_000)
    together = vocabulary.transform([*TITLES, "unknown"]).toarray()
    for title, row in zip([*TITLES, "unknown"], together, strict=True):
        np.testing.assert_array_equal(vocabulary.transform([title]).toarray()[0], row)


def test_rare_pairs_and_pieces_are_left_out_and_rare_words_kept() -> None:
    assert len(Vocabulary.fit(["aa bb", "aa", "aa"], min_df=1, max_terms=1)) == 1
    kept = Vocabulary.fit(["aa bb", "aa", "aa"], min_df=2, max_terms=100)
    # Words aa and bb; pieces of aa: " aa", "aa ", " aa ".
    assert (len(kept), kept.word_count) == (5, 2)


def test_nothing_to_learn_from_gives_empty_rows() -> None:
    assert Vocabulary.fit([""], min_df=1, max_terms=9).transform(["mug", ""]).shape == (2, 0)
