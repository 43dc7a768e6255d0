"""From a document that somebody wrote to a rule set that holds, or to every mistake in it in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from marketplace.errors import InvalidInputError
from marketplace.fraud_rules.evaluation import holds
from marketplace.fraud_rules.facts import Facts
from marketplace.fraud_rules.language import DEEPEST, RuleSet


@dataclass(frozen=True)
class Mistake:
    """What is wrong where: `rule` is its name or number, None for the set; `pointer` a JSON pointer into the document."""

    rule: str | None
    pointer: str
    detail: str

    def __str__(self) -> str:
        return f"{f'rule {self.rule}' if self.rule else 'rule set'}, {self.pointer or '/'}: {self.detail}"


class InvalidRulesError(InvalidInputError):
    """A rule set that cannot be used; `mistakes` holds them all."""

    code = "invalid_rules"

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(map(str, mistakes[:5])) + (f"; and {len(mistakes) - 5} more" if len(mistakes) > 5 else ""))
        self.mistakes = mistakes


def read_rule_set(document: Any) -> RuleSet:
    """The rule set that the parsed JSON document describes.

    Raises:
        InvalidRulesError: it has mistakes; each says which rule, which field, what came and what to do. An example that a
            rule does not meet is one.
    """
    if (depth := _depth(document)) > 2 * DEEPEST + 6:
        raise InvalidRulesError([Mistake(None, "", f"{depth} levels deep; nest conditions at most {DEEPEST} deep")])
    try:
        rule_set = RuleSet.model_validate(document)
    except ValidationError as error:
        raise InvalidRulesError([_mistake(document, item) for item in error.errors(include_url=False)]) from None
    if unmet := list(_unmet_examples(rule_set)):
        raise InvalidRulesError(unmet)
    return rule_set


def _unmet_examples(rule_set: RuleSet) -> Iterator[Mistake]:
    for place, rule in enumerate(rule_set.rules):
        for number, example in enumerate(rule.examples or ()):
            answer = holds(rule.when, Facts(example.facts, frozenset(example.lists)))
            if (answer is True) is not example.fires:
                does = {True: "it fires", False: "it does not fire", None: "an unknown fact leaves it open"}[answer]
                yield Mistake(
                    rule.name,
                    f"/rules/{place}/examples/{number}",
                    f"is to {'' if example.fires else 'not '}fire, but {does}; correct the condition or the example",
                )


def _mistake(document: Any, item: Any) -> Mistake:
    # In angle brackets stand the branches that a choice took, which are no part of the document.
    path = [step for step in item["loc"] if not (isinstance(step, str) and step.startswith("<"))]
    return Mistake(_rule_at(document, path), "".join(f"/{step}" for step in path), _detail(item))


def _rule_at(document: Any, path: list[Any]) -> str | None:
    if len(path) < 2 or path[0] != "rules":
        return None
    rule = document["rules"][path[1]]
    name = rule.get("name") if isinstance(rule, dict) else None
    return name if isinstance(name, str) and name else f"number {path[1] + 1}"


def _detail(item: Any) -> str:
    kind, came = item["type"], item["input"]
    if kind == "value_error":
        return str(item["ctx"]["error"])
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is no key of the language; take it out or correct its spelling"
    shown = "" if isinstance(came, dict | list) else f", {came!r} came"
    return f"{item['msg'][0].lower()}{item['msg'][1:]}{shown}"


def _depth(document: Any) -> int:
    """How many dicts and lists lie within each other, counted without recursion: a hostile document has thousands."""
    deepest, waiting = 0, [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth > 200:
            break
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        waiting += [(child, depth + 1) for child in children]
    return deepest
