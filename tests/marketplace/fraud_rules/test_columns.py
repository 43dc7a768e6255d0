"""A whole history at once is judged as each attempt alone, whatever the rules and however much is unknown."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.fraud_rules import Facts, RuleSet, hits, points, read_rule_set
from marketplace.fraud_rules.columns import fact_columns, fired, total_points

NUMBERS = ("amount_minor", "device_cards_24h", "order_value_mean_minor", "account_age_seconds")
TEXTS = ("ip_country_code", "shipping_country_code")
LISTS = ("blocked", "watched")

number = st.integers(0, 4)
comparisons = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(NUMBERS),
            "op": st.sampled_from(["=", "!=", ">", ">=", "<", "<="]),
            "value": number
            | st.fixed_dictionaries({"field": st.sampled_from(NUMBERS), "times": st.sampled_from([0.5, 1.0, 3.0])}),
        }
    ),
    st.fixed_dictionaries({"field": st.sampled_from(NUMBERS), "op": st.just("in"), "value": st.lists(number, min_size=1)}),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(TEXTS),
            "op": st.sampled_from(["=", "!="]),
            "value": st.sampled_from(["BD", "IN"]) | st.fixed_dictionaries({"field": st.sampled_from(TEXTS)}),
        }
    ),
    st.fixed_dictionaries({"in_list": st.sampled_from((*LISTS, "unheard_of"))}),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
weights = st.integers(1, 50) | st.fixed_dictionaries(
    {"each": st.integers(1, 9), "of": st.sampled_from(NUMBERS), "up_to": st.integers(1, 3)}
)
rule_sets = st.lists(st.tuples(conditions, weights), min_size=1, max_size=4).map(
    lambda rules: read_rule_set(
        {
            "review_points": 10,
            "block_points": 20,
            "rules": [
                {"name": f"rule_{n}", "when": when, "action": "score", "points": weight, "sentence": "{amount_minor} tried"}
                for n, (when, weight) in enumerate(rules)
            ],
        }
    )
)
attempts = st.fixed_dictionaries(
    dict.fromkeys(NUMBERS, st.none() | number)
    | dict.fromkeys(TEXTS, st.none() | st.sampled_from(["BD", "IN", "US"]))
    | dict.fromkeys(LISTS, st.booleans())
)


@settings(max_examples=200, deadline=None)
@given(rule_sets, st.lists(attempts, min_size=1, max_size=5), st.booleans())
def test_columns_say_of_every_attempt_what_it_is_told_alone(
    rule_set: RuleSet, rows: list[dict[str, Any]], knows_lists: bool
) -> None:
    columns = {name: [row[name] for row in rows] for name in (*NUMBERS, *TEXTS)}
    lists = {name: np.array([row[name] for row in rows]) for name in LISTS}
    facts = fact_columns(len(rows), columns, rule_set.fields(), lists=lists if knows_lists else None)
    by_rule = fired(rule_set, facts)
    total = total_points(rule_set, by_rule, facts)
    for place, row in enumerate(rows):
        on = frozenset(name for name in LISTS if row[name])
        alone = hits(rule_set, Facts({name: row[name] for name in (*NUMBERS, *TEXTS)}, on if knows_lists else None))
        assert {hit.name for hit in alone} == {name for name, flags in by_rule.items() if flags[place]}
        assert points(alone) == total[place]
