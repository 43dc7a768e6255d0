"""What is known of an attempt when rules look at it: the request, its counters, and what the fraud service adds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any, TypeAlias

from marketplace.contracts.fraud import FraudScoreRequest
from marketplace.distance import great_circle_km
from marketplace.fraud_rules.fields import ANSWERED_FIELDS

Fact: TypeAlias = "float | str | None"


@dataclass(frozen=True)
class Facts:
    """The facts of one attempt by name, None or absent where unknown.

    `lists` are the names of the lists that one of its identities stands on, None where nobody can tell.
    """

    values: Mapping[str, Fact]
    lists: frozenset[str] | None = None


def facts_of(
    request: FraudScoreRequest, answered: Mapping[str, Any] | None = None, *, lists: frozenset[str] | None = None
) -> Facts:
    """The facts of a request.

    Args:
        answered: the features of the fraud service's answer; without it what only it knows stays unknown.
    """
    counters = vars(request.velocity)
    values: dict[str, Fact] = {
        "amount_minor": request.amount_minor,
        "currency": request.currency,
        "method": request.method,
        "item_count": request.item_count,
        "hour_of_day": request.attempted_at.astimezone(UTC).hour,
        "account_age_seconds": _age_seconds(request),
        "ip_country_code": request.ip_country_code,
        "shipping_country_code": request.shipping_country_code,
        "billing_country_code": request.billing_country_code,
        "ip_shipping_km": great_circle_km(
            request.ip_latitude, request.ip_longitude, request.shipping_latitude, request.shipping_longitude
        ),
        "billing_shipping_km": great_circle_km(
            request.billing_latitude, request.billing_longitude, request.shipping_latitude, request.shipping_longitude
        ),
        "customer_travel_kmh": request.customer_travel_kmh,
        **counters,
        "most_attempts_1h": max(counters[f"{who}_attempts_1h"] for who in ("customer", "device", "card")),
    }
    if answered is not None:
        values.update((name, _known(answered.get(name))) for name in ANSWERED_FIELDS)
    return Facts(values, lists)


def _age_seconds(request: FraudScoreRequest) -> float | None:
    """None also for an account that opened after the attempt: one of the two instants is wrong."""
    if request.signed_up_at is None:
        return None
    age = (request.attempted_at - request.signed_up_at).total_seconds()
    return age if age >= 0 else None


def _known(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
