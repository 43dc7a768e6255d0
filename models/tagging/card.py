"""The model card of the tagging model: data, figures beside baselines, limits, in Markdown."""

from models.evaluation import Evaluation, Metric
from models.tagging.dataset import TrainingSet


def model_card(evaluation: Evaluation, training_set: TrainingSet) -> str:
    """Markdown for people who decide whether to trust the model."""
    products = training_set.products
    names = sorted({name for method in evaluation.methods for name in method.metrics})
    lines = [
        "# Tagging",
        "",
        "Suggests a category, colour, material and occasion for a listing from its own words; it reads no stored feature. "
        "Linear machines over TF-IDF of words and pieces of words, with one calibrated probability per category; it falls "
        "back to a broader category and abstains when unsure. Attributes come with the words that state them, or are marked "
        "as inferred.",
        "",
        "## Data",
        "",
        f"{len(products):,} listings in {products['category_id'].nunique()} categories until {training_set.until:%Y-%m-%d}.",
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
    for attribute, metrics in evaluation.slices.items():
        lines.append(f"- {attribute}: " + ", ".join(f"{name} {_figure(metric)}" for name, metric in metrics.items()))
    lines += ["", "## Limits", "", *(f"- {note}" for note in evaluation.notes)]
    lines += ["- Another catalogue names colours and materials in its own way: train again before trusting the figures.", ""]
    return "\n".join(lines)


def _figure(metric: Metric | None) -> str:
    if metric is None:
        return "–"
    return f"{metric.value:.3f}" + ("" if metric.low is None else f" [{metric.low:.3f}, {metric.high:.3f}]")
