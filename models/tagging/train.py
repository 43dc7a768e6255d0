"""From a training set to a tagging model; no input or output, and the same seed gives the same model."""

from collections.abc import Mapping, Sequence

import numpy as np

from models.tagging.attributes import ATTRIBUTES, Words, fit_attribute
from models.tagging.categories import hint_texts
from models.tagging.config import TaggingConfig
from models.tagging.dataset import TrainingSet, own_values, refused_values, title_groups
from models.tagging.linear import Calibrated, Examples, fit_calibrated, threshold_for
from models.tagging.model import TaggingModel
from models.tagging.own_words import lacks_own_words, learn_own_words
from models.tagging.schema import AttributeSchema
from models.tagging.text import Vocabulary

# However right the whole is, what is likelier wrong than right is no answer: a clay pot among clothes is none of them.
_LEAST_ANSWERED = 0.5
# A number per term and class: of thousands of classes only the more frequent terms are kept, so that the model fits in memory.
_MOST_COEFFICIENTS = 50_000_000


def train(training_set: TrainingSet, config: TaggingConfig) -> TaggingModel:
    """The model of all listings; its thresholds come from folds in which a title is either seen or judged, never both."""
    products, tree = training_set.products, training_set.tree
    titles, groups = products["title"].tolist(), title_groups(products)
    labels = products["category_id"].astype(str).tolist()
    names = {label: tree.names(label) for label in sorted(set(labels))}
    vocabulary, fitted = fit_classes(titles, labels, groups, names, config)
    own_words = learn_own_words(titles, labels, names)
    # A leaf whose own words a title lacks is never the answer, however likely: such guesses tell nothing of answers.
    can_answer = ~np.array(
        [lacks_own_words(own_words, guess, titles[row]) for row, guess in zip(fitted.unseen, fitted.unseen_guesses, strict=True)],
        dtype=bool,
    )
    threshold = threshold_for(
        fitted.unseen_probabilities.max(axis=1)[can_answer],
        (fitted.unseen_guesses == np.array(labels, dtype=object)[fitted.unseen])[can_answer],
        precision=config.target_precision,
        min_answers=min(config.min_answers, int(can_answer.sum())),
    )
    rows = vocabulary.transform(titles)
    listings = [Words.of(title, text) for title, text in zip(titles, products["description"].fillna(""), strict=True)]
    taggers = tuple(
        fit_attribute(
            name,
            listings,
            own_values(products, name),
            rows,
            vocabulary,
            groups,
            config,
            refused=refused_values(training_set, name),
        )
        for name in ATTRIBUTES
    )
    return TaggingModel(
        vocabulary=vocabulary,
        categories=fitted.classifier,
        # Where no threshold is good enough the model names no category on its own and only offers hints.
        category_threshold=max(threshold, _LEAST_ANSWERED) if threshold is not None else 1.01,
        tree=tree,
        taggers=taggers,
        schema=AttributeSchema.learnt(products, tree),
        training_cutoff=training_set.until,
        config=config,
        own_words=own_words,
    )


def fit_classes(
    titles: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str],
    names: Mapping[str, Sequence[str]],
    config: TaggingConfig,
) -> tuple[Vocabulary, Calibrated]:
    """The vocabulary of titles and class names, and the machine that finds the class of a title; see `learn_terms`."""
    vocabulary, examples = learn_terms(titles, labels, names, config)
    fitted = fit_calibrated(examples, groups, C=config.C, words_C=config.words_C, folds=config.folds, seed=config.seed)
    return vocabulary, fitted


def learn_terms(
    titles: Sequence[str], labels: Sequence[str], names: Mapping[str, Sequence[str]], config: TaggingConfig
) -> tuple[Vocabulary, Examples]:
    """The vocabulary of titles and class names, and both as rows to learn from.

    Args:
        names: what each class is called, from the broadest to its own name.
    """
    hints = [(label, text) for label, of in names.items() for text in hint_texts(of)]
    texts = [text for _, text in hints]
    max_terms = min(config.max_terms, _MOST_COEFFICIENTS // len(names))
    vocabulary = Vocabulary.fit([*titles, *texts], min_df=config.min_df, max_terms=max_terms)
    examples = Examples(
        vocabulary.transform(titles),
        labels,
        vocabulary.word_count,
        vocabulary.transform(texts),
        [label for label, _ in hints],
        config.hint_weight,
    )
    return vocabulary, examples
