"""Typed clients of the model services: a deadline, a breaker and one error each."""

from storefront_api.clients.breaker import CircuitBreaker
from storefront_api.clients.services import (
    Clients,
    FraudClient,
    FraudShadowClient,
    RecommendationClient,
    SellerAnalyticsClient,
    TaggingClient,
)

__all__ = [
    "CircuitBreaker",
    "Clients",
    "FraudClient",
    "FraudShadowClient",
    "RecommendationClient",
    "SellerAnalyticsClient",
    "TaggingClient",
]
