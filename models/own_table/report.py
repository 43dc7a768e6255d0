"""What `marketplace evaluate` answers: one table of models, the same form for every task."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.evaluation import MethodResult, Metric
from models.tables import Table


@dataclass(frozen=True)
class MeasuredMethod(MethodResult):
    """One row of the table with what its training took: CPU seconds, and the most memory the process held meanwhile.

    `parts` are the same figures over parts of what it is judged by: a week, titles that were seen.
    """

    train_cpu_s: float = 0.0
    peak_mb: float = 0.0
    parts: Mapping[str, Mapping[str, Metric]] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """Models measured on the same held-out part of a table.

    Attributes:
        data: counts and facts of the table and its split; `rows` are all that came, `rejected` those left out of them.
        notes: what a reader of the figures has to know.
    """

    task: str
    data: Mapping[str, Any]
    models: tuple[MeasuredMethod, ...]
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON holds it; a figure that could not be computed is null."""
        return {
            "task": self.task,
            "data": {**self.data, **self._parts(), "notes": list(self.notes)},
            "models": [
                {
                    "name": model.name,
                    "served": model.is_served,
                    "metrics": {name: _bounds(metric) for name, metric in model.metrics.items()},
                    "train_cpu_s": round(model.train_cpu_s, 3),
                    "peak_mb": round(model.peak_mb, 1),
                }
                for model in self.models
            ],
        }

    def _parts(self) -> dict[str, Any]:
        """The figures over parts of the test, per part and model; nothing where there are none."""
        names = dict.fromkeys(part for model in self.models for part in model.parts)
        parts = {
            part: {
                model.name: {name: _bounds(metric) for name, metric in model.parts[part].items()}
                for model in self.models
                if part in model.parts
            }
            for part in names
        }
        return {"parts": parts} if parts else {}


def described(*tables: Table) -> dict[str, Any]:
    """The part of `data` that says what came and what was left out, over one or several tables."""
    reasons: dict[str, int] = {}
    examples: dict[str, str] = {}
    for table in tables:
        for reason, count in table.reasons.items():
            reasons[reason] = reasons.get(reason, 0) + count
        examples = {**table.examples, **examples}
    return {
        "rows": sum(table.rows for table in tables),
        "rejected": sum(table.rejected for table in tables),
        "rejected_by_reason": reasons,
        "rejected_examples": {reason: examples[reason] for reason in reasons if reason in examples},
    }


def gained(served: str, figure: str, gains: Mapping[str, Metric]) -> dict[str, Any]:
    """The part of `data` that says what the served model has more than each other one, paired."""
    return {"served_minus_others": {"served": served, "metric": figure, **{name: _bounds(gain) for name, gain in gains.items()}}}


def _bounds(metric: Metric) -> dict[str, float | None]:
    return {name: _finite(getattr(metric, name)) for name in ("value", "low", "high")}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
