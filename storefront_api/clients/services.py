"""The four model services as typed methods."""

from datetime import timedelta

import httpx

from marketplace.contracts.fraud import FraudScoreRequest, FraudScoreResponse, ShadowRequest, ShadowResponse
from marketplace.contracts.recommendation import (
    BoughtTogetherRequest,
    BuyAgainRequest,
    NewFromSellersRequest,
    RecommendationResponse,
    RecommendRequest,
    SimilarRequest,
    TrendingRequest,
)
from marketplace.contracts.seller_analytics import ForecastRequest, ForecastResponse
from marketplace.contracts.tagging import TagManyRequest, TagManyResponse, TagRequest, TagResponse
from marketplace.settings import ServiceSettings, ServicesSettings
from storefront_api.clients.kept_open import KeptOpen
from storefront_api.clients.model_client import ModelClient

_SHADOW_TIMEOUT = timedelta(seconds=3)
_CATALOGUE_TIMEOUT = timedelta(seconds=15)


class RecommendationClient(ModelClient):
    """Lists of products."""

    name = "recommendation"

    async def recommend(self, request: RecommendRequest) -> RecommendationResponse:
        """Products for a customer or a running session."""
        return await self.call("/recommend", request, RecommendationResponse)

    async def similar(self, request: SimilarRequest) -> RecommendationResponse:
        """Products like one product."""
        return await self.call("/similar", request, RecommendationResponse)

    async def bought_together(self, request: BoughtTogetherRequest) -> RecommendationResponse:
        """Products of the same orders."""
        return await self.call("/bought_together", request, RecommendationResponse)

    async def buy_again(self, request: BuyAgainRequest) -> RecommendationResponse:
        """What the customer bought, likeliest to be wanted again first."""
        return await self.call("/buy_again", request, RecommendationResponse)

    async def new_from_sellers(self, request: NewFromSellersRequest) -> RecommendationResponse:
        """New listings of sellers that the visitor likes."""
        return await self.call("/new_from_sellers", request, RecommendationResponse)

    async def trending(self, request: TrendingRequest) -> RecommendationResponse:
        """Products that go well now."""
        return await self.call("/trending", request, RecommendationResponse)


class FraudClient(ModelClient):
    """The risk of a payment attempt."""

    name = "fraud"

    async def score(self, request: FraudScoreRequest) -> FraudScoreResponse:
        """The score, its reasons and the decision that follows."""
        return await self.call("/score", request, FraudScoreResponse)


class FraudShadowClient(ModelClient):
    """The challenger on attempts that are decided; nobody waits for it, and its failures open no breaker of checkout's."""

    name = "fraud_shadow"

    async def decide(self, request: ShadowRequest) -> ShadowResponse:
        """What the challenger would have asked for."""
        return await self.call("/shadow", request, ShadowResponse)


class TaggingClient(ModelClient):
    """Categories and attributes of a listing."""

    name = "tagging"

    async def tag(self, request: TagRequest) -> TagResponse:
        """Suggestions with their evidence."""
        return await self.call("/tag", request, TagResponse)


class CatalogueTaggingClient(ModelClient):
    """The same for many listings at once, for work that nobody waits for; its failures open no breaker of the form's."""

    name = "tagging"

    async def tag_many(self, request: TagManyRequest) -> TagManyResponse:
        """Suggestions for each listing, in their order."""
        return await self.call("/tag_many", request, TagManyResponse)


class SellerAnalyticsClient(ModelClient):
    """What the next days are likely to bring a seller."""

    name = "seller_analytics"

    async def forecast(self, request: ForecastRequest) -> ForecastResponse:
        """Daily revenue with bands, or an honest blank."""
        return await self.call("/forecast", request, ForecastResponse)


class Clients:
    """All four, each on connections that stay open."""

    def __init__(self, settings: ServicesSettings) -> None:
        self._connections: list[httpx.AsyncClient] = []
        self.recommendation = RecommendationClient(
            self._connect(settings.recommendation), timeout=settings.recommendation.timeout
        )
        self.fraud = FraudClient(self._connect(settings.fraud), timeout=settings.fraud.timeout)
        self.fraud_shadow = FraudShadowClient(self._connect(settings.fraud), timeout=_SHADOW_TIMEOUT)
        self.tagging = TaggingClient(self._connect(settings.tagging), timeout=settings.tagging.timeout)
        self.catalogue_tagging = CatalogueTaggingClient(
            self._connect(settings.tagging.model_copy(update={"timeout": _CATALOGUE_TIMEOUT})), timeout=_CATALOGUE_TIMEOUT
        )
        self.seller_analytics = SellerAnalyticsClient(
            self._connect(settings.seller_analytics), timeout=settings.seller_analytics.timeout
        )

    def _connect(self, service: ServiceSettings) -> httpx.AsyncClient:
        # trust_env: a proxy meant for the internet must never see calls between our own parts
        connection = httpx.AsyncClient(
            base_url=service.url, timeout=service.timeout.total_seconds(), trust_env=False, transport=KeptOpen()
        )
        self._connections.append(connection)
        return connection

    async def close(self) -> None:
        """Close every connection."""
        for connection in self._connections:
            await connection.aclose()
