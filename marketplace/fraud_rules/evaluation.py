"""What a rule set says of one attempt: the rules that fire, and what they ask of checkout together."""

import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from marketplace.fraud_rules.facts import Fact, Facts
from marketplace.fraud_rules.fields import FIELDS
from marketplace.fraud_rules.language import All, AnyOf, Comparison, InList, Not, Operand, Rule, RuleSet, Scaled
from marketplace.vocabulary import FraudDecision

Action = Literal["allow", "decline", "block", "review", "score"]

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
# What is asked first comes first.
ACTIONS: tuple[Action, ...] = ("allow", "decline", "block", "review", "score")
_ASKS = {
    "decline": FraudDecision.DECLINE,
    "block": FraudDecision.BLOCK_AND_REVIEW,
    "review": FraudDecision.REVIEW,
    "score": FraudDecision.APPROVE,
}
_SEVERITY = {decision: grade for grade, decision in enumerate(FraudDecision)}


@dataclass(frozen=True)
class RuleHit:
    """A rule that fired: `sentence` is for an analyst to read, `points` say how much it weighs beside others."""

    name: str
    sentence: str
    points: int
    action: Action = "score"


@dataclass(frozen=True)
class Verdict:
    """What the rules ask for: at least `decision`, or with `is_allowed` approval whatever a model says."""

    decision: FraudDecision
    is_allowed: bool = False

    def beside(self, model: FraudDecision) -> FraudDecision:
        """The decision of rules and model together: allowed, else the harder of the two."""
        return FraudDecision.APPROVE if self.is_allowed else harder(self.decision, model)


def harder(one: FraudDecision, other: FraudDecision) -> FraudDecision:
    """The stricter of two decisions."""
    return max(one, other, key=_SEVERITY.__getitem__)


def hits(rule_set: RuleSet, facts: Facts, *, snoozed: Collection[str] = ()) -> list[RuleHit]:
    """The rules that fire, by what they ask for and then the heaviest first; `snoozed` rules are passed over."""
    found = [
        RuleHit(rule.name, _sentence(rule, facts), _points(rule, facts), rule.action)
        for rule in rule_set.rules
        if rule.name not in snoozed and holds(rule.when, facts) is True
    ]
    return sorted(found, key=lambda hit: (ACTIONS.index(hit.action), -hit.points))


def points(rule_hits: Sequence[RuleHit]) -> int:
    """The weight of all hits together; attempts are ranked by it where no model is at hand."""
    return sum(hit.points for hit in rule_hits)


def weight(rule_set: RuleSet, facts: Facts) -> int:
    """`points` of the `hits`, which are not put into words."""
    return sum(_points(rule, facts) for rule in rule_set.rules if holds(rule.when, facts) is True)


def verdict(rule_set: RuleSet, rule_hits: Sequence[RuleHit]) -> Verdict:
    """What the hits ask for: allow, then decline, block and review, then the points together."""
    if any(hit.action == "allow" for hit in rule_hits):
        return Verdict(FraudDecision.APPROVE, is_allowed=True)
    asked = by_points(rule_set, points(rule_hits))
    for hit in rule_hits:
        asked = harder(asked, _ASKS[hit.action])
    return Verdict(asked)


def by_points(rule_set: RuleSet, weight: int) -> FraudDecision:
    """What so many points ask for."""
    if weight >= rule_set.block_points:
        return FraudDecision.BLOCK_AND_REVIEW
    return FraudDecision.REVIEW if weight >= rule_set.review_points else FraudDecision.APPROVE


def holds(condition: Comparison | InList | All | AnyOf | Not, facts: Facts) -> bool | None:
    """Whether the condition is true of the attempt; None where an unknown fact leaves it open."""
    match condition:
        case Comparison():
            return _compare(condition, facts)
        case InList():
            return None if facts.lists is None else condition.in_list in facts.lists
        case Not():
            answer = holds(condition.negated, facts)
            return None if answer is None else not answer
        case All():
            return _unless(False, condition.all, facts)
        case AnyOf():
            return _unless(True, condition.any, facts)


def _unless(decisive: bool, parts: Sequence[Comparison | InList | All | AnyOf | Not], facts: Facts) -> bool | None:
    """`decisive` as soon as one part is; else the opposite, unless a part is open."""
    open_parts = 0
    for part in parts:
        answer = holds(part, facts)
        if answer is decisive:
            return decisive
        open_parts += answer is None
    return None if open_parts else not decisive


def _compare(comparison: Comparison, facts: Facts) -> bool | None:
    fact, other = facts.values.get(comparison.field), comparison.value
    if isinstance(other, Operand):
        value = facts.values.get(other.field)
        other = value * other.times if isinstance(value, int | float) else value  # type: ignore[assignment]
    if fact is None or other is None:
        return None
    if isinstance(other, list):
        return fact in other
    return bool(OPERATORS[comparison.op](fact, other))


def _points(rule: Rule, facts: Facts) -> int:
    if isinstance(rule.points, Scaled):
        value = facts.values.get(rule.points.of)
        return int(rule.points.each * min(float(value), rule.points.up_to)) if value is not None else 0
    return rule.points or 0


def _sentence(rule: Rule, facts: Facts) -> str:
    return rule.sentence.format_map(_Words(facts.values)) if "{" in rule.sentence else rule.sentence


class _Words(dict[str, str]):
    """Facts by name as they are said."""

    def __init__(self, values: Any) -> None:
        super().__init__()
        self._values = values

    def __missing__(self, name: str) -> str:
        value: Fact = self._values.get(name)
        return "not known" if value is None else FIELDS[name].say(value)
