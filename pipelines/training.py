"""What every model family does between its training set and the registry."""

import subprocess
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pandas as pd

from marketplace.settings import PROJECT_ROOT
from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.evaluation import Evaluation, Metric
from models.registry import data_hash
from pipelines.resources.model_registry import ModelRegistryResource

# How much worse, in its primary metric, fresh data may make a challenger before the champion is kept.
TOLERANCE = {
    ModelName.RECOMMENDATION: 0.01,
    ModelName.FRAUD: 0.05,
    ModelName.TAGGING: 0.02,
    ModelName.SELLER_ANALYTICS: 0.05,
}

_CONFIGS = {
    ModelName.RECOMMENDATION: lambda package: package.RecommendationConfig(),
    ModelName.FRAUD: lambda package: package.FraudConfig(),
    ModelName.TAGGING: lambda package: package.TaggingConfig(),
    ModelName.SELLER_ANALYTICS: lambda package: package.SellerAnalyticsConfig(),
}


@dataclass(frozen=True)
class Challenger:
    """A registered version that waits for its promotion, and how it was judged."""

    version: str
    evaluation: Evaluation
    against_champion: Metric | None


def train_challenger(
    name: ModelName, package: ModuleType, warehouse: Warehouse, registry: ModelRegistryResource, *, until: datetime
) -> Challenger:
    """Train on what was known at `until`, evaluate on a window that training did not see, register, and compare.

    Raises:
        EmptyTrainingSetError: this marketplace has no data for this family yet.
    """
    training_set = package.load_training_set(warehouse, until=until)
    config = _CONFIGS[name](package)
    evaluation: Evaluation = package.evaluate(training_set, config)
    model = package.train(training_set, config)
    version = registry.open().log_challenger(
        name,
        model,
        evaluation,
        model_card=package.model_card(evaluation, training_set),
        feature_service=getattr(package, "FEATURE_SERVICE", "none"),
        training_cutoff=until,
        data_hash=data_hash(training_set),
        row_count=_row_count(training_set),
        config=config,
        tags={"git_commit": _git_commit()},
    )
    write_evaluation(warehouse, name, version, evaluation)
    champion = registry.load_champion(name)
    against_champion = package.compare(model, champion, training_set) if champion is not None else None
    return Challenger(version, evaluation, against_champion)


def write_evaluation(warehouse: Warehouse, name: ModelName, version: str, evaluation: Evaluation) -> None:
    """Rewrite the rows of `monitoring.model_evaluations` of this version."""
    rows = [
        {
            "model_name": name.value,
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
    condition = f"model_name = '{name.value}' and model_version = '{int(version)}'"
    if rows:
        warehouse.write(pd.DataFrame(rows), "monitoring", "model_evaluations", replace_where=condition)


def may_be_promoted(challenger: Challenger, *, tolerance: float) -> tuple[bool, str]:
    """Whether the challenger may become champion, and why, in words.

    Against a champion it must not be worse: the paired 95 % interval of challenger minus champion lies above
    `-tolerance`, because fresh data is worth a tie. A first version has nobody to replace: it is refused only where it is
    shown to be worse than the simple baseline, since on little data no interval can show more; the words say which it is.
    """
    evaluation, against = challenger.evaluation, challenger.against_champion
    if against is not None and against.low is not None:
        words = f"challenger minus champion is at least {against.low:+.4f} {evaluation.primary_metric}; tolerance {tolerance}"
        return bool(against.low > -tolerance), words
    difference = evaluation.difference
    if difference is None or difference.low is None or difference.high is None:
        return True, "first version, not judged: " + " ".join(evaluation.notes)
    verdict = "beats" if evaluation.beats_baseline else "is worse than" if difference.high < 0 else "is not told apart from"
    interval = f"{difference.low:+.4f} to {difference.high:+.4f} {evaluation.primary_metric}"
    return bool(difference.high >= 0), f"first version, {verdict} {evaluation.baseline}: {interval}"


def _row_count(training_set: Any) -> int:
    """Rows of the training set's first frame: interactions, attempts, listings or seller days."""
    return next(len(getattr(training_set, field.name)) for field in fields(training_set) if field.type != "datetime")


def _git_commit() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=PROJECT_ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"
