"""The rules as they were first written, as functions: what the shipped document is held against."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from marketplace.contracts.fraud import FraudScoreRequest
from marketplace.distance import great_circle_km


@dataclass(frozen=True)
class RuleHit:
    """A rule that fired: `sentence` is for an analyst to read, `points` say how much it weighs."""

    name: str
    sentence: str
    points: int


# What a rule finds: the sentence and its points.
Finding = tuple[str, int] | None


@dataclass(frozen=True)
class Rule:
    """A named check; `find` returns None when there is nothing to say, also when the facts are unknown."""

    name: str
    find: Callable[[FraudScoreRequest], Finding]


def hits(request: FraudScoreRequest) -> list[RuleHit]:
    """The rules that fire on this attempt, heaviest first."""
    found = [RuleHit(rule.name, finding[0], finding[1]) for rule in RULES if (finding := rule.find(request)) is not None]
    return sorted(found, key=lambda hit: -hit.points)


def _accounts_on_device(request: FraudScoreRequest) -> Finding:
    count = request.velocity.device_customers_24h
    return (f"{count} accounts paid from this device in the last 24 hours", 25 * min(count, 4)) if count >= 2 else None


def _cards_on_device(request: FraudScoreRequest) -> Finding:
    count = request.velocity.device_cards_24h
    return (f"{count} cards were tried on this device in the last 24 hours", 20 * min(count, 5)) if count >= 2 else None


def _accounts_on_card(request: FraudScoreRequest) -> Finding:
    count = request.velocity.card_customers_24h
    return (f"{count} accounts paid with this card in the last 24 hours", 25 * min(count, 4)) if count >= 2 else None


def _accounts_on_address(request: FraudScoreRequest) -> Finding:
    count = request.velocity.address_customers_24h
    return (f"{count} accounts sent goods to this address in the last 24 hours", 40) if count >= 3 else None


def _burst(request: FraudScoreRequest) -> Finding:
    velocity = request.velocity
    count = max(velocity.customer_attempts_1h, velocity.device_attempts_1h, velocity.card_attempts_1h)
    return (f"{count} earlier attempts to pay in the last hour", 10 * min(count, 8)) if count >= 3 else None


def _account_just_opened(request: FraudScoreRequest) -> Finding:
    if request.signed_up_at is None:
        return None
    age = request.attempted_at - request.signed_up_at
    if age < timedelta(0):
        return None
    if age <= timedelta(minutes=1):
        return (f"the account is {age.seconds} second{'s' * (age.seconds != 1)} old", 60)
    if age <= timedelta(hours=1):
        minutes = age.seconds // 60
        return (f"the account is {minutes} minute{'s' * (minutes != 1)} old", 30)
    return ("the account was opened within the last day", 15) if age <= timedelta(days=1) else None


def _foreign_network(request: FraudScoreRequest) -> Finding:
    here, there = request.ip_country_code, request.shipping_country_code
    if here is None or there is None or here == there:
        return None
    return (f"the connection comes from {here}, the goods go to {there}", 25)


def _far_network(request: FraudScoreRequest) -> Finding:
    distance = great_circle_km(request.ip_latitude, request.ip_longitude, request.shipping_latitude, request.shipping_longitude)
    return (f"the connection is {distance:,.0f} km from the delivery address", 20) if distance and distance > 1500 else None


def _foreign_billing(request: FraudScoreRequest) -> Finding:
    billing, shipping = request.billing_country_code, request.shipping_country_code
    if billing is None or shipping is None or billing == shipping:
        return None
    return (f"the card is billed in {billing}, the goods go to {shipping}", 20)


def _spent_much_today(request: FraudScoreRequest) -> Finding:
    velocity = request.velocity
    if velocity.customer_attempts_24h < 2 or velocity.customer_amount_minor_24h < 4 * max(request.amount_minor, 1):
        return None
    return ("the attempts of the last 24 hours add up to over four times this order", 15)


RULES = (
    Rule("accounts_on_device", _accounts_on_device),
    Rule("cards_on_device", _cards_on_device),
    Rule("accounts_on_card", _accounts_on_card),
    Rule("accounts_on_address", _accounts_on_address),
    Rule("burst", _burst),
    Rule("account_just_opened", _account_just_opened),
    Rule("foreign_network", _foreign_network),
    Rule("far_network", _far_network),
    Rule("foreign_billing", _foreign_billing),
    Rule("spent_much_today", _spent_much_today),
)
