"""The page that goes with every registered version."""

from models.evaluation import Evaluation, Metric
from models.seller_analytics.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: data, figures beside baselines and limits."""
    days = training_set.seller_days
    names = list(dict.fromkeys(name for method in evaluation.methods for name in method.metrics))
    lines = [
        "# Seller analytics: daily revenue",
        "",
        "Foretells each seller's revenue per day: a level that forgets exponentially, times a weekday pattern drawn towards",
        "that of all sellers. Half-life and pull are chosen on windows before those below; bands are split-conformal.",
        "",
        "## Data",
        "",
        f"- {len(days)} days of {days['seller_id'].nunique()} sellers, over before {training_set.until:%Y-%m-%d %H:%M} UTC, "
        f"{(days['revenue_minor'] > 0).mean():.0%} of them with sales",
        "",
        "## Figures",
        "",
    ]
    if evaluation.methods:
        lines += ["| method | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
        lines += [
            f"| {'**' + method.name + '**' if method.is_served else method.name} | "
            + " | ".join(_figure(method.metrics[name]) if name in method.metrics else "" for name in names)
            + " |"
            for method in evaluation.methods
        ]
        lines.append("")
    if evaluation.difference is not None:
        lines += [f"WAPE of {evaluation.baseline} minus ours, sellers drawn whole: {_figure(evaluation.difference)}.", ""]
    lines += [
        "## Limits",
        "",
        *(f"- {note}" for note in evaluation.notes),
        "- No holidays, promotions or price changes: what repeats by weekday is all that it knows.",
        "- Refunds that arrive later restate past days, and so the next forecast.",
        "",
    ]
    return "\n".join(lines)


def _figure(metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} ({metric.low:.3f} to {metric.high:.3f})"
