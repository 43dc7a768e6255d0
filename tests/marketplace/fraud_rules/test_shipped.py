"""The shipped rules: what fires, what it says, what follows, and that they say what the first rules said."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.contracts.fraud import FraudScoreRequest, Velocity
from marketplace.distance import great_circle_km
from marketplace.fraud_rules import RuleHit, facts_of, points, read_rule_set, shipped, verdict
from marketplace.fraud_rules import hits as hits_of
from marketplace.vocabulary import FraudDecision
from tests.marketplace.fraud_rules import first_rules

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_request(**changes: Any) -> FraudScoreRequest:
    fields: dict[str, Any] = {
        "payment_attempt_id": "a",
        "customer_id": "ayesha",
        "amount_minor": 100_000,
        "currency": "BDT",
        "attempted_at": NOON,
        "signed_up_at": NOON - timedelta(days=100),
    }
    return FraudScoreRequest(**(fields | changes))


def hits(request: FraudScoreRequest, *lists: str) -> list[RuleHit]:
    return hits_of(shipped(), facts_of(request, lists=frozenset(lists)))


def test_usual_attempt_hits_nothing_and_is_approved() -> None:
    request = make_request(ip_country_code="BD", shipping_country_code="BD", billing_country_code="BD")
    assert hits(request) == []
    assert verdict(shipped(), []).decision is FraudDecision.APPROVE


def test_unknown_facts_are_neutral() -> None:
    assert hits(make_request(signed_up_at=None, device_id=None)) == []


@pytest.mark.parametrize(
    ("changes", "name", "sentence"),
    [
        (
            {"velocity": Velocity(device_customers_24h=4)},
            "accounts_on_device",
            "4 accounts paid from this device in the last 24 hours",
        ),
        ({"velocity": Velocity(device_cards_24h=2)}, "cards_on_device", "2 cards were tried on this device in the last 24 hours"),
        ({"velocity": Velocity(card_customers_24h=2)}, "accounts_on_card", "2 accounts paid with this card in the last 24 hours"),
        (
            {"velocity": Velocity(address_customers_24h=3)},
            "accounts_on_address",
            "3 accounts sent goods to this address in the last 24 hours",
        ),
        ({"velocity": Velocity(card_attempts_1h=3)}, "burst", "3 earlier attempts to pay in the last hour"),
        ({"signed_up_at": NOON - timedelta(seconds=40)}, "account_seconds_old", "the account is 40 seconds old"),
        ({"signed_up_at": NOON - timedelta(seconds=61)}, "account_minutes_old", "the account is 1 minute old"),
        ({"signed_up_at": NOON - timedelta(minutes=40)}, "account_minutes_old", "the account is 40 minutes old"),
        ({"signed_up_at": NOON - timedelta(hours=5)}, "account_hours_old", "the account was opened within the last day"),
        (
            {"ip_country_code": "RO", "shipping_country_code": "BD"},
            "foreign_network",
            "the connection comes from RO, the goods go to BD",
        ),
        (
            {"billing_country_code": "US", "shipping_country_code": "BD"},
            "foreign_billing",
            "the card is billed in US, the goods go to BD",
        ),
        (
            # Dhaka to London is 8,000 km.
            {"ip_latitude": 51.5, "ip_longitude": -0.1, "shipping_latitude": 23.8, "shipping_longitude": 90.4},
            "far_network",
            "the connection is 7,994 km from the delivery address",
        ),
        (
            {"velocity": Velocity(customer_attempts_24h=2, customer_amount_minor_24h=400_000)},
            "spent_much_today",
            "the attempts of the last 24 hours add up to over four times this order",
        ),
    ],
)
def test_rule_fires_with_its_sentence(changes: dict[str, Any], name: str, sentence: str) -> None:
    found = hits(make_request(**changes))
    assert [(hit.name, hit.sentence) for hit in found] == [(name, sentence)]
    assert found[0].points > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"velocity": Velocity(device_customers_24h=1, device_cards_24h=1, card_customers_24h=1, address_customers_24h=2)},
        {"velocity": Velocity(customer_attempts_1h=2)},
        {"signed_up_at": NOON - timedelta(hours=25)},
        {"signed_up_at": NOON + timedelta(seconds=1)},
        {"ip_country_code": "RO"},
        {"velocity": Velocity(customer_attempts_24h=1, customer_amount_minor_24h=400_000)},
    ],
)
def test_just_below_the_bound_nothing_fires(changes: dict[str, Any]) -> None:
    assert hits(make_request(**changes)) == []


def test_heaviest_hit_comes_first_and_points_add_up() -> None:
    found = hits(make_request(velocity=Velocity(device_customers_24h=4, customer_attempts_1h=3)))
    assert [hit.name for hit in found] == ["accounts_on_device", "burst"]
    assert points(found) == 100 + 30


@pytest.mark.parametrize(
    ("weight", "decision"),
    [
        (39, FraudDecision.APPROVE),
        (40, FraudDecision.REVIEW),
        (79, FraudDecision.REVIEW),
        (80, FraudDecision.BLOCK_AND_REVIEW),
    ],
)
def test_decision_follows_points(weight: int, decision: FraudDecision) -> None:
    assert verdict(shipped(), [RuleHit("r", "s", weight)]).decision is decision


def test_blocked_is_declined_and_trusted_is_let_through_even_so() -> None:
    blocked = hits(make_request(), "blocked")
    assert [hit.name for hit in blocked] == ["blocked"]
    assert verdict(shipped(), blocked).beside(FraudDecision.APPROVE) is FraudDecision.DECLINE
    both = verdict(shipped(), hits(make_request(velocity=Velocity(device_customers_24h=9)), "blocked", "trusted"))
    assert both.beside(FraudDecision.DECLINE) is FraudDecision.APPROVE


def test_shipped_document_reads_back_as_itself() -> None:
    assert read_rule_set(shipped().document()) == shipped()


counters = st.integers(0, 6)
countries = st.sampled_from([None, "BD", "IN", "US"])
places = st.one_of(st.none(), st.floats(-80, 80))
requests = st.builds(
    make_request,
    amount_minor=st.integers(0, 500_000),
    # around the bounds, on them, and after the attempt
    signed_up_at=st.none()
    | st.sampled_from([0, 1, 60, 61, 3600, 3601, 86_400, 86_401, -1, 10**7]).map(lambda age: NOON - timedelta(seconds=age))
    | st.integers(-10, 100_000_000_000).map(lambda age: NOON - timedelta(microseconds=age)),
    ip_country_code=countries,
    shipping_country_code=countries,
    billing_country_code=countries,
    ip_latitude=places,
    ip_longitude=places,
    shipping_latitude=places,
    shipping_longitude=places,
    velocity=st.builds(
        Velocity,
        **(dict.fromkeys(Velocity.model_fields, counters) | {"customer_amount_minor_24h": st.integers(0, 2_000_000)}),
    ),
)
# One rule of three bounds became three rules.
AGES = {f"account_{unit}_old": "account_just_opened" for unit in ("seconds", "minutes", "hours")}


@settings(max_examples=300, deadline=None)
@given(requests)
def test_shipped_rules_say_what_the_first_rules_said(request: FraudScoreRequest) -> None:
    found = [(AGES.get(hit.name, hit.name), hit.sentence, hit.points) for hit in hits(request)]
    assert found == [(hit.name, hit.sentence, hit.points) for hit in first_rules.hits(request)]


def test_distance_is_none_where_a_place_is_unknown() -> None:
    assert great_circle_km(None, 90.0, 23.0, 90.0) is None
    # One degree of latitude is 111.2 km.
    assert great_circle_km(23.0, 90.0, 24.0, 90.0) == pytest.approx(111.195, abs=0.001)
