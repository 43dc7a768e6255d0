"""What can be set about the tagging model; the defaults are those of the model card."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TaggingConfig:
    """Every choice of the training, under the name that its library gives it.

    `target_precision` is what an answer without hesitation, or an inferred attribute, has to reach on titles that the
    model did not see; the thresholds follow from it.
    """

    seed: int = 7
    test_share: float = 0.2
    folds: int = 4
    target_precision: float = 0.93
    # Fewer answers than this above a threshold prove nothing about their precision.
    min_answers: int = 20
    # A spelling of a value is believed after so many listings that show it in words.
    prior_matches: float = 4.0
    # TF-IDF
    max_terms: int = 150_000
    min_df: int = 1
    # LinearSVC over all terms, and over single words
    C: float = 0.5
    words_C: float = 1.0
    # A class's own name counts as so many listings of it.
    hint_weight: float = 4.0
