"""The page that goes with every registered version."""

from models.evaluation import Evaluation, Metric
from models.recommendation.dataset import TrainingSet

_METRICS = ("ndcg_at_10", "recall_at_10", "recall_at_20", "hit_rate_at_10", "coverage_at_10", "personalisation_at_10")


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown: data, figures beside baselines, slices and limits."""
    interactions = training_set.interactions
    kinds = interactions["interaction_type"].value_counts().sort_index()
    lines = [
        "# Recommendation",
        "",
        "Orders products for a shopper: a weighted blend of trending, trending in the shopper's categories, implicit ALS,",
        "nearest shoppers, co-visitation (BM25 item-to-item) and content (TF-IDF); what the running session looks at adds",
        "co-visitation and content of its own. Weights are chosen on the days before the test window.",
        "",
        "## Data",
        "",
        f"- known before {training_set.until:%Y-%m-%d %H:%M} UTC: {len(interactions)} interactions "
        f"({', '.join(f'{count} {kind}' for kind, count in kinds.items())}) "
        f"of {interactions['customer_id'].nunique()} customers, {len(training_set.products)} products",
        "",
        "## Figures",
        "",
        "| method | " + " | ".join(_METRICS) + " |",
        "| --- |" + " ---: |" * len(_METRICS),
        *(
            f"| {'**' + method.name + '**' if method.is_served else method.name} | "
            + " | ".join(_figure(method.metrics[name]) for name in _METRICS)
            + " |"
            for method in evaluation.methods
        ),
        "",
    ]
    if evaluation.difference is not None:
        lines += [f"Blend minus {evaluation.baseline}, NDCG@10, paired: {_figure(evaluation.difference)}.", ""]
    if evaluation.slices:
        lines += ["## Slices", ""]
        lines += [
            f"- {name}: " + ", ".join(f"{metric} {_figure(value)}" for metric, value in metrics.items())
            for name, metrics in evaluation.slices.items()
        ]
        lines.append("")
    lines += [
        "## Limits",
        "",
        *(f"- {note}" for note in evaluation.notes),
        "- A product listed after the cutoff is unknown until the next training; from then on its listing alone places it.",
        "- The weight of the running session is set, not learned; a customer's UTC day stands for a session when it is judged.",
        "- Stock is not known here: whoever shows a list leaves out what cannot be bought.",
        "",
    ]
    return "\n".join(lines)


def _figure(metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return f"{metric.value:.4g}"
    return f"{metric.value:.4f} ({metric.low:.4f} to {metric.high:.4f})"
