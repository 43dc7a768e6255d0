"""What an evaluation says: one table of methods, ours and the baselines, each figure with its interval."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Metric:
    """A figure with its 95 % interval; the bounds are None where none was computed."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class MethodResult:
    """One row of the table; `is_served` marks what the platform itself would serve."""

    name: str
    metrics: Mapping[str, Metric]
    is_served: bool = False


@dataclass(frozen=True)
class Evaluation:
    """Methods measured on one test window that none of them saw.

    `difference` is served minus `baseline` in `primary_metric`, paired over the same units, oriented so that positive
    is better. It is None when the data allow no judgement (no labels, too few units); `notes` then say why.
    """

    task: str
    primary_metric: str
    methods: tuple[MethodResult, ...]
    baseline: str | None = None
    difference: Metric | None = None
    row_count: int = 0
    slices: Mapping[str, Mapping[str, Metric]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def served(self) -> MethodResult | None:
        """The row of the method that would be served."""
        return next((method for method in self.methods if method.is_served), None)

    def table(self, metric: str | None = None) -> "pd.DataFrame":
        """`value`, `low`, `high` and `is_served` per method, by rising value, of one metric: the primary one by default."""
        import pandas as pd

        wanted = metric or self.primary_metric
        chosen = [(method, method.metrics[wanted]) for method in self.methods if wanted in method.metrics]
        return pd.DataFrame(
            [(found.value, found.low, found.high, method.is_served) for method, found in chosen],
            index=pd.Index([method.name for method, _ in chosen], name="method", dtype=object),
            columns=["value", "low", "high", "is_served"],
        ).sort_values("value", kind="stable")

    @property
    def beats_baseline(self) -> bool:
        """Whether the whole interval of the difference lies above zero."""
        return self.difference is not None and self.difference.low is not None and self.difference.low > 0

    def is_no_worse(self, tolerance: float) -> bool:
        """Whether the interval of the difference lies above `-tolerance`."""
        return self.difference is not None and self.difference.low is not None and self.difference.low > -tolerance
