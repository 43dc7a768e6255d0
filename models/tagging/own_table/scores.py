"""Figures of ranked labels and their intervals: whole groups of products are drawn, the same ones for every model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.evaluation import Metric
from models.metrics.bootstrap import interval_around

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

METRICS = ("accuracy", "macro_f1", "top_3_accuracy", "accuracy_at_85pct_coverage")
_COVERAGE = 0.85
# Figures of labels that have fewer products are also told apart.
_SMALL_LABEL = 30
OF_LARGE, OF_SMALL = f"labels of {_SMALL_LABEL} products or more", f"labels under {_SMALL_LABEL} products"


@dataclass(frozen=True)
class Answers:
    """One model's answers to the products of a test.

    Attributes:
        truth: the label's code.
        ranked: the codes of its three likeliest labels, best first.
        confidence: how sure it is of the first; only its order counts.
        units: the group that a product is drawn with.
    """

    truth: Codes
    ranked: Codes
    confidence: Floats
    units: Codes

    def rows(self, chosen: npt.NDArray[np.bool_]) -> "Answers":
        """The answers for which `chosen` holds."""
        return Answers(self.truth[chosen], self.ranked[chosen], self.confidence[chosen], self.units[chosen])

    def broader(self, parent: Codes) -> "Answers":
        """The same answers at the level above, `parent` giving each code's."""
        return replace(self, truth=parent[self.truth], ranked=parent[self.ranked])

    def figures(self, weights: Floats) -> Floats:
        """`METRICS`, a product counted `weights[unit]` times; NaN where none counts."""
        own = weights[self.units]
        total = float(own.sum())
        if total <= 0:
            return np.full(len(METRICS), np.nan)
        best = self.ranked[:, 0]
        is_right = (best == self.truth).astype(np.float64)
        in_top_3 = (self.ranked == self.truth[:, None]).any(axis=1)
        return np.array(
            [
                float((own * is_right).sum()) / total,
                self._macro_f1(own),
                float((own * in_top_3).sum()) / total,
                self._accuracy_of_surest(own, is_right),
            ]
        )

    def _macro_f1(self, own: Floats) -> float:
        """F1 per label that occurs in the truth, averaged with equal weight."""
        best, size = self.ranked[:, 0], int(max(self.truth.max(), self.ranked.max())) + 1
        hits = np.bincount(self.truth, weights=own * (best == self.truth), minlength=size)
        true = np.bincount(self.truth, weights=own, minlength=size)
        said = np.bincount(best, weights=own, minlength=size)
        occurs = true > 0
        return float((2 * hits[occurs] / (true + said)[occurs]).mean())

    def _accuracy_of_surest(self, own: Floats, is_right: Floats) -> float:
        """Share of right answers among the 85 % of which the model is surest; ties at the cut count in proportion."""
        order = np.argsort(-self.confidence, kind="stable")
        ends = np.flatnonzero(np.append(np.diff(self.confidence[order]) != 0, True))
        answered = np.append(0.0, np.cumsum(own[order])[ends])
        right = np.append(0.0, np.cumsum((own * is_right)[order])[ends])
        cut = _COVERAGE * answered[-1]
        return float(np.interp(cut, answered, right) / cut)


def by_size(truth: Codes, sizes: Sequence[int]) -> dict[str, npt.NDArray[np.bool_]]:
    """Which products have a label of many products (`OF_LARGE`) and which one of few (`OF_SMALL`).

    Args:
        sizes: how many products each label has, by its code.
    """
    is_small = np.array(sizes)[truth] < _SMALL_LABEL
    return {OF_LARGE: ~is_small, OF_SMALL: is_small}


def intervals(
    answers: Mapping[str, Mapping[str, Answers]], unit_count: int, *, served: str, primary: str, draws: int, seed: int
) -> tuple[dict[str, dict[str, dict[str, Metric]]], dict[str, Metric]]:
    """Per part and model every figure, and what the served model has more of `primary` over all, paired.

    Args:
        answers: per part of the test ("" is all of it) and model.
    """
    keys = [(part, name) for part, models in answers.items() for name in models]
    rng = np.random.default_rng(seed)
    whole = {key: answers[key[0]][key[1]].figures(np.ones(unit_count)) for key in keys}
    drawn: dict[tuple[str, str], list[Floats]] = {key: [] for key in keys}
    for _ in range(draws if unit_count > 1 else 0):
        weights = np.bincount(rng.integers(0, unit_count, unit_count), minlength=unit_count).astype(np.float64)
        for key in keys:
            drawn[key].append(answers[key[0]][key[1]].figures(weights))
    held = {key: np.array(values).reshape(-1, len(METRICS)) for key, values in drawn.items()}
    figures = {
        part: {
            name: {metric: interval_around(whole[part, name][at], held[part, name][:, at]) for at, metric in enumerate(METRICS)}
            for name in models
        }
        for part, models in answers.items()
    }
    at = METRICS.index(primary)
    gains = {
        name: interval_around(whole["", served][at] - whole["", name][at], held["", served][:, at] - held["", name][:, at])
        for name in answers[""]
        if name != served
    }
    return figures, gains
