"""A document is read whole or not at all, and every mistake says where, what came and what to do."""

import json
from typing import Any

import pytest

from marketplace.fraud_rules import Facts, InvalidRulesError, hits, read_rule_set, verdict
from marketplace.fraud_rules.fields import ANSWERED_FIELDS, FIELDS, duration
from marketplace.settings import PROJECT_ROOT
from marketplace.vocabulary import FraudDecision
from models.fraud.features import FEATURES, RING_FEATURES

RULE: dict[str, Any] = {
    "name": "large",
    "when": {"field": "amount_minor", "op": ">", "value": 1000},
    "action": "review",
    "sentence": "the order is for {amount_minor}",
}


def make_set(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"review_points": 40, "block_points": 80, "rules": [RULE | rule for rule in rules]} | changes


def when(**condition: Any) -> dict[str, Any]:
    return {"when": condition}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            when(field="amont_minor", op=">", value=1),
            "rule large, /rules/0/when/field: 'amont_minor' is no fact; did you mean amount_minor?",
        ),
        (
            when(field="amount_minor", op=">", value="1000"),
            "rule large, /rules/0/when: amount_minor is a number; compare it with a number, '1000' came",
        ),
        (
            when(field="currency", op=">", value="BDT"),
            "rule large, /rules/0/when: currency is a text, which is not ordered: use =, != or in",
        ),
        (
            when(field="currency", op="in", value="BDT"),
            """rule large, /rules/0/when: `in` takes a list of values, such as ["BD", "IN"]; 'BDT' came""",
        ),
        (when(field="amount_minor", op=">", value=True), "rule large, /rules/0/when/value: a value is a number, a text, a list"),
        (when(any=[{"not": {"al": []}}]), "rule large, /rules/0/when/any/0/not: a condition has one of the keys field"),
        (when(field="amount_minor", op=">"), "rule large, /rules/0/when/value: is missing; add it"),
        ({"action": "score"}, "rule large, /rules/0: a rule that scores needs `points`, such as 25"),
        ({"points": 5}, "rule large, /rules/0: a rule that says 'review' takes no `points`; leave them out or let it score"),
        (
            {"action": "score", "points": {"each": 1, "of": "currency", "up_to": 2}},
            "rule large, /rules/0/points/of: currency is a text; points grow with a number",
        ),
        ({"sentence": "for {amount}"}, "rule large, /rules/0/sentence: 'amount' is no fact; did you mean amount_minor?"),
        ({"sentence": "for {amount_minor.real}"}, "rule large, /rules/0/sentence: 'amount_minor.real' is no fact"),
        ({"sentence": "for {amount_minor!r}"}, "rule large, /rules/0/sentence: braces enclose the name of a fact"),
        ({"name": "Large!"}, "rule Large!, /rules/0/name: a name has 2 to 60 small letters"),
        ({"oops": 1}, "rule large, /rules/0/oops: is no key of the language"),
    ],
)
def test_a_mistake_says_which_rule_which_field_what_came_and_what_to_do(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRulesError) as refused:
        read_rule_set(make_set(rule))
    (mistake,) = refused.value.mistakes
    assert str(mistake).startswith(said)


def test_examples_are_the_tests_of_a_rule_and_one_that_fails_refuses_the_set() -> None:
    good = [
        {"facts": {"amount_minor": 1001, "currency": "BDT"}, "fires": True},
        {"facts": {"amount_minor": 1000}, "fires": False},
        {"facts": {}, "lists": ["trusted"], "fires": False},
    ]
    rule_set = read_rule_set(make_set({"examples": good}))
    assert read_rule_set(rule_set.document()) == rule_set
    bad = [*good, {"facts": {"amount_minor": 5}, "fires": True}, {"facts": {}, "fires": True}]
    with pytest.raises(InvalidRulesError) as refused:
        read_rule_set(make_set({"examples": bad}))
    assert [(mistake.pointer, mistake.detail.split(";")[0]) for mistake in refused.value.mistakes] == [
        ("/rules/0/examples/3", "is to fire, but it does not fire"),
        ("/rules/0/examples/4", "is to fire, but an unknown fact leaves it open"),
    ]
    with pytest.raises(InvalidRulesError, match="amount_minor is a number; 'much' came"):
        read_rule_set(make_set({"examples": [{"facts": {"amount_minor": "much"}, "fires": True}]}))


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidRulesError) as refused:
        read_rule_set(make_set({"action": "stop"}, {"name": "other", "sentence": "{x}"}, review_points=0))
    assert [(mistake.rule, mistake.pointer) for mistake in refused.value.mistakes] == [
        (None, "/review_points"),
        ("large", "/rules/0/action"),
        ("other", "/rules/1/sentence"),
    ]


@pytest.mark.parametrize("document", [None, [], "x", {}, make_set({}, {}), make_set(review_points=90)])
def test_what_is_no_rule_set_is_refused(document: Any) -> None:
    with pytest.raises(InvalidRulesError):
        read_rule_set(document)


def test_a_document_a_thousand_levels_deep_is_refused_like_any_other() -> None:
    condition: dict[str, Any] = RULE["when"]
    for _ in range(1000):
        condition = {"not": condition}
    with pytest.raises(InvalidRulesError, match="levels deep"):
        read_rule_set(make_set({"when": condition}))


def test_the_document_that_the_guide_shows_can_be_used() -> None:
    guide = (PROJECT_ROOT / "docs" / "fraud_rules.md").read_text()
    shown = guide.partition("```json\n")[2].partition("```")[0]
    assert [rule.name for rule in read_rule_set(json.loads(shown)).rules] == ["many_cards"]


def test_allow_comes_before_block_before_review_before_points() -> None:
    ask = {action: {"name": action, "action": action} for action in ("allow", "decline", "block", "review")}
    score = {"name": "score", "action": "score", "points": 50}
    facts = Facts({"amount_minor": 5000})

    def decided(*rules: dict[str, Any]) -> FraudDecision:
        rule_set = read_rule_set(make_set(*rules))
        return verdict(rule_set, hits(rule_set, facts)).beside(FraudDecision.APPROVE)

    assert decided(score) is FraudDecision.REVIEW
    assert decided(score, score | {"name": "more"}) is FraudDecision.BLOCK_AND_REVIEW
    assert decided(ask["review"]) is FraudDecision.REVIEW
    assert decided(ask["review"], ask["block"]) is FraudDecision.BLOCK_AND_REVIEW
    assert decided(score, ask["block"], ask["decline"]) is FraudDecision.DECLINE
    assert decided(score, *ask.values()) is FraudDecision.APPROVE


def test_snoozed_rule_is_passed_over_and_a_sentence_says_its_facts() -> None:
    rule_set = read_rule_set(make_set({}))
    facts = Facts({"amount_minor": 123_456})
    assert [hit.sentence for hit in hits(rule_set, facts)] == ["the order is for 1,234.56"]
    assert hits(rule_set, facts, snoozed={"large"}) == []


def test_every_fact_beyond_the_request_is_a_feature_that_the_fraud_service_answers() -> None:
    assert set(ANSWERED_FIELDS) <= {*FEATURES, *RING_FEATURES}
    assert all(field.title for field in FIELDS.values())


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second"), (60, "60 seconds"), (61, "1 minute"), (3600, "60 minutes"), (7300, "2 hours"), (200_000, "2 days")],
)
def test_a_time_reads_in_its_largest_unit_that_is_not_coarse(seconds: float, said: str) -> None:
    assert duration(seconds) == said
