"""A seller's listings: written, changed only as they were read, found by the shop's filters, photographed."""

import asyncio
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from PIL import Image

from storefront_api.listings import photos, repository
from storefront_api.listings.values_in_use import ValuesInUse
from storefront_api.tagging.repository import waiting_of
from tests.factories import make_category, make_product, make_seller
from tests.storefront_api.tagging.conftest import *  # noqa: F403
from tests.storefront_api.tagging.conftest import Seller, Tagger, say, suggest

Shop = psycopg.Connection[dict[str, Any]]
WORDS = {"title": "A clay pot", "price_minor": 120_050, "units_on_hand": 3}
DRAFT = "draft_0123456789abcdef"


async def listed(seller: Seller, **given: Any) -> httpx.Response:
    answer = await seller.client.post("/v1/listings", json=WORDS | given)
    assert answer.status_code == 201, answer.text
    return answer


def picture(kind: str = "PNG", size: tuple[int, int] = (1600, 400), **saved: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA" if kind == "PNG" else "RGB", size, (0, 0, 200)).save(written, kind, **saved)
    return written.getvalue()


async def test_listing_is_in_the_shop_with_its_stock_and_the_move_that_explains_it(seller: Seller, shop: Shop) -> None:
    product_id = (await listed(seller, category_id="cups", season="summer")).json()["product_id"]
    shown = (await seller.client.get(f"/v1/products/{product_id}")).json()
    assert (shown["title"], shown["price_minor"], shown["currency"], shown["units_on_hand"]) == ("A clay pot", 120_050, "BDT", 3)
    assert (shown["category_name"], shown["attributes"]) == ("Cups", {"season": "summer"})
    moves = shop.execute("select units_change, reason from shop.stock_moves").fetchall()
    assert [tuple(move.values()) for move in moves] == [(3, "opening")]


async def test_change_needs_the_listing_as_it_was_read(seller: Seller, shop: Shop) -> None:
    made = await listed(seller, colour="blue")
    path, etag = f"/v1/listings/{made.json()['product_id']}", made.headers["etag"]
    assert (await seller.client.put(path, json=WORDS)).status_code == 422, "without If-Match"
    changed = await seller.client.put(path, json=WORDS | {"units_on_hand": 1}, headers={"If-Match": etag})
    assert (changed.status_code, changed.json()["colour"], changed.json()["units_on_hand"]) == (200, None, 1)
    stale = await seller.client.put(path, json=WORDS, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    shop.execute("update shop.stock set units_on_hand = 0")
    sold = await seller.client.put(path, json=WORDS, headers={"If-Match": changed.headers["etag"]})
    assert sold.status_code == 412, "a piece was sold meanwhile"
    assert shop.execute("select sum(units_change)::int as n from shop.stock_moves").fetchone() == {"n": 1}


async def test_same_key_lists_once(seller: Seller, shop: Shop) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = [await seller.client.post("/v1/listings", json=WORDS, headers=key) for _ in range(2)]
    assert (again.json(), again.headers["idempotent-replayed"]) == (first.json(), "true")
    assert shop.execute("select count(*) as n from shop.products").fetchone() == {"n": 1}


@pytest.mark.parametrize(
    "given", [{"category_id": "nowhere"}, {"price_minor": -1}, {"title": " "}, {"seller_id": "s"}, {"colour": ""}]
)
async def test_what_does_not_fit_is_refused_with_its_field(seller: Seller, given: dict[str, Any]) -> None:
    refused = await seller.client.post("/v1/listings", json=WORDS | given)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/" + next(iter(given)))


async def test_value_is_written_as_the_catalogue_writes_it(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, material="Terracotta")
    made = (await listed(seller, material="terracotta", colour="Sky   Blue")).json()
    assert (made["material"], made["colour"]) == ("Terracotta", "sky blue")
    shop.execute("set enable_seqscan = off")
    plans = [
        shop.execute(f"explain select from shop.products where lower(left({column}, 100)) = 'x' order by left({column}, 100)")  # type: ignore[arg-type]
        for column in ("colour", "material", "occasion")
    ]
    assert all("_spelling" in str(plan.fetchall()) for plan in plans)


async def test_listing_that_an_importer_wrote_longer_is_shown_and_cannot_be_saved_so(seller: Seller, shop: Shop) -> None:
    longer = {"title": "A pot " * 100, "description": "clay " * 1_200, "colour": "sky blue " * 10, "material": ""}
    make_product(shop, seller.seller_id, product_id="p", **longer)
    found = [(await seller.client.get(path)) for path in ("/v1/listings", "/v1/listings/p")]
    assert [answer.status_code for answer in found] == [200, 200]
    assert found[0].json()["items"] == [found[1].json()]
    assert {name: found[1].json()[name] for name in longer} == longer
    for path in ("/seller/listings", "/seller/listings/p"):
        assert (await seller.client.get(path)).status_code == 200
    kept = {"description": longer["description"]}
    etag = {"If-Match": found[1].headers["etag"]}
    assert (await seller.client.put("/v1/listings/p", json=WORDS | kept, headers=etag)).status_code == 422
    assert (await seller.client.put("/v1/listings/p", json=WORDS, headers=etag)).status_code == 200


async def test_values_to_choose_from_are_those_that_the_shop_shows_and_are_kept_for_a_while(
    app: FastAPI, seller: Seller, shop: Shop
) -> None:
    hidden = make_seller(shop, status="suspended")["seller_id"]
    for colour, owner, given in (
        ("blue", seller.seller_id, {}), ("blue", seller.seller_id, {}),
        ("red", seller.seller_id, {"attributes": '{"season": "eid"}'}),
        ("secret", seller.seller_id, {"is_active": False}), ("suspended", hidden, {}),
    ):  # fmt: skip
        make_product(shop, owner, colour=colour, **given)
    kept = ValuesInUse()
    now = datetime(2026, 11, 1, tzinfo=UTC)
    async with app.state.database.transaction() as connection:
        shown = {"colour": ["blue", "red"], "material": [], "occasion": [], "season": ["eid"], "gender": []}
        assert await kept.now(connection, now) == shown
        shop.execute("update shop.products set colour = 'green'")
        assert await kept.now(connection, now + timedelta(minutes=4)) == shown
        assert (await kept.now(connection, now + timedelta(minutes=5)))["colour"] == ["green"]


async def test_checkout_and_tag_answer_go_on_beside_a_listing_that_is_being_saved(
    app: FastAPI, seller: Seller, shop: Shop
) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A clay cup")
    tags = await suggest(seller, "A clay cup", product_id="p")
    async with app.state.database.transaction() as connection:
        assert await repository.lock(connection, "p", seller.seller_id)
        shop.execute("select from shop.products where product_id = 'p' for key share nowait")  # what a line of an order takes
        answer = asyncio.create_task(say(seller, tags["material"], status="accepted"))
        while not (answer.done() or shop.execute("select from pg_locks where not granted").fetchall()):
            await asyncio.sleep(0.01)
        assert len(await waiting_of(connection, seller.seller_id, "p")) == 2, "it waits for the product and holds no suggestion"
    assert (await answer).status_code == 200


async def test_accepted_tag_is_a_filter_of_the_shop_at_once(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A clay cup")
    tags = await suggest(seller, "A clay cup", product_id="p")
    found = {"material": "clay", "category_id": "cups"}
    assert (await seller.client.get("/v1/products", params=found)).json()["items"] == []
    for name in ("material", "category"):
        assert (await say(seller, tags[name], status="accepted")).status_code == 200
    assert [one["product_id"] for one in (await seller.client.get("/v1/products", params=found)).json()["items"]] == ["p"]
    assert '<option value="clay" >clay (1)</option>' in (await seller.client.get("/search")).text


async def test_accepted_season_is_a_facet_that_filters_is_found_and_named(seller: Seller, shop: Shop) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A clay cup for winter")
    make_product(shop, seller.seller_id, title="Another cup", attributes='{"season": "summer"}')
    tags = await suggest(seller, "A clay cup for winter", product_id="p")
    assert (await say(seller, tags["season"], status="accepted")).status_code == 200
    shop.execute("update shop.products set title = 'A cup' where product_id = 'p'")  # so that only the tag says it
    for asked in ({"season": "winter"}, {"query": "winter"}):
        found = (await seller.client.get("/v1/products", params=asked)).json()["items"]
        assert [one["product_id"] for one in found] == ["p"], asked
    page = (await seller.client.get("/search")).text
    assert all(f'<option value="{season}" >{season} (1)</option>' in page for season in ("summer", "winter"))
    chosen = (await seller.client.get("/search", params={"season": "winter"})).text
    assert '<option value="winter" selected>winter (1)</option>' in chosen
    assert "Another cup" not in chosen
    assert "<dt>Season</dt><dd>Winter</dd>" in (await seller.client.get("/products/p")).text
    assert (await seller.client.get("/v1/products/p")).json()["season"] == "winter"


async def test_listings_page_by_cursor(seller: Seller, shop: Shop) -> None:
    for number in range(5):
        make_product(shop, seller.seller_id, product_id=f"p{number}")
    seen, cursor = [], None
    while True:
        page = (await seller.client.get("/v1/listings", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [one["product_id"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ["p4", "p3", "p2", "p1", "p0"]


async def test_photograph_is_kept_without_what_the_camera_adds_and_shown(seller: Seller, shop: Shop) -> None:
    product_id = (await listed(seller)).json()["product_id"]
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (23.0, 48.0, 0.0)}
    exif[0x0112] = 6  # lies on its side
    sent = picture("JPEG", exif=exif)
    assert b"Exif" in sent
    put = await seller.client.put(f"/v1/listings/{product_id}/photo", files={"photo": sent})
    assert put.status_code == 204, put.text
    shown = await seller.client.get(f"/pictures/{product_id}.svg")
    assert shown.headers["content-type"] == "image/jpeg"
    assert b"Exif" not in shown.content
    assert Image.open(io.BytesIO(shown.content)).size == (300, 1200)


async def test_photograph_of_sixteen_bits_keeps_its_shades(seller: Seller, shop: Shop) -> None:
    product_id = (await listed(seller)).json()["product_id"]
    held = io.BytesIO()
    Image.new("I;16", (6000, 8), 0x8000).save(held, "PNG")
    put = await seller.client.put(f"/v1/listings/{product_id}/photo", files={"photo": held.getvalue()})
    assert put.status_code == 204, put.text
    shown = Image.open(io.BytesIO((await seller.client.get(f"/pictures/{product_id}.svg")).content))
    assert (shown.size, shown.getpixel((4, 1))) == ((1200, 2), (128, 128, 128))


async def test_photograph_is_small_in_lists_asked_for_anew_and_gone_with_its_listing(
    api: httpx.AsyncClient, seller: Seller, shop: Shop
) -> None:
    product_id = (await listed(seller)).json()["product_id"]
    path = f"/pictures/{product_id}.svg"
    for content in (picture(), picture(size=(400, 1600))):
        await seller.client.put(f"/v1/listings/{product_id}/photo", files={"photo": content})
        shown = await api.get(path)
        known = {"If-None-Match": shown.headers["etag"]}
        same = await api.get(path, headers=known)
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", shown.headers["etag"])
    small = await api.get(path, params={"size": "small"})
    assert Image.open(io.BytesIO(small.content)).size == (100, 400)
    assert f"{path}?size=small" in (await api.get("/search")).text
    await suggest(seller, "A clay pot", product_id=product_id)
    shop.execute("update shop.products set is_active = false")
    hidden = await api.get(path, headers=known)
    assert (hidden.status_code, hidden.headers["content-type"]) == (200, "image/svg+xml")
    own = f"/seller/listings/photo/{product_id}"
    assert (await seller.client.get(own)).content == small.content
    for page in ("/seller/listings", "/seller/tagging"):
        assert f'src="{own}"' in (await seller.client.get(page)).text


async def test_draft_is_suggested_for_by_its_picture_too_which_nobody_else_sees(
    app: FastAPI, seller: Seller, tagger: Tagger
) -> None:
    sent = {"data": {"listing_id": DRAFT}, "files": {"photo": picture()}}
    assert (await seller.client.post("/seller/listings/photo", **sent)).status_code == 200  # type: ignore[arg-type]
    await suggest(seller, "A cup", draft_id=DRAFT)
    assert tagger.pictures[0] is not None
    assert Image.open(io.BytesIO(tagger.pictures[0])).size == (400, 100)
    assert (await seller.client.get(f"/seller/listings/photo/{DRAFT}")).status_code == 200
    product_id = (await listed(seller, draft_id=DRAFT)).json()["product_id"]
    assert (await seller.client.get(f"/pictures/{product_id}.svg")).headers["content-type"] == "image/jpeg"


async def test_photograph_of_a_draft_that_became_nothing_is_forgotten(app: FastAPI, seller: Seller, shop: Shop) -> None:
    kept = (await listed(seller)).json()["product_id"]
    for listing_id in (DRAFT, kept):
        sent = {"data": {"listing_id": listing_id}, "files": {"photo": picture()}}
        await seller.client.post("/seller/listings/photo", **sent)  # type: ignore[arg-type]
    for days, left in ((-1, {DRAFT, kept}), (1, {kept})):
        async with app.state.database.transaction() as connection:
            await photos.forget_drafts(connection, before=datetime.now(UTC) + timedelta(days=days))
        rows = shop.execute("select listing_id from shop.listing_photos").fetchall()
        assert {row["listing_id"] for row in rows} == left


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"GIF89a", picture()[:200], b"x" * 1_600_000])
async def test_what_is_no_picture_is_refused(seller: Seller, content: bytes) -> None:
    product_id = (await listed(seller)).json()["product_id"]
    refused = await seller.client.put(f"/v1/listings/{product_id}/photo", files={"photo": content})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/photo")


@pytest.mark.parametrize("price", ["12.345", "1e999997", "1e999999", "-1", "nan", "inf", "snan", "free"])
async def test_price_that_is_none_comes_back_with_the_form(seller: Seller, price: str) -> None:
    refused = await seller.client.post("/seller/listings", data={"draft_id": DRAFT, "title": "A pot", "price": price})
    assert refused.status_code == 422
    assert "Say a price in numbers" in refused.text


async def test_form_says_what_does_not_fit_and_keeps_what_was_typed(seller: Seller, shop: Shop) -> None:
    make_category(shop, category_id="plates")
    form = {"draft_id": DRAFT, "title": "A clay <pot>", "price": "12.345", "units_on_hand": "many"}
    refused = await seller.client.post("/seller/listings", data=form)
    assert refused.status_code == 422
    assert "A clay &lt;pot&gt;" in refused.text
    assert refused.text.count('aria-invalid="true"') == 2
    saved = await seller.client.post("/seller/listings", data=form | {"price": "1,200.50", "units_on_hand": "2"})
    assert saved.status_code == 303
    again = await seller.client.post("/seller/listings", data=form | {"price": "1,200.50", "units_on_hand": "2"})
    assert again.headers["location"] == saved.headers["location"], "sent twice, listed once"
    product = shop.execute("select product_id, price_minor, is_active from shop.products").fetchall()
    assert [(row["price_minor"], row["is_active"]) for row in product] == [(120_050, False)]
    stale = await seller.client.post(
        f"/seller/listings/{product[0]['product_id']}", data=form | {"price": "1", "units_on_hand": "2", "etag": "old"}
    )
    assert stale.status_code == 422
    assert "changed while you were writing" in stale.text
