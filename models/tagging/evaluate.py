"""How good the tags are on the newest listings, whose titles were never seen, beside simpler ways of tagging."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace.errors import EmptyTrainingSetError
from models.evaluation import Evaluation, MethodResult, Metric
from models.metrics.bootstrap import bootstrap_statistic
from models.metrics.coverage import calibration_error, coverage_curve
from models.tagging.attributes import ATTRIBUTES
from models.tagging.baselines import category_words, majority, nearest_title
from models.tagging.config import TaggingConfig
from models.tagging.dataset import TrainingSet, own_values, title_groups
from models.tagging.model import TaggingModel, Tags
from models.tagging.own_words import lacking
from models.tagging.train import train

Words = npt.NDArray[np.object_]

PRIMARY_METRIC = "macro_f1"
BASELINE = "category_words"
RESAMPLES = 400


def split_by_listing_time(training_set: TrainingSet, test_share: float) -> tuple[TrainingSet, pd.DataFrame]:
    """The past, and the newest listings.

    A title belongs as a whole to the time at which it was first listed, so no test title was seen in training; listings
    of an old title that came later stay with the past.
    """
    products = training_set.products
    first_listed = products.groupby(np.array(title_groups(products)))["listed_at"].transform("min")
    order = np.sort(first_listed.to_numpy())
    split_at = order[int(len(order) * (1 - test_share))]
    is_test = (first_listed >= split_at).to_numpy(bool)
    past = replace(training_set, products=products[~is_test].reset_index(drop=True))
    if past.products["category_id"].nunique() < 2:
        raise EmptyTrainingSetError(
            f"before the newest of {len(products)} listings there are {len(past.products)} with other titles, in "
            f"{past.products['category_id'].nunique()} categories; it takes two to judge by the newest: list more products"
        )
    return past, products[is_test].reset_index(drop=True)


def evaluate(training_set: TrainingSet, config: TaggingConfig) -> Evaluation:
    """Category figures of the model beside its baselines, and precision and coverage of each attribute."""
    past, test = split_by_listing_time(training_set, config.test_share)
    model = train(past, config)
    titles, truth = test["title"].tolist(), test["category_id"].astype(str).to_numpy(object)
    known_titles, labels = past.products["title"].tolist(), past.products["category_id"].astype(str).tolist()
    answers: dict[str, Words] = {
        "linear_tfidf": ranked_leaves(model, titles)[:, 0],
        BASELINE: np.array(category_words(titles, labels, past.tree), dtype=object),
        "nearest_title": np.array(nearest_title(titles, known_titles, labels, max_terms=config.max_terms), dtype=object),
        "majority": np.array(majority(labels, len(titles)), dtype=object),
    }
    served, *_ = answers
    tags = model.tag(titles, test["description"].fillna("").tolist())
    methods = tuple(
        MethodResult(
            name,
            _metrics(truth, answer) | (_served_metrics(model, tags, titles, truth) if name == served else {}),
            name == served,
        )
        for name, answer in answers.items()
    )
    return Evaluation(
        task="tagging",
        primary_metric=PRIMARY_METRIC,
        methods=methods,
        baseline=BASELINE,
        difference=_difference(truth, answers[served], answers[BASELINE]),
        row_count=len(test),
        slices={
            "category, surest share": _curve(model, titles, truth),
            **{name: _attribute_metrics(name, tags, own_values(test, name)) for name in ATTRIBUTES if name in test},
        },
        notes=(
            f"trained on {len(past.products)} older listings, tested on {len(test)} newer ones with titles of their own",
            f"{len(set(truth) - set(labels))} of {len(set(truth))} tested categories had no older listing",
        ),
    )


def compare(challenger: TaggingModel, champion: TaggingModel, training_set: TrainingSet) -> Metric:
    """Macro F1 of challenger minus champion on the newest listings, paired, with its interval.

    A model that was fitted on some of these would be judged by what it has seen. Such a one is trained again, by its own
    configuration, on the older listings only: the figure then compares two recipes, and equal recipes tie. One that is older
    than all of them is measured as it stands, staleness included.
    """
    past, test = split_by_listing_time(training_set, challenger.config.test_share)
    titles, truth = test["title"].tolist(), test["category_id"].astype(str).to_numpy(object)
    starts, answers, trained = test["listed_at"].min(), list[Words](), dict[TaggingConfig, TaggingModel]()
    if challenger.config == champion.config and min(challenger.training_cutoff, champion.training_cutoff) > starts:
        return Metric(0.0, 0.0, 0.0)  # one recipe: trained again without these they are one model
    for model in (challenger, champion):
        if model.training_cutoff > starts:
            if model.config not in trained:
                trained[model.config] = train(past, model.config)
            model = trained[model.config]
        answers.append(ranked_leaves(model, titles)[:, 0])
    return _difference(truth, *answers)


def ranked_leaves(model: TaggingModel, titles: Sequence[str]) -> Words:
    """Leaf categories per title, likeliest first, before any threshold; last those that `tag` does not name, see `lacking`."""
    probabilities = model.categories.probabilities(model.vocabulary.transform(titles))
    is_lacking = lacking(model.own_words, model.categories.classes, titles)
    order = np.argsort(np.where(is_lacking, 2 - probabilities, -probabilities), axis=1, kind="stable")
    return np.array(model.categories.classes, dtype=object)[order]


def macro_f1(truth: Words, answers: Words) -> float:
    """F1 per category that occurs in the truth, averaged with equal weight."""
    names, codes = np.unique(np.concatenate([truth, answers]).astype(str), return_inverse=True)
    true, said = codes[: len(truth)], codes[len(truth) :]
    hits = np.bincount(true[true == said], minlength=len(names))
    total = np.bincount(true, minlength=len(names)) + np.bincount(said, minlength=len(names))
    occurs = np.bincount(true, minlength=len(names)) > 0
    return float((2 * hits[occurs] / total[occurs]).mean()) if occurs.any() else float("nan")


def accuracy(truth: Words, answers: Words) -> float:
    """Share of right answers."""
    return float((truth == answers).mean()) if len(truth) else float("nan")


def _metrics(truth: Words, answers: Words) -> dict[str, Metric]:
    def with_interval(metric: Callable[[Words, Words], float]) -> Metric:
        return bootstrap_statistic(lambda rows: metric(truth[rows], answers[rows]), len(truth), n=RESAMPLES)

    return {"macro_f1": with_interval(macro_f1), "accuracy": with_interval(accuracy)}


def _served_metrics(model: TaggingModel, tags: Sequence[Tags], titles: Sequence[str], truth: Words) -> dict[str, Metric]:
    """Top 3, and how often an answer is given and right; a broader category is right if the truth lies under it."""
    in_top_3 = (ranked_leaves(model, titles)[:, :3] == truth[:, None]).any(axis=1)
    answered = np.array([not tag.has_abstained for tag in tags])
    is_right = np.array(
        [tag.categories[0].category_id in model.tree.ancestors(own) for tag, own in zip(tags, truth, strict=True)]
    )
    return {
        "top_3_accuracy": Metric(float(in_top_3.mean())),
        "coverage": Metric(float(answered.mean())),
        "accuracy_when_answered": Metric(float(is_right[answered].mean()) if answered.any() else float("nan")),
    }


def _curve(model: TaggingModel, titles: Sequence[str], truth: Words) -> dict[str, Metric]:
    """How right the surest share of the leaves is, by their probability, and how far that is from what it says.

    Nothing is sure of a leaf that comes first only because the likeliest is not named: `tag` gives it as a hint.
    """
    probabilities = model.categories.probabilities(model.vocabulary.transform(titles))
    likeliest = np.array(model.categories.classes, dtype=object)[probabilities.argmax(axis=1)]
    first = ranked_leaves(model, titles)[:, 0]
    confidence, is_right = np.where(first == likeliest, probabilities.max(axis=1), 0.0), first == truth
    curve = coverage_curve(confidence, is_right)
    return {
        "calibration_error": Metric(calibration_error(confidence, is_right)),
        **{f"accuracy_at_{round(100 * share)}pct": Metric(value) for share, value in curve.items()},
    }


def _difference(truth: Words, ours: Words, theirs: Words) -> Metric:
    return bootstrap_statistic(
        lambda rows: macro_f1(truth[rows], ours[rows]) - macro_f1(truth[rows], theirs[rows]), len(truth), n=RESAMPLES
    )


def _attribute_metrics(name: str, tags: Sequence[Tags], own: Sequence[Sequence[str]]) -> dict[str, Metric]:
    """How often a value is offered, and how often it is the seller's own where the seller gave one; by kind of evidence."""
    metrics: dict[str, Metric] = {}
    for kind in ("stated", "inferred"):
        found = [
            [item.value for item in tag.attributes if item.attribute == name and item.is_inferred == (kind == "inferred")]
            for tag in tags
        ]
        judged = [item in values for of, values in zip(found, own, strict=True) if values for item in of]
        metrics[f"{kind}_coverage"] = Metric(float(np.mean([bool(of) for of in found])))
        metrics[f"{kind}_precision"] = Metric(float(np.mean(judged)) if judged else float("nan"))
    return metrics
