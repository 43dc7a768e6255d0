"""What a category's pieces have: the form asks for it, and what else a listing says is kept with a warning."""

import re
from typing import Any

import psycopg
import pytest

from tests.factories import make_product
from tests.storefront_api.tagging.conftest import *  # noqa: F403
from tests.storefront_api.tagging.conftest import Seller, Tagger

Shop = psycopg.Connection[dict[str, Any]]
DRAFT = "draft_0123456789abcdef"
FORM = {"draft_id": DRAFT, "title": "A cup", "price": "1", "units_on_hand": "1"}
WARNING = "pieces in Kitchen > Cups have no season; “winter” is kept, take it away if it is a slip"


@pytest.fixture(autouse=True)
def _cups_have_no_season(tagger: Tagger) -> None:
    tagger.schema = {"cups": ("colour", "material", "occasion", "gender"), "bowls": ("colour", "season")}


def hidden(page: str) -> set[str]:
    """The attributes whose fields the page hides."""
    return set(re.findall(r'data-attribute="(\w+)" hidden', page))


async def suggested(seller: Seller, **given: str) -> str:
    answer = await seller.client.post("/seller/tagging/suggest", data={"draft_id": DRAFT} | given)
    assert answer.status_code == 200
    found = re.search(r'id="category-attributes" data-attributes="([^"]*)" hx-swap-oob="true"', answer.text)
    assert found
    return found[1]


async def test_fields_follow_the_category_while_the_listing_is_written(seller: Seller, tagger: Tagger) -> None:
    everything = "colour material occasion season gender"
    assert await suggested(seller, title="A cup", category_id="cups") == "colour material occasion gender"
    assert await suggested(seller, title="A cup", category_id="bowls") == "colour season"
    assert await suggested(seller, title="A", category_id="bowls") == "colour season", "before the title is long enough too"
    assert await suggested(seller, title="A cup") == everything, "a suggested category is not the seller's word"
    tagger.is_down = True
    assert await suggested(seller, title="A cup", category_id="cups") == everything


async def test_form_opens_with_the_fields_of_its_category_and_those_that_are_filled_in(
    seller: Seller, shop: Shop, tagger: Tagger
) -> None:
    make_product(shop, seller.seller_id, product_id="p", category_id="bowls", material="clay")
    page = (await seller.client.get("/seller/listings/p")).text
    assert hidden(page) == {"occasion", "gender"}
    assert "Not asked of this category: material, occasion, for whom." in page
    assert hidden((await seller.client.get("/seller/listings/new")).text) == set()
    again = await seller.client.post("/seller/listings", data=FORM | {"category_id": "cups", "price": "much"})
    assert (again.status_code, hidden(again.text)) == (422, {"season"})
    tagger.is_down = True
    assert hidden((await seller.client.get("/seller/listings/p")).text) == set()


async def test_value_that_the_category_does_not_have_is_kept_with_a_warning(seller: Seller, shop: Shop) -> None:
    said = {"title": "A cup", "price_minor": 100, "category_id": "cups", "colour": "red", "season": "winter"}
    key = {"Idempotency-Key": "once"}
    made, again = [await seller.client.post("/v1/listings", json=said, headers=key) for _ in range(2)]
    assert made.status_code == 201
    assert made.json()["warnings"] == again.json()["warnings"] == [WARNING]
    assert shop.execute("select attributes from shop.products").fetchall() == [{"attributes": {"season": "winter"}}]
    path, etag = f"/v1/listings/{made.json()['product_id']}", {"If-Match": made.headers["etag"]}
    kept = await seller.client.put(path, json=said | {"colour": "blue"}, headers=etag)
    assert (kept.status_code, kept.json()["warnings"]) == (200, [WARNING])
    moved = await seller.client.put(path, json=said | {"category_id": None}, headers={"If-Match": kept.headers["etag"]})
    assert moved.json()["warnings"] == []


async def test_page_warns_after_the_form_was_saved(seller: Seller, tagger: Tagger) -> None:
    given = FORM | {"category_id": "cups", "season": "winter"}
    saved = await seller.client.post("/seller/listings", data=given)
    assert saved.status_code == 303, saved.text
    page = (await seller.client.get(saved.headers["location"])).text
    assert "is saved" in page
    assert "Pieces in Kitchen › Cups have no season; “winter” is kept" in page
    tagger.is_down = True
    assert "have no season" not in (await seller.client.get(saved.headers["location"])).text
