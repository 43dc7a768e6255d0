"""Fraud rules as versioned data: a small typed language, the set that ships, and what a set says of an attempt.

The shipped set speaks three times: its points are a feature of the model, it is the baseline that the model has to beat, and
it decides at checkout until a shop publishes a version of its own.
"""

import json
from functools import cache
from importlib.resources import files

from marketplace.fraud_rules.evaluation import RuleHit, Verdict, harder, hits, points, verdict, weight
from marketplace.fraud_rules.facts import Facts, facts_of
from marketplace.fraud_rules.language import RuleSet
from marketplace.fraud_rules.reading import InvalidRulesError, Mistake, read_rule_set

SHIPPED_VERSION = 1


def version_name(version: int) -> str:
    """How decisions and models name a version of the rules."""
    return f"rules-{version}"


# A model learns beside the shipped rules; other shipped rules are another version, and need another model.
RULES_VERSION = version_name(SHIPPED_VERSION)


@cache
def shipped() -> RuleSet:
    """The rule set that comes with the package: version 1 of every shop."""
    return read_rule_set(json.loads(files(__name__).joinpath("shipped.json").read_text()))


__all__ = [
    "RULES_VERSION",
    "SHIPPED_VERSION",
    "Facts",
    "InvalidRulesError",
    "Mistake",
    "RuleHit",
    "RuleSet",
    "Verdict",
    "facts_of",
    "harder",
    "hits",
    "points",
    "read_rule_set",
    "shipped",
    "verdict",
    "version_name",
    "weight",
]
