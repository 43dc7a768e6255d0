"""A tagging service whose answers follow from the title's words, so that a test can see why it was asked what."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI, Response

from marketplace.contracts.tagging import (
    AllowedAttribute,
    AttributeSuggestion,
    CategorySuggestion,
    TagManyRequest,
    TagManyResponse,
    TagRequest,
    TagResponse,
    Tags,
)
from marketplace.vocabulary import TagEvidence, TagLevel
from storefront_api.clients import CatalogueTaggingClient, TaggingClient
from storefront_api.main import create_app
from tests.factories import make_category, make_seller, make_user
from tests.storefront_api.conftest import shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]

COLOURS = {"blue": "blue", "navy": "navy", "red": "red", "নীল": "blue"}


@dataclass
class Tagger:
    """Cups are sure to be cups, anything else is a bowl or a cup; colours are what the title says."""

    version: str = "1"
    is_down: bool = False
    pictures: list[bytes | None] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    schema: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def tags(self, listing: TagRequest) -> Tags:
        self.pictures.append(listing.picture_bytes)
        is_cup = "cup" in listing.title.casefold()
        categories = [("cups", "Kitchen > Cups", 0.95), ("bowls", "Kitchen > Bowls", 0.04)]
        if not is_cup:
            categories = [("bowls", "Kitchen > Bowls", 0.5), ("cups", "Kitchen > Cups", 0.3)]
        attributes = []
        for word, value in COLOURS.items():
            start = listing.title.casefold().find(word)
            if start >= 0:
                said: dict[str, Any] = {"evidence": listing.title[start : start + len(word)], "source": TagEvidence.TITLE}
                span = {"start": start, "end": start + len(word)}
                attributes.append(AttributeSuggestion(attribute="colour", value=value, probability=0.97, **said, **span))
        if "clay" in listing.title:
            attributes.append(AttributeSuggestion(attribute="material", value="clay", probability=0.6, is_inferred=True))
        for season in ("winter", "summer"):
            if season in listing.title:
                attributes.append(AttributeSuggestion(attribute="season", value=season, probability=0.95, is_inferred=True))
        return Tags(
            categories=[CategorySuggestion(category_id=one, path=path, probability=share) for one, path, share in categories],
            attributes=attributes,
            has_abstained=not is_cup,
            level=TagLevel.LEAF if is_cup else None,
            allowed_attributes=[
                AllowedAttribute(attribute=name, values=[])
                for name in self.schema.get(listing.category_id or "", ("colour", "material", "occasion", "season", "gender"))
            ],
        )

    def service(self) -> FastAPI:
        app = FastAPI()

        @app.post("/tag", response_model=None)
        async def tag(request: TagRequest) -> TagResponse | Response:
            if self.is_down:
                return Response(status_code=503)
            return TagResponse(model="tagging", version=self.version, **dict(self.tags(request)))

        @app.post("/tag_many", response_model=None)
        async def tag_many(request: TagManyRequest) -> TagManyResponse | Response:
            if self.is_down:
                return Response(status_code=503)
            self.batches.append(len(request.listings))
            listings = [self.tags(listing) for listing in request.listings]
            return TagManyResponse(model="tagging", version=self.version, listings=listings)

        return app


@pytest.fixture
def tagger() -> Tagger:
    return Tagger()


@pytest.fixture
async def app(database_url: str, tagger: Tagger) -> AsyncIterator[FastAPI]:
    """A running storefront with that tagging service."""
    app = create_app(shop_settings(database_url))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(tagger.service()), base_url="http://tagger")
    timeout = app.state.settings.services.tagging.timeout * 20
    app.state.clients.tagging = TaggingClient(http, timeout=timeout)
    app.state.clients.catalogue_tagging = CatalogueTaggingClient(http, timeout=timeout)
    async with app.router.lifespan_context(app):
        yield app


@dataclass
class Seller:
    """A signed-in seller with a shop of their own."""

    client: httpx.AsyncClient
    seller_id: str
    user_id: str


async def seller_with_shop(app: FastAPI, shop: Shop) -> Seller:
    """Another seller."""
    person = make_user(shop, role="seller")
    seller_id = make_seller(shop, user_id=person["user_id"])["seller_id"]
    return Seller(await signed_in(app, person["email"]), seller_id, person["user_id"])


@pytest.fixture
async def seller(app: FastAPI, shop: Shop) -> Seller:
    """A seller in a shop with the categories cups and bowls."""
    for name in ("cups", "bowls"):
        make_category(shop, category_id=name, name=name.capitalize(), path=f"Kitchen > {name.capitalize()}")
    return await seller_with_shop(app, shop)


async def suggest(seller: Seller, title: str, **given: Any) -> dict[str, dict[str, Any]]:
    """What is suggested for these words, by attribute."""
    answer = await seller.client.post("/v1/tag-suggestions", json={"title": title} | given)
    assert answer.status_code == 201, answer.text
    return {one["attribute"]: one for one in answer.json()["suggestions"]}


async def say(seller: Seller, suggestion: dict[str, Any], **given: Any) -> httpx.Response:
    """The answer to an answer."""
    return await seller.client.post(f"/v1/tag-suggestions/{suggestion['tag_suggestion_id']}/answer", json=given)
