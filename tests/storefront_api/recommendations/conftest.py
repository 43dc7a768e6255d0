"""A recommendation service over HTTP that the test commands, and the storefront in front of it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Response

from marketplace.contracts.recommendation import RecommendationResponse, RecommendedProduct
from storefront_api.clients import CircuitBreaker, RecommendationClient
from storefront_api.main import create_app
from tests.factories import make_product, make_seller
from tests.storefront_api.conftest import client_of, shop_settings

Shop = psycopg.Connection[dict[str, Any]]


class Recommender:
    """A small recommendation service over HTTP whose mood the test decides."""

    def __init__(self) -> None:
        self.product_ids: list[str] = []
        self.calls: list[dict[str, Any]] = []
        self.misbehave: Callable[[], Any] | None = None
        self.app = FastAPI()
        for path in ("/recommend", "/similar", "/trending", "/bought_together", "/buy_again", "/new_from_sellers"):
            self.app.post(path, response_model=None)(self.answer)

    async def answer(self, request: dict[str, Any]) -> Any:
        self.calls.append(request)
        if self.misbehave is not None:
            return await self.misbehave()
        wanted = [one for one in self.product_ids if one not in request["exclude_product_ids"]][: request["k"]]
        items = [RecommendedProduct(product_id=one, score=1.0, source="collaborative", reason="Because") for one in wanted]
        return RecommendationResponse(model="recommendation", version="7", items=items)

    @staticmethod
    async def error() -> Response:
        """How it answers when it is ill."""
        return Response(status_code=503)


@pytest.fixture
def recommender() -> Recommender:
    return Recommender()


@pytest.fixture
async def app(database_url: str, recommender: Recommender) -> AsyncIterator[FastAPI]:
    app = create_app(shop_settings(database_url))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(recommender.app), base_url="http://recommender")
    timeout = app.state.settings.services.recommendation.timeout
    app.state.clients.recommendation = RecommendationClient(
        http, timeout=timeout, breaker=CircuitBreaker(failures=5, pause_s=0.3)
    )
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def api(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def products(shop: Shop) -> list[str]:
    seller_id = make_seller(shop)["seller_id"]
    return [make_product(shop, seller_id)["product_id"] for _ in range(6)]


def shown(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["product"]["product_id"] for item in answer.json()["items"]]
