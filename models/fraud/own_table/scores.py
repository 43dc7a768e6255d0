"""Figures of scored transactions and their intervals: whole customers are drawn, the same ones for every model.

A draw is a weight per customer (how often it was drawn). Rows are put in order of score once; each draw is then a few
running sums, so hundreds of draws over many models take seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.evaluation import Metric
from models.fraud.own_table.transactions import Flags, Floats, Integers
from models.metrics.bootstrap import interval_around

METRICS = (
    "average_precision",
    "roc_auc",
    "card_precision_at_100",
    "recall_at_1pct_fpr",
    "brier_skill",
    "calibration_slope",
    "top_tenth_estimated_over_realised",
)
CARDS_A_DAY = 100
_FALSE_POSITIVE_RATE = 0.01
# Log-odds beyond this say nothing more, and a probability of exactly 0 has none.
_FARTHEST = 15.0
_NEWTON_STEPS = 60


@dataclass(frozen=True)
class ScoredWindow:
    """One model's probabilities for the transactions of one test window."""

    customers: Integers
    days: Integers
    is_fraud: Flags
    probability: Floats

    def figures(self, weights: Floats) -> dict[str, float]:
        """Every metric, rows counted `weights[customer]` times; NaN for what cannot be said (no fraud, nothing else)."""
        customers, is_fraud, score, ends = self._by_score
        own = weights[customers]
        found, seen = np.cumsum(own * is_fraud)[ends], np.cumsum(own)[ends]
        frauds, rows = float(found[-1]) if len(found) else 0.0, float(seen[-1]) if len(seen) else 0.0
        if frauds <= 0 or frauds >= rows:
            return dict.fromkeys(METRICS, float("nan"))
        precision = np.divide(found, seen, out=np.zeros(len(seen)), where=seen > 0)
        recall = np.append(0.0, found / frauds)
        false_rate = np.append(0.0, (seen - found) / (rows - frauds))
        base = frauds / rows
        return {
            "average_precision": float((np.diff(found, prepend=0.0) * precision).sum() / frauds),
            "roc_auc": float((np.diff(false_rate) * (recall[1:] + recall[:-1])).sum() / 2),
            "card_precision_at_100": self._card_precision(weights),
            "recall_at_1pct_fpr": float(np.interp(_FALSE_POSITIVE_RATE, false_rate, recall)),
            "brier_skill": 1 - float(own @ (score - is_fraud) ** 2) / rows / (base * (1 - base)),
            "calibration_slope": self._calibration_slope(own, is_fraud),
            "top_tenth_estimated_over_realised": self._top_tenth(own, is_fraud, score),
        }

    def _top_tenth(self, own: Floats, is_fraud: Floats, score: Floats) -> float:
        """Estimated frauds among the tenth of the highest scores, over the realised ones: 1 is right, more is too many."""
        end = int(np.searchsorted(np.cumsum(own), own.sum() / 10, side="right"))
        found = float(own[:end] @ is_fraud[:end])
        return float(own[:end] @ score[:end]) / found if found else float("nan")

    @cached_property
    def _by_score(self) -> tuple[Integers, Floats, Floats, npt.NDArray[np.intp]]:
        """Customers, outcomes and scores, highest score first, and the last place of each group of equal scores."""
        order = np.argsort(-self.probability, kind="stable")
        score, is_fraud = self.probability[order], self.is_fraud[order].astype(np.float64)
        ends = np.flatnonzero(np.append(np.diff(score) != 0, True)[: len(order)])
        return self.customers[order], is_fraud, score, ends

    @cached_property
    def _cards(self) -> list[tuple[Integers, Flags, npt.NDArray[np.intp]]]:
        """Per day its cards by their highest score: the card, whether it was defrauded that day, its group of equal scores."""
        cards = []
        for day in np.unique(self.days):
            rows = np.flatnonzero(self.days == day)
            names, code = np.unique(self.customers[rows], return_inverse=True)
            score = np.full(len(names), -np.inf)
            np.maximum.at(score, code, self.probability[rows])
            is_defrauded = np.bincount(code, weights=self.is_fraud[rows]) > 0
            order = np.argsort(-score, kind="stable")
            cards.append((names[order], is_defrauded[order], np.cumsum(np.diff(score[order], prepend=score[order][:1]) != 0)))
        return cards

    def _card_precision(self, weights: Floats) -> float:
        """Mean over days of the share of defrauded cards among the 100 highest; found ones are blocked from then on.

        Cards of equal score at the hundredth place count in proportion.
        Source: Reproducible Machine Learning for Credit Card Fraud Detection (2022), section 4.4.
        """
        is_blocked = np.zeros(len(weights), dtype=bool)
        shares = []
        for names, is_defrauded, tied in self._cards:
            size = np.where(is_blocked[names], 0.0, weights[names])
            group = np.bincount(tied, weights=size)
            before = np.cumsum(group) - group
            share = np.clip(np.divide(CARDS_A_DAY - before, group, out=np.zeros(len(group)), where=group > 0), 0.0, 1.0)[tied]
            shares.append(float((size * share)[is_defrauded].sum()) / CARDS_A_DAY)
            is_blocked[names[is_defrauded & (share > 0) & (size > 0)]] = True
        return float(np.mean(shares)) if shares else float("nan")

    @cached_property
    def _log_odds_steps(self) -> tuple[Floats, npt.NDArray[np.intp]]:
        """Log-odds in steps of 0.02, coarse enough to be summed up and too fine to move a slope; rows highest first."""
        chance = np.clip(-np.sort(-self.probability, kind="stable"), 1e-12, 1 - 1e-12)
        log_odds = np.clip(np.log(chance / (1 - chance)), -_FARTHEST, _FARTHEST)
        steps, place = np.unique(np.round(log_odds * 50), return_inverse=True)
        return steps / 50, place

    def _calibration_slope(self, own: Floats, is_fraud: Floats) -> float:
        """By how much the log-odds of what came rise with those foretold (Cox 1958): 1 is right, less is too sure."""
        steps, place = self._log_odds_steps
        size = np.bincount(place, weights=own, minlength=len(steps))
        frauds = np.bincount(place, weights=own * is_fraud, minlength=len(steps))
        line, loss = np.array([1.0, 0.0]), np.inf
        step = np.zeros(2)
        for _ in range(_NEWTON_STEPS):
            tried = line + step
            log_odds = tried[0] * steps + tried[1]
            found = float((size * np.logaddexp(0, log_odds) - frauds * log_odds).sum())
            if found > loss + 1e-12 * abs(loss):  # too far: the curve bends more than the last step knew
                step /= 2
                continue
            line, loss = tried, found
            chance = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
            error, doubt = frauds - size * chance, size * chance * (1 - chance)
            a, b, c = float((doubt * steps**2).sum()), float((doubt * steps).sum()), float(doubt.sum())
            determinant = a * c - b * b
            if determinant <= 1e-9 * max(a * c, 1e-300):
                return float("nan")  # all foretold the same, or parted without a mistake
            x, y = float((error * steps).sum()), float(error.sum())
            step = np.array([c * x - b * y, a * y - b * x]) / determinant
            if np.abs(step).sum() < 1e-8:
                return float(line[0])
        return float("nan")


@dataclass(frozen=True)
class Figures:
    """Every metric of one model: over each window, and their mean."""

    mean: Mapping[str, Metric]
    windows: tuple[Mapping[str, Metric], ...]


def intervals(
    scored: Mapping[str, Sequence[ScoredWindow]], customer_count: int, *, served: str, draws: int, seed: int
) -> tuple[dict[str, Figures], dict[str, dict[str, Metric]]]:
    """The figures of every model, and for every other model what the served one has more of each metric, paired.

    Customers are drawn with replacement among those of the test windows; a customer drawn counts in all its windows.
    """
    windows = next(iter(scored.values()))
    there = np.unique(np.concatenate([window.customers for window in windows])) if windows else np.zeros(0, np.int64)
    whole = {name: _all(of, np.ones(customer_count)) for name, of in scored.items()}
    drawn: dict[str, list[Floats]] = {name: [] for name in scored}
    rng = np.random.default_rng(seed)
    for _ in range(draws if len(there) > 1 else 0):
        weights = np.zeros(customer_count)
        weights[there] = np.bincount(rng.integers(0, len(there), len(there)), minlength=len(there))
        for name, of in scored.items():
            drawn[name].append(_all(of, weights))
    held = {name: np.array(values) if values else np.zeros((0, *whole[name].shape)) for name, values in drawn.items()}
    figures = {
        name: Figures(
            _metrics(_over_windows(whole[name]), _over_windows(held[name])),
            tuple(_metrics(whole[name][at], held[name][:, at]) for at in range(len(windows))),
        )
        for name in scored
    }
    gains = {
        name: _metrics(
            _over_windows(whole[served]) - _over_windows(whole[name]), _over_windows(held[served]) - _over_windows(held[name])
        )
        for name in scored
        if name != served
    }
    return figures, gains


def _all(windows: Sequence[ScoredWindow], weights: Floats) -> Floats:
    """One row per window, one column per metric."""
    return np.array([list(window.figures(weights).values()) for window in windows]).reshape(len(windows), len(METRICS))


def _over_windows(values: Floats) -> Floats:
    """Mean over windows of which something can be said."""
    is_known = ~np.isnan(values)
    count = is_known.sum(axis=-2)
    return np.asarray(
        np.divide(np.where(is_known, values, 0.0).sum(axis=-2), count, out=np.full(count.shape, np.nan), where=count > 0)
    )


def _metrics(value: Floats, drawn: Floats) -> dict[str, Metric]:
    return {name: interval_around(float(value[at]), drawn[:, at]) for at, name in enumerate(METRICS)}
