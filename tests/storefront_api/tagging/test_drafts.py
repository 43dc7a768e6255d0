"""Suggestions beside a listing that is being written: kept while it grows, answered once, given to what becomes of it."""

from typing import Any

import psycopg
import pytest

from marketplace.contracts.tagging import CategorySuggestion, Tags
from storefront_api.pagination import encode_cursor
from storefront_api.tagging.questions import Known, questions
from tests.factories import make_product
from tests.storefront_api.tagging.conftest import Seller, Tagger, say, suggest

Shop = psycopg.Connection[dict[str, Any]]
DRAFT = "draft_0123456789abcdef"
LISTING = {"price_minor": 120_000, "units_on_hand": 3, "draft_id": DRAFT}


def statuses(shop: Shop) -> dict[tuple[str, str], str]:
    rows = shop.execute("select attribute, suggested_value, status from shop.tag_suggestions").fetchall()
    return {(row["attribute"], row["suggested_value"]): row["status"] for row in rows}


async def test_suggestion_stays_the_same_while_the_words_grow_and_goes_with_them(seller: Seller, shop: Shop) -> None:
    first = await suggest(seller, "A blue cup", draft_id=DRAFT)
    again = await suggest(seller, "A blue cup for tea", draft_id=DRAFT)
    assert again["colour"]["tag_suggestion_id"] == first["colour"]["tag_suggestion_id"]
    assert (again["colour"]["evidence_start"], again["colour"]["evidence_end"]) == (2, 6)
    await suggest(seller, "A red cup for tea", draft_id=DRAFT)
    assert statuses(shop) == {
        ("category", "cups"): "suggested", ("colour", "blue"): "superseded", ("colour", "red"): "suggested",
    }  # fmt: skip
    back = await suggest(seller, "A blue cup", draft_id=DRAFT)
    assert (back["colour"]["status"], statuses(shop)["colour", "red"]) == ("suggested", "superseded")


@pytest.mark.parametrize(("attribute", "words"), [("season", ("winter", "summer")), ("category", ("cup", "pot"))])
async def test_answered_attribute_is_not_asked_about_again(seller: Seller, attribute: str, words: tuple[str, str]) -> None:
    first = await suggest(seller, f"A {words[0]}", draft_id=DRAFT)
    assert (await say(seller, first[attribute], status="accepted")).status_code == 200
    same, other = [(await suggest(seller, f"A {word}", draft_id=DRAFT))[attribute] for word in words]
    assert (same["status"], other["status"]) == ("accepted", "settled")


async def test_answered_value_is_not_asked_about_again_and_another_that_the_words_show_is(seller: Seller) -> None:
    first = await suggest(seller, "A blue cup", draft_id=DRAFT)
    assert (await say(seller, first["colour"], status="accepted")).status_code == 200
    same, other = await suggest(seller, "A blue cup", draft_id=DRAFT), await suggest(seller, "A red cup", draft_id=DRAFT)
    assert (same["colour"]["status"], other["colour"]["status"]) == ("accepted", "suggested")


async def test_listing_answers_what_waits_and_takes_the_draft_over(seller: Seller, shop: Shop) -> None:
    tags = await suggest(seller, "A blue clay pot", draft_id=DRAFT)
    await say(seller, tags["category"], status="refused")
    words = {"title": "A blue clay pot", "colour": "Navy", "material": "clay"}
    made = await seller.client.post("/v1/listings", json=words | LISTING)
    assert made.status_code == 201, made.text
    rows = shop.execute(
        "select product_id, listing_id, attribute, status, final_value, answered_in from shop.tag_suggestions order by attribute"
    ).fetchall()
    product_id = made.json()["product_id"]
    assert {(row["product_id"], row["listing_id"]) for row in rows} == {(product_id, product_id)}
    assert [(row["attribute"], row["status"], row["final_value"], row["answered_in"]) for row in rows] == [
        ("category", "refused", None, "listing"),
        ("colour", "changed", "navy", "save"),
        ("material", "accepted", "clay", "save"),
    ]


async def test_newer_version_asks_neither_what_was_answered_nor_what_was_refused(
    seller: Seller, shop: Shop, tagger: Tagger
) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A blue clay pot")
    first = await suggest(seller, "A blue clay pot", product_id="p")
    await say(seller, first["colour"], status="changed", final_value="teal")
    await say(seller, first["material"], status="refused")
    tagger.version = "2"
    second = await suggest(seller, "A blue clay pot", product_id="p")
    assert {name: one["status"] for name, one in second.items()} == {
        "category": "suggested", "colour": "settled", "material": "settled",
    }  # fmt: skip
    stored = shop.execute("select model_version, attribute, status from shop.tag_suggestions order by 1, 2").fetchall()
    assert [tuple(row.values()) for row in stored] == [
        ("1", "category", "superseded"), ("1", "colour", "changed"), ("1", "material", "refused"),
        ("2", "category", "suggested"), ("2", "colour", "settled"), ("2", "material", "settled"),
    ]  # fmt: skip
    product = shop.execute("select colour, material from shop.products").fetchone()
    assert product == {"colour": "teal", "material": None}


async def test_same_answer_again_changes_nothing_and_every_answer_is_audited(seller: Seller, shop: Shop) -> None:
    colour = (await suggest(seller, "A blue cup", draft_id=DRAFT))["colour"]
    first = await say(seller, colour, status="accepted")
    assert (await say(seller, colour, status="accepted")).json() == first.json()
    assert (await say(seller, colour, status="refused")).status_code == 409
    audited = shop.execute("select actor_id, action, object_id, details from shop.audit_log").fetchall()
    assert [(row["actor_id"], row["action"], row["object_id"]) for row in audited] == [
        (seller.user_id, "tag_answered", colour["tag_suggestion_id"])
    ]
    assert audited[0]["details"]["model_version"] == "1"


def test_category_as_likely_as_any_other_is_not_asked_about() -> None:
    likely = CategorySuggestion(category_id="cups", path="Kitchen > Cups", probability=0.3)
    unlikely = likely.model_copy(update={"probability": 0.05})
    asked = [questions(Tags(categories=[one], attributes=[], has_abstained=True), Known()) for one in (likely, unlikely)]
    assert [[one.value for one in of] for of in asked] == [["cups"], []]


async def test_bengali_title_is_suggested_for_and_listed(seller: Seller, shop: Shop) -> None:
    title = "হাতে আঁকা নীল মাটির কাপ, cup"
    colour = (await suggest(seller, title, draft_id=DRAFT))["colour"]
    assert (colour["value"], title[colour["evidence_start"] : colour["evidence_end"]]) == ("blue", "নীল")
    assert (await say(seller, colour, status="accepted")).status_code == 200
    made = (await seller.client.post("/v1/listings", json={"title": title, "colour": "blue"} | LISTING)).json()
    assert (made["title"], made["language"], made["colour"]) == (title, "bn", "blue")
    assert (await seller.client.get("/v1/products", params={"query": "নীল"})).json()["items"][0]["title"] == title


async def test_service_that_is_down_suggests_nothing_and_the_listing_is_saved(seller: Seller, tagger: Tagger) -> None:
    tagger.is_down = True
    answer = await seller.client.post("/v1/tag-suggestions", json={"title": "A blue cup", "draft_id": DRAFT})
    assert (answer.status_code, answer.json()["fallback"], answer.json()["suggestions"]) == (201, True, [])
    assert (await seller.client.post("/v1/listings", json={"title": "A blue cup"} | LISTING)).status_code == 201


@pytest.mark.parametrize("value", ["", "   ", "x" * 61])
async def test_value_that_a_listing_cannot_say_is_no_answer(seller: Seller, shop: Shop, value: str) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A blue cup")
    tag = (await suggest(seller, "A blue cup", product_id="p"))["colour"]
    refused = await say(seller, tag, status="changed", final_value=value)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/final_value")
    assert shop.execute("select colour from shop.products").fetchone() == {"colour": None}


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("POST", "/v1/tag-suggestions", {"json": {"title": "A blue cup", "category_id": "nowhere"}}),
        ("POST", "/seller/tagging/suggest", {"data": {"title": "A blue cup", "category_id": "nowhere"}}),
        ("POST", "/seller/tagging/suggest", {"data": {"title": "A blue cup", "draft_id": DRAFT, "product_id": "p"}}),
        ("GET", "/v1/tag-suggestions", {"params": {"cursor": encode_cursor(1, 2)}}),
        ("GET", "/v1/listings", {"params": {"cursor": encode_cursor(1, 2)}}),
        ("GET", "/v1/listings", {"params": {"cursor": encode_cursor("no day", "p")}}),
    ],
)
async def test_what_cannot_be_asked_is_refused(seller: Seller, method: str, path: str, given: dict[str, Any]) -> None:
    assert (await seller.client.request(method, path, **given)).status_code == 422
