"""The model card of the fraud model: data, figures beside baselines, limits, in Markdown."""

from models.evaluation import Evaluation, Metric
from models.fraud.config import FraudConfig
from models.fraud.dataset import TrainingSet, known_outcomes
from models.fraud.features import FEATURE_SERVICE, FEATURES


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown for people who decide whether to trust the model."""
    frame = training_set.frame
    outcomes = known_outcomes(frame, training_set.until, label_delay=FraudConfig().label_delay)
    names = sorted({name for method in evaluation.methods for name in method.metrics})
    lines = [
        "# Fraud",
        "",
        "Scores one attempt to pay: a calibrated probability of fraud, an anomaly score, reasons, and a decision that "
        "follows from costs and rules. An Isolation Forest is fitted on all attempts. LightGBM starts from what the rules "
        f"say and reads the forest's score beside {len(FEATURES)} features of `{FEATURE_SERVICE}` and the velocity counters. "
        "With too few known frauds, rules and the anomaly score decide alone.",
        "",
        "## Data",
        "",
        f"{len(frame):,} payment attempts until {training_set.until:%Y-%m-%d}; {int((outcomes == 1).sum()):,} known frauds, "
        f"{int((outcomes == 0).sum()):,} taken as legitimate, the rest not known yet.",
        "",
        "## Figures",
        "",
        "| method | " + " | ".join(names) + " |",
        "| --- |" + " ---: |" * len(names),
    ]
    for method in evaluation.methods:
        figures = [_figure(method.metrics.get(name)) for name in names]
        lines.append(f"| {method.name}{' (served)' if method.is_served else ''} | " + " | ".join(figures) + " |")
    lines += ["", f"Served minus {evaluation.baseline} in {evaluation.primary_metric}: {_figure(evaluation.difference)}.", ""]
    lines += [
        f"- {slice_name}: {_figure(metrics[evaluation.primary_metric])}" for slice_name, metrics in evaluation.slices.items()
    ]
    lines += ["", "## Limits", "", *(f"- {note}" for note in evaluation.notes)]
    lines += [
        "- Costs behind the thresholds are the shop's assumptions, not measurements.",
        "- Figures on simulated fraud say that the parts work together; real fraud is harder to find.",
        "",
    ]
    return "\n".join(lines)


def _figure(metric: Metric | None) -> str:
    if metric is None:
        return "–"
    return f"{metric.value:.3f}" + ("" if metric.low is None else f" [{metric.low:.3f}, {metric.high:.3f}]")
