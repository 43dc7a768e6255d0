"""Several colours, materials or occasions of one piece: asked about one by one, kept beside the main one, found by each."""

import html
import json
import random
import re
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.contracts.tagging import AttributeSuggestion, Tags
from marketplace.vocabulary import MOST_VALUES, SEVERAL_VALUED, TagEvidence
from storefront_api.catalog import service as catalog
from storefront_api.catalog.service import Filters
from storefront_api.tagging import jobs, repository
from storefront_api.tagging.questions import Known, questions
from tests.factories import make_product
from tests.storefront_api.tagging.conftest import *  # noqa: F403
from tests.storefront_api.tagging.conftest import Seller, say
from tests.storefront_api.tagging.test_jobs import NOW

Shop = psycopg.Connection[dict[str, Any]]
DRAFT = "draft_0123456789abcdef"
WORDS = {"title": "A cup", "price_minor": 120_050, "units_on_hand": 3}


async def colours(seller: Seller, title: str, **given: Any) -> dict[str, dict[str, Any]]:
    """What is suggested of the colour, by value."""
    answer = await seller.client.post("/v1/tag-suggestions", json={"title": title} | given)
    assert answer.status_code == 201, answer.text
    return {one["value"]: one for one in answer.json()["suggestions"] if one["attribute"] == "colour"}


def stored(shop: Shop) -> tuple[str | None, dict[str, Any]]:
    row = shop.execute("select colour, attributes from shop.products").fetchone()
    assert row is not None
    return row["colour"], row["attributes"]


async def found(seller: Seller, **asked: Any) -> list[str]:
    items = (await seller.client.get("/v1/products", params=asked)).json()["items"]
    return [one["product_id"] for one in items]


async def test_each_value_is_a_question_and_what_is_accepted_stands_beside_the_main_one(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A red and blue cup", attributes='{"season": "winter"}')
    asked = await colours(seller, "A red and blue cup", product_id="p")
    assert {value: (one["evidence"], one["status"]) for value, one in asked.items()} == {
        "red": ("red", "suggested"), "blue": ("blue", "suggested"),
    }  # fmt: skip
    etag = (await seller.client.get("/v1/listings/p")).headers["etag"]
    for value in ("red", "blue"):
        assert (await say(seller, asked[value], status="accepted")).status_code == 200
    assert stored(shop) == ("red", {"season": "winter", "further_values": {"colour": ["blue"]}})
    listing = await seller.client.get("/v1/listings/p")
    assert (listing.json()["colour"], listing.json()["further_values"]) == ("red", {"colour": ["blue"]})
    assert listing.headers["etag"] != etag
    assert {one["status"] for one in (await colours(seller, "A red and blue cup", product_id="p")).values()} == {"accepted"}


async def test_shoppers_find_and_count_a_piece_under_each_of_its_values(app: FastAPI, seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="both", colour="red", attributes='{"further_values": {"colour": ["blue"]}}')
    make_product(shop, seller.seller_id, product_id="blue", colour="blue")
    assert sorted(await found(seller, colour="blue")) == ["blue", "both"]
    assert await found(seller, colour="red") == ["both"] == await found(seller, query="red")
    assert sorted(await found(seller, query="blue")) == ["blue", "both"]
    page = (await seller.client.get("/search")).text
    assert all(f'<option value="{value}" >{value} ({count})</option>' in page for value, count in (("blue", 2), ("red", 1)))
    shown = await seller.client.get("/v1/products/both")
    assert (shown.json()["colour"], shown.json()["further_values"]) == ("red", {"colour": ["blue"]})
    assert "<dt>Colour</dt><dd>Red, blue</dd>" in (await seller.client.get("/products/both")).text
    async with app.state.database.transaction() as connection:
        assert (await app.state.values_in_use.now(connection, NOW))["colour"] == ["blue", "red"]


async def test_every_facet_counts_what_its_filter_finds(app: FastAPI, seller: Seller, shop: Shop) -> None:
    rng, said = random.Random(4), dict[str, list[str]]()
    for number in range(40):
        main, *further = rng.sample(["red", "blue", "navy", "teal", "grey"], rng.randint(1, 3))
        said[f"p{number}"] = [main, *further]
        attributes = json.dumps({"further_values": {"colour": further}} if further else {})
        make_product(shop, seller.seller_id, product_id=f"p{number}", colour=main, attributes=attributes)
    async with app.state.database.transaction() as connection:
        counted = (await catalog.facets(connection, Filters()))["colour"]
    assert sum(row["product_count"] for row in counted) == sum(map(len, said.values()))
    for row in counted:
        having = {product_id for product_id, values in said.items() if row["value"] in values}
        assert set(await found(seller, colour=row["value"], limit=100)) == having
        assert row["product_count"] == len(having)


async def test_value_takes_the_place_of_those_that_it_replaces(seller: Seller, shop: Shop) -> None:
    said = '{"further_values": {"colour": ["grey", "teal"]}}'
    make_product(shop, seller.seller_id, product_id="p", colour="green", attributes=said)
    asked = await colours(seller, "A red, navy and blue cup", product_id="p")
    assert (await say(seller, asked["red"], status="accepted", replaces=["green", "teal"])).status_code == 200
    assert stored(shop) == ("red", {"further_values": {"colour": ["grey"]}})
    assert (await say(seller, asked["blue"], status="changed", final_value="Deep  Blue", replaces=["grey"])).status_code == 200
    assert stored(shop) == ("red", {"further_values": {"colour": ["deep blue"]}})
    assert (await say(seller, asked["navy"], status="accepted", replaces=["grey"])).status_code == 200
    assert stored(shop) == ("red", {"further_values": {"colour": ["deep blue", "navy"]}}), "gone already: nothing else goes"
    assert (await say(seller, asked["navy"], status="refused", replaces=["red"])).status_code == 422


async def test_changed_to_a_value_that_waits_too_settles_it(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p")
    asked = await colours(seller, "A red and blue cup", product_id="p")
    await say(seller, asked["red"], status="changed", final_value="blue")
    assert stored(shop) == ("blue", {})
    assert (await colours(seller, "A red and blue cup", product_id="p"))["blue"]["status"] == "settled"


async def test_listing_has_no_more_values_than_it_may(seller: Seller, shop: Shop) -> None:
    most = [f"shade {number}" for number in range(MOST_VALUES)]
    kept = {"colour": most[0], "further_values": {"colour": most[1:]}}
    product_id = (await seller.client.post("/v1/listings", json=WORDS | kept)).json()["product_id"]
    asked = await colours(seller, "A red cup", product_id=product_id)
    assert (await say(seller, asked["red"], status="accepted")).status_code == 409
    assert (await say(seller, asked["red"], status="accepted", replaces=["shade 3"])).status_code == 200
    kept["further_values"] = {"colour": most}
    refused = await seller.client.post("/v1/listings", json=WORDS | kept)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/further_values/colour")


async def test_listing_is_written_with_several_values_in_the_spelling_of_the_catalogue(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="other", material="Terracotta")
    said = {"material": " terracotta", "further_values": {"material": ["Jade", "JADE", "terracotta"], "colour": ["Red"]}}
    made = await seller.client.post("/v1/listings", json=WORDS | said)
    assert made.status_code == 201, made.text
    assert (made.json()["material"], made.json()["colour"]) == ("Terracotta", "red"), "who has no main value has one of these"
    assert made.json()["further_values"] == {"material": ["jade"]}
    path, etag = f"/v1/listings/{made.json()['product_id']}", {"If-Match": made.headers["etag"]}
    alone = await seller.client.put(path, json=WORDS | {"material": "jade"}, headers=etag)
    assert (alone.json()["material"], alone.json()["further_values"]) == ("jade", {})
    stale = await seller.client.put(path, json=WORDS | said, headers=etag)
    assert stale.status_code == 412, "only a further value changed"


async def test_form_takes_and_shows_values_with_commas_between(seller: Seller, shop: Shop) -> None:
    form = {"draft_id": DRAFT, "title": "A cup", "price": "1", "units_on_hand": "1", "season": "a, b"}
    form["colour"] = " red,, Blue ,red"
    saved = await seller.client.post("/seller/listings", data=form)
    assert saved.status_code == 303, saved.text
    assert stored(shop) == ("red", {"season": "a, b", "further_values": {"colour": ["blue"]}})
    product_id = saved.headers["location"].partition("saved=")[2]
    shown = (await seller.client.get(f"/seller/listings/{product_id}")).text
    assert re.search(r'name="colour" value="red, blue"', shown)
    assert "red, blue, a, b" in (await seller.client.get("/seller/listings")).text
    for colour in ("x" * 61, "red, " + "y" * 61, ",".join(map(str, range(11)))):
        refused = await seller.client.post("/seller/listings", data=form | {"colour": colour})
        assert refused.status_code == 422
        assert 'aria-describedby="colour-problem"' in refused.text
        assert "Up to 10 values with commas between" in refused.text


async def test_saving_accepts_what_it_says_and_leaves_the_rest_open(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A red and blue cup", colour="red")
    form = {"title": "A red and blue cup", "price": "1", "units_on_hand": "1"}

    async def save(colour: str) -> dict[str, str]:
        await colours(seller, form["title"], product_id="p")
        etag = re.search(r'name="etag" id="etag" value="([^"]*)"', (await seller.client.get("/seller/listings/p")).text)
        assert etag
        sent = form | {"colour": colour, "etag": etag[1].replace("&#34;", '"')}
        assert (await seller.client.post("/seller/listings/p", data=sent)).status_code == 303
        rows = shop.execute("select suggested_value, status from shop.tag_suggestions where attribute = 'colour'").fetchall()
        return {row["suggested_value"]: row["status"] for row in rows}

    assert await save("red") == {"red": "settled", "blue": "suggested"}, "who changes the price says nothing of the blue"
    assert await save("red, blue") == {"red": "settled", "blue": "accepted"}
    form["title"] += " with navy"
    assert await save("red, blue, teal") == {"red": "settled", "blue": "accepted", "navy": "changed"}


async def save_form(seller: Seller, **form: str) -> None:
    """Save the listing `p` from its form: what it shows, with these fields changed."""
    shown = (await seller.client.get("/seller/listings/p")).text
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', shown)}
    kept = {name: fields.get(name, "") for name in ("title", "price", "colour", "material", "season", "etag")}
    saved = await seller.client.post("/seller/listings/p", data=kept | {"units_on_hand": "1"} | form)
    assert saved.status_code == 303, saved.text


def answers(shop: Shop) -> dict[str, tuple[str, str | None]]:
    rows = shop.execute("select suggested_value, status, final_value from shop.tag_suggestions where attribute <> 'category'")
    return {row["suggested_value"]: (row["status"], row["final_value"]) for row in rows}


@pytest.mark.parametrize(
    ("colour", "further"),
    [("Blue", ["White"]), ("blue, white", []), ("Deep  Blue", ["deep BLUE", "White"])],
    ids=["case", "comma", "spaces"],
)
async def test_saving_another_field_leaves_values_and_questions(
    seller: Seller, shop: Shop, colour: str, further: list[str]
) -> None:
    said = {"further_values": {"colour": further}} if further else {}
    make_product(shop, seller.seller_id, product_id="p", title="A red cup", colour=colour, attributes=json.dumps(said))
    make_product(shop, seller.seller_id, product_id="other", colour="blue")
    await colours(seller, "A red cup", product_id="p")
    await save_form(seller, units_on_hand="7")
    values = [value for value in further if value != "deep BLUE"]
    row = shop.execute("select colour, attributes from shop.products where product_id = 'p'").fetchone()
    assert row is not None
    assert (row["colour"], row["attributes"].get("further_values", {}).get("colour", [])) == (colour, values)
    assert answers(shop) == {"red": ("suggested", None)}


async def test_what_is_added_beside_a_value_with_a_comma_is_the_sellers_own(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A red cup", colour="blue, white")
    await colours(seller, "A red cup", product_id="p")
    await save_form(seller, colour="blue, white, teal")
    assert stored(shop) == ("blue", {"further_values": {"colour": ["white", "teal"]}})
    assert answers(shop) == {"red": ("changed", "teal")}


async def test_value_in_another_case_is_the_same_value(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p", colour="Red", attributes='{"season": "Winter"}')
    asked = await colours(seller, "A red and blue winter cup", product_id="p")
    assert {value: one["status"] for value, one in asked.items()} == {"red": "settled", "blue": "suggested"}
    assert answers(shop)["winter"] == ("settled", None)
    await say(seller, asked["red"], status="accepted")
    assert stored(shop) == ("Red", {"season": "Winter"})
    await say(seller, asked["blue"], status="accepted", replaces=["RED"])
    assert stored(shop) == ("blue", {"season": "Winter"})


async def test_saving_a_suggested_value_in_another_case_accepts_it(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="other", colour="Red")
    make_product(shop, seller.seller_id, product_id="p", title="A red winter cup", attributes="{}")
    await colours(seller, "A red winter cup", product_id="p")
    await save_form(seller, colour="red", season="Winter")
    assert answers(shop) == {"red": ("accepted", "red"), "winter": ("accepted", "winter")}
    row = shop.execute("select colour, attributes from shop.products where product_id = 'p'").fetchone()
    assert row == {"colour": "Red", "attributes": {"season": "winter"}}


async def test_changed_to_a_waiting_value_in_the_catalogues_case_settles_it(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="other", colour="Blue")
    make_product(shop, seller.seller_id, product_id="p")
    asked = await colours(seller, "A red and blue cup", product_id="p")
    await say(seller, asked["red"], status="changed", final_value="blue")
    assert answers(shop) == {"red": ("changed", "Blue"), "blue": ("settled", None)}


async def test_bulk_tagging_asks_about_each_value_that_the_listing_does_not_say(app: FastAPI, seller: Seller, shop: Shop) -> None:
    said = '{"further_values": {"colour": ["blue"]}}'
    make_product(shop, seller.seller_id, product_id="p", title="A red, navy and blue clay cup", colour="red", attributes=said)
    await seller.client.post("/v1/tagging-jobs")
    await jobs.work(app.state.database, app.state.clients.catalogue_tagging, now=NOW)
    waiting = (await seller.client.get("/v1/tag-suggestions", params={"is_sure": True})).json()["items"]
    assert [(one["attribute"], one["value"], one["present_values"], one["present_label"]) for one in waiting] == [
        ("category", "cups", [], None), ("colour", "navy", ["red", "blue"], "red, blue"),
    ]  # fmt: skip
    page = (await seller.client.get("/seller/tagging", params={"show": "sure"})).text
    assert "Colour: red, blue → also</span>" in page
    assert "Instead of red, blue</button>" in page
    assert "Instead of" not in page.partition("Colour:")[0], "a category is one"


VALUES = st.sampled_from(["red", "blue", "navy", "teal"])


@given(
    present=st.lists(VALUES, max_size=3, unique=True),
    answered=st.sets(VALUES, max_size=2),
    shown=st.lists(VALUES, max_size=4, unique=True),
    attribute=st.sampled_from([*SEVERAL_VALUED, "season"]),
    is_decided=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_asked_is_shown_unknown_and_unanswered(
    present: list[str], answered: set[str], shown: list[str], attribute: str, is_decided: bool
) -> None:
    found = [
        AttributeSuggestion(attribute=attribute, value=value, probability=0.9, source=TagEvidence.TITLE, evidence=value)
        for value in (shown if attribute in SEVERAL_VALUED else shown[:1])
    ]
    known = Known({attribute: present}, {attribute} if is_decided else set(), {(attribute, value) for value in answered})
    asked = questions(Tags(categories=[], attributes=found, has_abstained=True), known)
    assert [one.value for one in asked] == [one.value for one in found], "what each version said stays on record"
    waiting = {one.value for one in asked if one.status == "suggested"}
    is_closed = is_decided and attribute not in SEVERAL_VALUED
    assert waiting == (set() if is_closed else {one.value for one in found} - set(present) - answered)


@given(first=st.lists(VALUES, min_size=1, unique=True), second=st.lists(VALUES, min_size=1, unique=True))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_values_come_back_as_they_were_put_and_others_stay(
    app: FastAPI, seller: Seller, shop: Shop, first: list[str], second: list[str]
) -> None:
    shop.execute("delete from shop.stock; delete from shop.products")
    make_product(shop, seller.seller_id, product_id="p", attributes='{"style": "plain"}')
    async with app.state.database.transaction() as connection:
        for attribute, values in (("colour", first), ("material", second), ("colour", second), ("season", ["winter"])):
            await repository.set_product_values(connection, "p", attribute, values)
        product = await repository.product_of(connection, "p", seller.seller_id)
    assert product is not None
    assert product["values"] == {
        "category": [], "colour": second, "material": second, "occasion": [], "season": ["winter"], "gender": [],
    }  # fmt: skip
    assert stored(shop)[1]["style"] == "plain"
    assert ("further_values" in stored(shop)[1]) == (len(second) > 1)
