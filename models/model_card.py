"""The page that goes with every registered version; each family fills in its own words."""

from collections.abc import Sequence

from models.evaluation import Evaluation, Metric


def write_card(*, title: str, summary: str, data: str, evaluation: Evaluation, limits: Sequence[str]) -> str:
    """Markdown for people who decide whether to trust the model: data, figures beside baselines, slices, limits."""
    names = list(dict.fromkeys(name for method in evaluation.methods for name in method.metrics))
    lines = [f"# {title}", "", summary, "", "## Data", "", data, ""]
    if evaluation.methods:
        lines += ["## Figures", "", "| method | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
        lines += [
            f"| {method.name}{' (served)' if method.is_served else ''} | "
            + " | ".join(figure(method.metrics.get(name)) for name in names)
            + " |"
            for method in evaluation.methods
        ]
        lines.append("")
    if evaluation.difference is not None:
        difference = figure(evaluation.difference)
        lines += [
            f"Served against {evaluation.baseline}, {evaluation.primary_metric}, paired, positive is better: {difference}.",
            "",
        ]
    if evaluation.slices:
        lines += ["## Slices", ""]
        lines += [
            f"- {name}: " + ", ".join(f"{metric} {figure(value)}" for metric, value in metrics.items())
            for name, metrics in evaluation.slices.items()
        ]
        lines.append("")
    lines += ["## Limits", "", *(f"- {limit}" for limit in (*evaluation.notes, *limits)), ""]
    return "\n".join(lines)


def with_own_words(card: str, model: object) -> str:
    """The card, and before its limits what the version says of itself (`card_section`), where its family has such words."""
    section = getattr(model, "card_section", "")
    return card.replace("## Limits", f"{section}\n## Limits", 1) if section else card


def figure(metric: Metric | None) -> str:
    """Value with its 95 % interval, a dash where there is none."""
    if metric is None or metric.value != metric.value:
        return "–"
    return f"{metric.value:.3f}" + ("" if metric.low is None else f" [{metric.low:.3f}, {metric.high:.3f}]")
