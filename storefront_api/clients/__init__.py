"""Typed clients of the model services: a deadline, a breaker and one error each."""

from storefront_api.clients.breaker import CircuitBreaker
from storefront_api.clients.services import (
    CatalogueTaggingClient,
    Clients,
    FraudClient,
    FraudShadowClient,
    RecommendationClient,
    SellerAnalyticsClient,
    TaggingClient,
)

__all__ = [
    "CatalogueTaggingClient",
    "CircuitBreaker",
    "Clients",
    "FraudClient",
    "FraudShadowClient",
    "RecommendationClient",
    "SellerAnalyticsClient",
    "TaggingClient",
]
