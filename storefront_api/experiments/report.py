"""An experiment's figures as people read them: arms beside each other, each difference with its interval and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.vocabulary import ExperimentKind
from storefront_api.experiments.schemas import ExperimentFigure, ExperimentSummary

# What people ask first comes first.
METRICS = ("click_rate", "click_rate_if_seen", "cart_rate", "conversion", "revenue_per_1000")
_MISMATCH_LEVEL = 0.001
_SIGNIFICANT = 0.05


@dataclass(frozen=True)
class MetricRow:
    """One metric: each arm's figure, and of each arm but the control the difference to it."""

    metric: str
    arms: dict[str, ExperimentFigure | None]
    differences: dict[str, ExperimentFigure | None]

    @property
    def is_money(self) -> bool:
        return self.metric == "revenue_per_1000"


@dataclass(frozen=True)
class Lift:
    """A difference as a share of the control's figure, for the chart: rates and money on one scale."""

    arm: str
    metric: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Report:
    """What the page shows of one experiment.

    Attributes:
        is_mismatch: units did not fall into the arms as meant: no figure can be believed.
        preference: of interleaving, how much more often the second list was preferred.
    """

    experiment: ExperimentSummary
    sizes: dict[str, tuple[int, int]]
    rows: list[MetricRow]
    lifts: list[Lift]
    split_p_value: float | None
    preference: ExperimentFigure | None

    @property
    def is_mismatch(self) -> bool:
        return self.split_p_value is not None and self.split_p_value < _MISMATCH_LEVEL

    @property
    def measured(self) -> bool:
        return any(impressions for _, impressions in self.sizes.values())


def report(experiment: ExperimentSummary) -> Report:
    """The experiment's figures, arranged."""
    known = {(figure.arm, figure.metric): figure for figure in experiment.figures}
    control, *treated = [arm.name for arm in experiment.arms]
    split = known.get(("", "sample_ratio"))
    return Report(
        experiment=experiment,
        sizes={arm: (_count(known.get((arm, "units"))), _count(known.get((arm, "impressions")))) for arm in (control, *treated)},
        rows=[
            MetricRow(
                metric,
                {arm: known.get((arm, metric)) for arm in (control, *treated)},
                {arm: known.get((arm, f"{metric}_difference")) for arm in treated},
            )
            for metric in METRICS
            # both lists of an interleaved shelf are seen by everybody: what a person buys is no arm's
            if experiment.kind is ExperimentKind.AB or metric in ("click_rate", "click_rate_if_seen")
        ],
        lifts=_lifts(known, control, treated) if experiment.kind is ExperimentKind.AB else [],
        split_p_value=split.p_value if split is not None else None,
        preference=known.get(("", "preference")),
    )


def is_significant(figure: ExperimentFigure | None) -> bool:
    """Whether chance alone would show such a difference less than one time in twenty."""
    return figure is not None and figure.p_value is not None and figure.p_value < _SIGNIFICANT


def _lifts(known: dict[tuple[str, str], ExperimentFigure], control: str, treated: Sequence[str]) -> list[Lift]:
    found = []
    for arm in treated:
        for metric in METRICS:
            base, gap = known.get((control, metric)), known.get((arm, f"{metric}_difference"))
            if base is None or gap is None or not base.value or None in (gap.value, gap.low, gap.high):
                continue
            value, low, high = (float(number or 0) / base.value for number in (gap.value, gap.low, gap.high))
            found.append(Lift(arm, metric, value, low, high))
    return found


def _count(figure: ExperimentFigure | None) -> int:
    return int(figure.value) if figure is not None and figure.value is not None else 0
