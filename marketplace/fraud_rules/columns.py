"""The same rules over a whole history at once, a column for each rule; a test holds both to the same answers.

A condition is two columns, where it is true and where it is false; neither means that an unknown fact leaves it open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from marketplace.fraud_rules.evaluation import OPERATORS
from marketplace.fraud_rules.fields import FIELDS
from marketplace.fraud_rules.language import All, AnyOf, Comparison, InList, Not, Operand, Rule, RuleSet, Scaled

Flags: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]
_Answer: TypeAlias = tuple[Flags, Flags]


@dataclass(frozen=True)
class FactColumns:
    """The facts of many attempts by name: numbers with NaN, texts with None where unknown; absent is unknown throughout.

    `lists` says by name which attempts had an identity on a list, on any other nobody was; None where nobody can tell.
    """

    size: int
    values: Mapping[str, npt.NDArray[Any]]
    lists: Mapping[str, Flags] | None


def fact_columns(
    size: int, rows: Mapping[str, Any], names: Iterable[str], *, lists: Mapping[str, Flags] | None = None
) -> FactColumns:
    """The facts `names` from columns that are called like them, such as those of a training frame."""
    values: dict[str, npt.NDArray[Any]] = {}
    for name in names:
        if name == "most_attempts_1h":
            values[name] = np.max([_numbers(rows[f"{who}_attempts_1h"]) for who in ("customer", "device", "card")], axis=0)
        elif name in rows:
            values[name] = _texts(rows[name]) if FIELDS[name].is_text else _numbers(rows[name])
    return FactColumns(size, values, lists)


def fired(rule_set: RuleSet, facts: FactColumns) -> dict[str, Flags]:
    """By rule the attempts on which it fires."""
    return {rule.name: _holds(rule.when, facts)[0] for rule in rule_set.rules}


def points_of(rule: Rule, is_fired: Flags, facts: FactColumns) -> Integers:
    """The points that a rule gives to each attempt, none where it does not fire."""
    if isinstance(rule.points, Scaled):
        value = np.nan_to_num(facts.values.get(rule.points.of, np.zeros(facts.size)))
        weight: npt.NDArray[Any] = rule.points.each * np.minimum(value, rule.points.up_to)
        return np.asarray(np.where(is_fired, weight, 0).astype(np.int64))
    return np.asarray(np.where(is_fired, rule.points or 0, 0).astype(np.int64))


def total_points(rule_set: RuleSet, by_rule: Mapping[str, Flags], facts: FactColumns) -> Integers:
    """The points of all rules together, per attempt."""
    total: Integers = np.zeros(facts.size, dtype=np.int64)
    for rule in rule_set.rules:
        total += points_of(rule, by_rule[rule.name], facts)
    return total


def _holds(condition: Comparison | InList | All | AnyOf | Not, facts: FactColumns) -> _Answer:
    match condition:
        case Comparison():
            return _compare(condition, facts)
        case InList():
            if facts.lists is None:
                return _nowhere(facts), _nowhere(facts)
            is_on = facts.lists.get(condition.in_list, _nowhere(facts))
            return is_on, ~is_on
        case Not():
            is_true, is_false = _holds(condition.negated, facts)
            return is_false, is_true
        case All():
            answers = [_holds(part, facts) for part in condition.all]
            return np.logical_and.reduce([true for true, _ in answers]), np.logical_or.reduce([false for _, false in answers])
        case AnyOf():
            answers = [_holds(part, facts) for part in condition.any]
            return np.logical_or.reduce([true for true, _ in answers]), np.logical_and.reduce([false for _, false in answers])


def _compare(comparison: Comparison, facts: FactColumns) -> _Answer:
    fact, value = facts.values.get(comparison.field), comparison.value
    if fact is None:
        return _nowhere(facts), _nowhere(facts)
    is_known = _is_known(fact)
    if isinstance(value, Operand):
        other = facts.values.get(value.field)
        if other is None:
            return _nowhere(facts), _nowhere(facts)
        is_known = is_known & _is_known(other)
        is_true = OPERATORS[comparison.op](fact, other if FIELDS[value.field].is_text else other * value.times)
    elif isinstance(value, list):
        is_true = np.logical_or.reduce([fact == one for one in value])
    else:
        is_true = OPERATORS[comparison.op](fact, value)
    is_true = np.asarray(is_true, dtype=np.bool_)
    return is_known & is_true, is_known & ~is_true


def _nowhere(facts: FactColumns) -> Flags:
    return np.zeros(facts.size, dtype=np.bool_)


def _is_known(column: npt.NDArray[Any]) -> Flags:
    return np.asarray(column != None if column.dtype == object else ~np.isnan(column), dtype=np.bool_)  # noqa: E711


def _numbers(values: Any) -> npt.NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _texts(values: Any) -> npt.NDArray[np.object_]:
    return np.array([value if isinstance(value, str) else None for value in values], dtype=object)
