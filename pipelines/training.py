"""What every model family does between its training set and the registry."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pandas as pd

from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.evaluation import Evaluation, Metric
from models.registry import data_hash
from models.registry.snapshot import as_stored
from pipelines.resources.model_registry import ModelRegistryResource

# How much worse, in its primary metric, fresh data may make a challenger before the champion is kept.
TOLERANCE: dict[str, float] = {
    ModelName.RECOMMENDATION: 0.01,
    ModelName.FRAUD: 0.05,
    ModelName.TAGGING: 0.02,
    ModelName.SELLER_ANALYTICS: 0.05,
    ModelName.OUTLOOK: 0.3,  # of a lift between 2 and 6
    ModelName.REVIEW_SENTIMENT: 0.03,
}

_CONFIGS: dict[str, Callable[[Any], Any]] = {
    ModelName.RECOMMENDATION: lambda package: package.RecommendationConfig(),
    ModelName.FRAUD: lambda package: package.FraudConfig(),
    ModelName.TAGGING: lambda package: package.TaggingConfig(),
    ModelName.SELLER_ANALYTICS: lambda package: package.SellerAnalyticsConfig(),
    ModelName.OUTLOOK: lambda package: package.OutlookConfig(),
    ModelName.REVIEW_SENTIMENT: lambda package: package.ReviewSentimentConfig(),
}


@dataclass(frozen=True)
class Verdict:
    """What one check says: whether its claim holds, in words, and whether the promotion ends there.

    A claim that cannot be decided on so little data does not hold, but refuses nobody either.
    """

    holds: bool
    refuses: bool
    words: str


@dataclass(frozen=True)
class Challenger:
    """A trained candidate and how it was judged; `version` is None where it was not worth registering."""

    version: str | None
    evaluation: Evaluation
    against_baseline: Verdict
    against_champion: Verdict

    @property
    def may_be_promoted(self) -> bool:
        """Whether neither check refuses it."""
        return not (self.against_baseline.refuses or self.against_champion.refuses)

    @property
    def judgement(self) -> str:
        """Both verdicts in words."""
        return f"{self.against_baseline.words}; {self.against_champion.words}"


def train_challenger(
    name: str, package: ModuleType, warehouse: Warehouse, registry: ModelRegistryResource, *, until: datetime, by: str
) -> Challenger:
    """Train on what was known at `until`, evaluate on a window that training did not see, judge, and register.

    A candidate that is shown to be worse than its baseline leaves a run with its figures, but no version. One that is worse
    than the champion becomes a version marked as refused.

    Args:
        by: who trains, for the audit trail.
    Raises:
        EmptyTrainingSetError: this marketplace has no data for this family yet.
    """
    config = _CONFIGS[name](package)
    training_set = as_stored(package.load_training_set(warehouse, until=until), config)
    evaluation: Evaluation = package.evaluate(training_set, config)
    model = package.train(training_set, config)
    card = package.model_card(evaluation, training_set)
    opened = registry.open()
    against_baseline = judge_against_baseline(evaluation)
    if against_baseline.refuses:
        reason = against_baseline.words
        opened.log_refused(name, model, evaluation, reason=reason, model_card=card, training_cutoff=until, config=config, by=by)
        return Challenger(None, evaluation, against_baseline, Verdict(False, False, "not compared with the champion"))
    version = opened.log_challenger(
        name,
        model,
        evaluation,
        model_card=card,
        feature_service=getattr(package, "FEATURE_SERVICE", "none"),
        training_cutoff=until,
        data_hash=data_hash(training_set),
        row_count=_row_count(training_set),
        config=config,
        training_set=training_set,
    )
    write_evaluation(warehouse, name, version, evaluation)
    serving, champion = opened.resolve(name), registry.load_champion(name)
    difference = package.compare(model, champion, training_set) if champion is not None else None
    against_champion = judge_against_champion(
        difference, serving.version if serving else None, metric=evaluation.primary_metric, tolerance=TOLERANCE[name]
    )
    challenger = Challenger(version, evaluation, against_baseline, against_champion)
    opened.judge(name, version, passed=challenger.may_be_promoted, judgement=challenger.judgement, by=by)
    return challenger


def judge_against_baseline(evaluation: Evaluation) -> Verdict:
    """Whether the challenger beats the simple baseline: the whole paired 95 % interval of their difference lies above zero.

    It is refused only where the whole interval lies below: on little data no interval can show more than a tie.
    """
    difference = evaluation.difference
    if difference is None or difference.low is None or difference.high is None or difference.value != difference.value:
        return Verdict(False, False, "not measured against a baseline: " + (" ".join(evaluation.notes) or "too little data"))
    refuses = difference.high < 0
    verdict = "beats" if evaluation.beats_baseline else "is worse than" if refuses else "is not told apart from"
    words = f"{verdict} {evaluation.baseline}: {_interval(difference)} {evaluation.primary_metric}"
    return Verdict(evaluation.beats_baseline, refuses, words)


def judge_against_champion(difference: Metric | None, champion_version: str | None, *, metric: str, tolerance: float) -> Verdict:
    """Whether the challenger is no worse: the paired 95 % interval of challenger minus champion lies above `-tolerance`.

    The tolerance is there because fresh data is worth a tie.

    Args:
        difference: None where there is no champion, or none that this code can load.
    """
    if champion_version is None:
        return Verdict(True, False, "no champion to be worse than")
    if difference is None:
        return Verdict(False, False, f"not compared with champion {champion_version}, which this code cannot load")
    if difference.low is None or difference.low != difference.low:
        return Verdict(False, False, f"not compared with champion {champion_version}: too little data")
    holds = difference.low > -tolerance
    is_one_recipe = difference.value == difference.low == difference.high == 0
    words = "is of the recipe of" if is_one_recipe else "is no worse than" if holds else "may be worse than"
    figures = f"{_interval(difference)} {metric}, tolerance {tolerance}"
    return Verdict(holds, not holds, f"{words} champion {champion_version}: {figures}")


def write_evaluation(warehouse: Warehouse, name: str, version: str, evaluation: Evaluation) -> None:
    """Rewrite the rows of `monitoring.model_evaluations` of this version."""
    rows = [
        {
            "model_name": str(name),
            "model_version": version,
            "method": method.name,
            "is_served": method.is_served,
            "metric": metric_name,
            "value": metric.value,
            "low": metric.low,
            "high": metric.high,
            "row_count": evaluation.row_count,
            "evaluated_at": datetime.now(UTC),
        }
        for method in evaluation.methods
        for metric_name, metric in method.metrics.items()
    ]
    condition = f"model_name = '{name}' and model_version = '{int(version)}'"
    if rows:
        warehouse.write(pd.DataFrame(rows), "monitoring", "model_evaluations", replace_where=condition)


def _interval(difference: Metric) -> str:
    return f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"


def _row_count(training_set: Any) -> int:
    """Rows of the training set's first frame: interactions, attempts, listings or seller days."""
    return next(len(getattr(training_set, field.name)) for field in fields(training_set) if field.type != "datetime")
