"""Conditions as people say them, for whoever looks at a rule without reading its document."""

from marketplace.fraud_rules.fields import FIELDS
from marketplace.fraud_rules.language import All, AnyOf, Comparison, InList, Not, Operand, Rule, Scaled

_SAID = {"=": "is", "!=": "is not", ">": "is over", ">=": "is at least", "<": "is under", "<=": "is at most", "in": "is one of"}
_SAID_OF_COUNTS = {
    ">": ": more than",
    ">=": ": at least",
    "<": ": fewer than",
    "<=": ": at most",
    "=": ": exactly",
    "!=": ": not",
}


def condition_in_words(condition: Comparison | InList | All | AnyOf | Not) -> str:
    """The condition in one line: facts by their titles, values with their unit."""
    match condition:
        case Comparison():
            field = FIELDS[condition.field]
            said = _SAID_OF_COUNTS.get(condition.op) if field.unit == "count" else None
            return f"{field.title}{said or f' {_SAID[condition.op]}'} {_value(condition)}"
        case InList():
            return f"customer, device, card, address or connection is on the list {condition.in_list}"
        case Not():
            return f"not ({condition_in_words(condition.negated)})"
        case All():
            return " and ".join(map(_within, condition.all))
        case AnyOf():
            return " or ".join(map(_within, condition.any))


def effect_in_words(rule: Rule) -> str:
    """What follows when the rule fires."""
    if isinstance(rule.points, Scaled):
        return f"{rule.points.each} points for each, up to {rule.points.each * rule.points.up_to}"
    if rule.points is not None:
        return f"{rule.points} points"
    return {"block": "block for review"}.get(rule.action, rule.action)


def _within(condition: Comparison | InList | All | AnyOf | Not) -> str:
    said = condition_in_words(condition)
    return f"({said})" if isinstance(condition, All | AnyOf) else said


def _value(comparison: Comparison) -> str:
    value, field = comparison.value, FIELDS[comparison.field]
    if isinstance(value, Operand):
        times = f"{value.times:g} times the " if value.times != 1 else "the "
        return times + FIELDS[value.field].title
    if isinstance(value, list):
        return ", ".join(map(field.say, value))
    return f"{field.say(value)} km" if field.unit == "km" else field.say(value)
