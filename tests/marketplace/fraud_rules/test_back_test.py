"""Figures of a back-test, worked by hand, and its decisions beside those made one by one."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.fraud_rules import Facts, hits, read_rule_set, verdict
from marketplace.fraud_rules.back_test import History, back_test, decisions
from marketplace.fraud_rules.columns import fact_columns

UNKNOWN = np.nan


def rule(name: str, action: str, value: int, op: str = ">=", **more: Any) -> dict[str, Any]:
    when = {"field": "device_cards_24h", "op": op, "value": value}
    return {"name": name, "when": when, "action": action, "sentence": "as it is", **more}


def rule_set(*rules: dict[str, Any]) -> Any:
    return read_rule_set({"review_points": 40, "block_points": 80, "rules": list(rules)})


def history(cards: list[float], outcome: list[float], **snoozed: list[bool]) -> History:
    """Attempts of 1.00, 2.00, 3.00 ... by how many cards the device had seen."""
    size = len(cards)
    return History(
        facts=fact_columns(size, {"device_cards_24h": cards}, ["device_cards_24h"], lists={}),
        amount_minor=np.arange(1, size + 1) * 100,
        outcome=np.array(outcome, dtype=float),
        snoozed={name: np.array(flags) for name, flags in snoozed.items()},
    )


def test_figures_of_a_set_beside_the_one_at_work() -> None:
    past = history([1, 2, 3, 4, 5], [0, 0, 1, UNKNOWN, 1])
    result = back_test(rule_set(rule("many", "review", 3)), rule_set(rule("more", "block", 5)), past)
    stopped = result.set.stopped
    # 3, 4 and 5 are stopped: two frauds, one that nobody knows of, nobody insulted.
    assert (stopped.count, stopped.share, stopped.known_count, stopped.fraud_count) == (3, 0.6, 2, 2)
    assert (stopped.precision, stopped.recall) == (1.0, 1.0)
    assert (stopped.caught_minor, stopped.insulted_minor) == (300 + 500, 0)
    assert (result.attempt_count, result.known_count, result.fraud_count) == (5, 4, 2)
    assert (result.at_work.stopped.count, result.at_work.stopped.recall, result.at_work.blocked_count) == (1, 0.5, 1)
    assert (result.newly_stopped.count, result.newly_let_through.count) == (2, 0)
    assert stopped.precision_low == pytest.approx(0.025**0.5)  # two of two: as rare as one in forty from there on
    assert stopped.precision_high == 1.0


def test_a_rule_is_decisive_where_no_other_stops_the_attempt() -> None:
    past = history([1, 2, 3], [0, 0, 1])
    result = back_test(rule_set(rule("wide", "review", 2), rule("narrow", "block", 3)), rule_set(), past)
    figures = {found.name: (found.fires.count, found.decisive.count) for found in result.rules}
    assert figures == {"wide": (2, 1), "narrow": (1, 0)}
    assert (result.set.reviewed_count, result.set.blocked_count, result.set.stopped.insulted_minor) == (1, 1, 200)


def test_points_stop_together_and_allow_and_snooze_let_through() -> None:
    scores = (rule("two", "score", 2, points=25), rule("three", "score", 3, points=15))
    past = history([2, 3, 4, 5], [1, 1, 1, 1], two=[False, False, False, True])
    result = back_test(rule_set(*scores, rule("four", "allow", 4, op="=")), rule_set(*scores), past)
    # 25 points are few, 40 are enough, 4 is allowed, 5 keeps 15 points because the other rule was snoozed.
    assert (result.set.stopped.count, result.set.allowed.count) == (1, 1)
    assert (result.at_work.stopped.count, result.newly_let_through.fraud_count) == (2, 1)


def test_without_history_there_is_nothing_to_divide() -> None:
    result = back_test(rule_set(rule("many", "review", 3)), rule_set(), history([], []))
    assert result.attempt_count == 0
    assert (result.set.stopped.precision, result.set.stopped.recall, result.set.stopped_per_day) == (None, None, None)


actions = st.sampled_from(["allow", "decline", "block", "review", "score"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(actions, st.integers(0, 6)), max_size=6), st.lists(st.none() | st.integers(0, 6), min_size=1))
def test_decisions_by_the_column_are_those_made_one_by_one(rules: list[tuple[str, int]], cards: list[int | None]) -> None:
    written = [
        rule(f"rule_{number}", action, value, **({"points": 30} if action == "score" else {}))
        for number, (action, value) in enumerate(rules)
    ]
    chosen, past = rule_set(*written), history([UNKNOWN if card is None else card for card in cards], [UNKNOWN] * len(cards))
    alone = [verdict(chosen, hits(chosen, Facts({"device_cards_24h": card}, frozenset()))) for card in cards]
    assert decisions(chosen, past) == [one.decision for one in alone]
