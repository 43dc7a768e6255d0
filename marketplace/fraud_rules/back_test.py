"""What a rule set would have done on past attempts, beside what became known of them since.

Facts and lists are those of each attempt's own instant: a card that was put on a list because of a fraud does not catch that
fraud here. What nobody knows yet counts as volume, and neither as right nor as wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from marketplace.fraud_rules.columns import FactColumns, Flags, fired, total_points
from marketplace.fraud_rules.language import RuleSet
from marketplace.proportions import exact_interval
from marketplace.vocabulary import FraudDecision

_LEVELS = tuple(FraudDecision)
_REVIEW, _BLOCK, _DECLINE = (_LEVELS.index(level) for level in _LEVELS[1:])


@dataclass(frozen=True)
class History:
    """Past attempts, oldest first.

    `outcome` is 1 fraud, 0 legitimate, NaN not known; `snoozed` says by rule on which attempts it was to be passed over.
    """

    facts: FactColumns
    amount_minor: npt.NDArray[np.int64]
    outcome: npt.NDArray[np.float64]
    snoozed: Mapping[str, Flags]
    since: datetime | None = None
    until: datetime | None = None
    currency: str = ""
    unknown_facts: tuple[str, ...] = ()


class Figures(BaseModel):
    """Some attempts out of all.

    Precision and recall are of those whose outcome is known, with the exact 95 % interval; None where nothing is.
    `caught_minor` is the money of frauds among them, `insulted_minor` that of legitimate orders.
    """

    count: int
    share: float
    known_count: int
    fraud_count: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    caught_minor: int
    insulted_minor: int


class RuleFigures(BaseModel):
    """One rule: the attempts on which it fires, and those that would not be stopped without it."""

    name: str
    action: str
    fires: Figures
    decisive: Figures


class SetFigures(BaseModel):
    """A whole set: attempts that it does not approve, how many it sends where, and what it lets through by `allow`."""

    stopped: Figures
    reviewed_count: int
    blocked_count: int
    declined_count: int
    allowed: Figures
    stopped_per_day: float | None


class BackTest(BaseModel):
    """A rule set on history beside the set that was at work when it ran."""

    attempt_count: int
    known_count: int
    fraud_count: int
    currency: str
    since: datetime | None
    until: datetime | None
    unknown_facts: list[str]
    set: SetFigures
    at_work: SetFigures
    newly_stopped: Figures
    newly_let_through: Figures
    rules: list[RuleFigures]


def back_test(rule_set: RuleSet, at_work: RuleSet, history: History) -> BackTest:
    """Every figure of `rule_set`, and those of the whole set `at_work` to compare."""
    by_rule = _fired(rule_set, history)
    decided, allowed = _decide(rule_set, by_rule, history)
    before, allowed_before = _decide(at_work, _fired(at_work, history), history)
    return BackTest(
        attempt_count=history.facts.size,
        known_count=int((~np.isnan(history.outcome)).sum()),
        fraud_count=int((history.outcome == 1).sum()),
        currency=history.currency,
        since=history.since,
        until=history.until,
        unknown_facts=list(history.unknown_facts),
        set=_set_figures(decided, allowed, history),
        at_work=_set_figures(before, allowed_before, history),
        newly_stopped=_figures((decided > 0) & (before == 0), history),
        newly_let_through=_figures((decided == 0) & (before > 0), history),
        rules=[
            RuleFigures(
                name=rule.name,
                action=rule.action,
                fires=_figures(by_rule[rule.name], history),
                decisive=_figures(_is_decisive(rule_set, rule.name, by_rule, decided, history), history),
            )
            for rule in rule_set.rules
        ],
    )


def decisions(rule_set: RuleSet, history: History) -> list[FraudDecision]:
    """What the rules alone ask for on each attempt."""
    decided, _ = _decide(rule_set, _fired(rule_set, history), history)
    return [_LEVELS[level] for level in decided]


def _fired(rule_set: RuleSet, history: History) -> dict[str, Flags]:
    found = fired(rule_set, history.facts)
    return {name: flags & ~history.snoozed[name] if name in history.snoozed else flags for name, flags in found.items()}


def _decide(rule_set: RuleSet, by_rule: Mapping[str, Flags], history: History) -> tuple[npt.NDArray[np.int64], Flags]:
    """Per attempt the place of its decision among the levels, and whether an `allow` made it: `verdict`, by the column."""
    points = total_points(rule_set, by_rule, history.facts)
    level = np.where(points >= rule_set.block_points, _BLOCK, np.where(points >= rule_set.review_points, _REVIEW, 0))
    allowed = np.zeros(history.facts.size, dtype=np.bool_)
    for rule in rule_set.rules:
        flags = by_rule[rule.name]
        if rule.action == "allow":
            allowed |= flags
        elif rule.action != "score":
            asked = {"decline": _DECLINE, "block": _BLOCK, "review": _REVIEW}[rule.action]
            level = np.where(flags, np.maximum(level, asked), level)
    return np.where(allowed, 0, level), allowed


def _is_decisive(
    rule_set: RuleSet, name: str, by_rule: Mapping[str, Flags], decided: npt.NDArray[np.int64], history: History
) -> Flags:
    """Where one rule alone makes the difference between stopped and let through."""
    nowhere = np.zeros(history.facts.size, dtype=np.bool_)
    without, _ = _decide(rule_set, {**by_rule, name: nowhere}, history)
    return np.asarray((decided > 0) != (without > 0), dtype=np.bool_)


def _set_figures(decided: npt.NDArray[np.int64], allowed: Flags, history: History) -> SetFigures:
    days = (history.until - history.since).total_seconds() / 86_400 if history.until and history.since else 0.0
    stopped = decided > 0
    return SetFigures(
        stopped=_figures(stopped, history),
        reviewed_count=int((decided == _REVIEW).sum()),
        blocked_count=int((decided == _BLOCK).sum()),
        declined_count=int((decided == _DECLINE).sum()),
        allowed=_figures(allowed, history),
        stopped_per_day=float(stopped.sum() / days) if days else None,
    )


def _figures(chosen: Flags, history: History) -> Figures:
    is_fraud, is_legitimate = history.outcome == 1, history.outcome == 0
    caught, insulted, frauds = int((chosen & is_fraud).sum()), int((chosen & is_legitimate).sum()), int(is_fraud.sum())
    count = int(chosen.sum())
    return Figures(
        count=count,
        share=count / history.facts.size if history.facts.size else 0.0,
        known_count=caught + insulted,
        fraud_count=caught,
        **_proportion("precision", caught, caught + insulted),
        **_proportion("recall", caught, frauds),
        caught_minor=int(history.amount_minor[chosen & is_fraud].sum()),
        insulted_minor=int(history.amount_minor[chosen & is_legitimate].sum()),
    )


def _proportion(name: str, hits: int, tries: int) -> dict[str, Any]:
    """A share with its exact 95 % interval."""
    if tries == 0:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    low, high = exact_interval(hits, tries)
    return {name: hits / tries, f"{name}_low": low, f"{name}_high": high}
