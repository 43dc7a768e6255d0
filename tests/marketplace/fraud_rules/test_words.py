"""A rule is told in words that leave nothing of it out."""

from marketplace.fraud_rules import read_rule_set, shipped
from marketplace.fraud_rules.words import condition_in_words, effect_in_words


def test_conditions_and_effects_read_as_sentences() -> None:
    said = {rule.name: (condition_in_words(rule.when), effect_in_words(rule)) for rule in shipped().rules}
    assert said["trusted"] == ("customer, device, card, address or connection is on the list trusted", "allow")
    assert said["cards_on_device"] == (
        "cards tried on this device in the last 24 hours: at least 2",
        "20 points for each, up to 100",
    )
    assert said["account_minutes_old"][0] == "age of the account is over 60 seconds and age of the account is at most 60 minutes"
    assert said["foreign_network"][0] == "country of the connection is not the country of the delivery address"
    assert said["far_network"][0] == "distance from the connection to the delivery address is over 1,500 km"
    assert "is at least 4 times the amount of the order" in said["spent_much_today"][0]


def test_what_is_nested_stays_together() -> None:
    when = {
        "any": [
            {"not": {"field": "currency", "op": "in", "value": ["BDT", "INR"]}},
            {"all": [{"field": "item_count", "op": ">", "value": 5}, {"in_list": "watched"}]},
        ]
    }
    rule = {"name": "odd", "when": when, "action": "block", "sentence": "is odd"}
    (read,) = read_rule_set({"review_points": 1, "block_points": 1, "rules": [rule]}).rules
    assert condition_in_words(read.when) == (
        "not (currency of the order is one of BDT, INR) or "
        "(pieces in the order: more than 5 and customer, device, card, address or connection is on the list watched)"
    )
    assert effect_in_words(read) == "block for review"
