"""The page that goes with every registered version; each family fills in its own words."""

from collections.abc import Mapping, Sequence

from models.evaluation import Evaluation, Metric

# How many a slice is of; any other figure is a measure.
_COUNTS = ("customers", "sessions")


def write_card(*, title: str, summary: str, data: str, evaluation: Evaluation, limits: Sequence[str]) -> str:
    """Markdown for people who decide whether to trust the model: data, figures beside baselines, slices, limits."""
    names = list(dict.fromkeys(name for method in evaluation.methods for name in method.metrics))
    lines = [f"# {title}", "", summary, "", "## Data", "", data, ""]
    if evaluation.methods:
        # Intervals of all figures of all methods would hide the figures.
        rows = {
            f"{method.name}{' (served)' if method.is_served else ''}": [
                figure(method.metrics.get(name), with_interval=method.is_served or name == evaluation.primary_metric)
                for name in names
            ]
            for method in evaluation.methods
        }
        lines += ["## Figures", "", *_table("method", names, rows), ""]
    if evaluation.difference is not None:
        difference = figure(evaluation.difference)
        lines += [
            f"Served against {evaluation.baseline}, {evaluation.primary_metric}, paired, positive is better: {difference}.",
            "",
        ]
    if evaluation.slices:
        lines += ["## Slices", "", *_slices(evaluation.slices)]
    lines += ["## Limits", "", *(f"- {limit}" for limit in (*evaluation.notes, *limits)), ""]
    return "\n".join(lines)


def with_own_words(card: str, model: object) -> str:
    """The card, and before its limits what the version says of itself (`card_section`), where its family has such words."""
    section = getattr(model, "card_section", "")
    return card.replace("## Limits", f"{section}\n## Limits", 1) if section else card


def figure(metric: Metric | None, *, with_interval: bool = True) -> str:
    """Value with its 95 % interval, a dash where there is none."""
    if metric is None or metric.value != metric.value:
        return "–"
    return f"{metric.value:.3f}" + (f" [{metric.low:.3f}, {metric.high:.3f}]" if with_interval and metric.low is not None else "")


def _slices(slices: Mapping[str, Mapping[str, Metric]]) -> list[str]:
    """Slices with the same figures in one table, others on a line each."""
    alike: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for name, metrics in slices.items():
        alike.setdefault(tuple(metrics), {})[name] = [
            f"{metric.value:.0f}" if key in _COUNTS else figure(metric) for key, metric in metrics.items()
        ]
    lines = []
    for names, rows in alike.items():
        if len(rows) > 1:
            lines += [*_table("slice", names, rows), ""]
        else:
            lines += [f"- {name}: " + ", ".join(map(" ".join, zip(names, row, strict=True))) for name, row in rows.items()] + [""]
    return lines


def _table(of: str, names: Sequence[str], rows: Mapping[str, Sequence[str]]) -> list[str]:
    head = [f"| {of} | " + " | ".join(names) + " |", "| --- |" + " ---: |" * len(names)]
    return head + [f"| {name} | " + " | ".join(row) + " |" for name, row in rows.items()]
