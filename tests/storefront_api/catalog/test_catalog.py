"""The catalogue through its endpoints."""

from datetime import timedelta
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from storefront_api.catalog import repository
from tests.factories import NOON, make_category, make_customisation, make_product, make_seller

Shop = psycopg.Connection[dict[str, Any]]


async def listed(api: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await api.get("/v1/products", params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def test_pages_neither_repeat_nor_skip_while_products_are_listed(shop: Shop, api: httpx.AsyncClient) -> None:
    seller = make_seller(shop)["seller_id"]
    for number in range(5):
        make_product(shop, seller, title=f"Mug {number}", listed_at=NOON + timedelta(hours=number))
    seen: list[str] = []
    cursor = None
    while True:
        page = (await api.get("/v1/products", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["title"] for item in page["items"]]
        make_product(shop, seller, title="Newcomer", listed_at=NOON + timedelta(days=1))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["Mug 4", "Mug 3", "Mug 2", "Mug 1", "Mug 0"]


async def test_equal_prices_are_paged_by_id(shop: Shop, api: httpx.AsyncClient) -> None:
    seller = make_seller(shop)["seller_id"]
    wanted = sorted(make_product(shop, seller, price_minor=500)["product_id"] for _ in range(4))
    first = (await api.get("/v1/products", params={"order": "price", "limit": 3})).json()
    rest = (await api.get("/v1/products", params={"order": "price", "limit": 3, "cursor": first["next_cursor"]})).json()
    assert [item["product_id"] for item in first["items"] + rest["items"]] == wanted


async def test_filters_narrow_and_a_parent_category_holds_its_children(shop: Shop, api: httpx.AsyncClient) -> None:
    home = make_category(shop)["category_id"]
    mugs = make_category(shop, parent_category_id=home)["category_id"]
    seller, other = make_seller(shop)["seller_id"], make_seller(shop)["seller_id"]
    make_product(shop, seller, title="Blue mug", category_id=mugs, colour="blue", price_minor=300)
    make_product(shop, seller, title="Red mug", category_id=mugs, colour="red", price_minor=700, units=0)
    make_product(shop, other, title="Quilt", price_minor=900)
    assert sorted(await listed(api, category_id=home)) == ["Blue mug", "Red mug"]
    assert await listed(api, colour="red") == ["Red mug"]
    assert await listed(api, seller_id=other) == ["Quilt"]
    assert await listed(api, price_min=300, price_max=699) == ["Blue mug"]
    assert await listed(api, category_id=home, in_stock=True) == ["Blue mug"]


async def test_search_finds_words_and_parts_of_titles_in_both_scripts(shop: Shop, api: httpx.AsyncClient) -> None:
    seller = make_seller(shop)["seller_id"]
    make_product(shop, seller, title="Walnut serving board", description="for bread and cheese")
    make_product(shop, seller, title="কাঠের বোর্ড")
    make_product(shop, seller, title="Silk 100% pure")
    assert await listed(api, query="cheese") == ["Walnut serving board"]
    assert await listed(api, query="waln") == ["Walnut serving board"]
    assert await listed(api, query="বোর্ড") == ["কাঠের বোর্ড"]
    assert await listed(api, query="100%") == ["Silk 100% pure"]
    assert await listed(api, query="%") == ["Silk 100% pure"]


async def test_cursor_of_another_order_is_refused(shop: Shop, api: httpx.AsyncClient) -> None:
    seller = make_seller(shop)["seller_id"]
    for _ in range(2):
        make_product(shop, seller)
    cursor = (await api.get("/v1/products", params={"limit": 1})).json()["next_cursor"]
    for bad in ({"cursor": cursor, "order": "price"}, {"cursor": "nonsense"}, {"order": "relevance"}):
        assert (await api.get("/v1/products", params=bad)).status_code == 422


async def test_product_is_sent_again_only_when_it_changed(shop: Shop, api: httpx.AsyncClient) -> None:
    product = make_product(shop, make_seller(shop)["seller_id"])["product_id"]
    first = await api.get(f"/v1/products/{product}")
    again = await api.get(f"/v1/products/{product}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    shop.execute("update shop.stock set units_on_hand = 3 where product_id = %s", (product,))
    changed = await api.get(f"/v1/products/{product}", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["units_on_hand"]) == (200, 3)


async def test_products_of_a_suspended_seller_are_gone(shop: Shop, api: httpx.AsyncClient) -> None:
    product = make_product(shop, make_seller(shop, status="suspended")["seller_id"])["product_id"]
    assert await listed(api) == []
    assert (await api.get(f"/v1/products/{product}")).status_code == 404


async def test_quote_adds_choices_per_piece(shop: Shop, api: httpx.AsyncClient) -> None:
    product = make_product(shop, make_seller(shop)["seller_id"], price_minor=100_000)["product_id"]
    engraving = make_customisation(shop, product, price_minor=5_000)["customisation_id"]
    wish = {"choices": {engraving: "Maya"}, "quantity": 3}
    quote = (await api.post(f"/v1/products/{product}/quote", json=wish)).json()
    assert (quote["unit_price_minor"], quote["customisation_minor"], quote["total_minor"]) == (100_000, 5_000, 315_000)
    refused = await api.post(f"/v1/products/{product}/quote", json={"choices": {engraving: "far too long a name"}})
    assert refused.status_code == 422


async def test_picture_cannot_run_anything_and_a_missing_one_is_drawn(shop: Shop, api: httpx.AsyncClient) -> None:
    seller = make_seller(shop)["seller_id"]
    drawn = make_product(shop, seller, picture_svg="<svg xmlns='http://www.w3.org/2000/svg'/>")["product_id"]
    bare = make_product(shop, seller, title="</text><script>alert(1)</script>")["product_id"]
    answer = await api.get(f"/pictures/{drawn}.svg")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "<script" not in (await api.get(f"/pictures/{bare}.svg")).text
    assert (await api.get("/pictures/none.svg")).status_code == 404


async def test_drawing_is_sent_again_only_when_its_product_changed(shop: Shop, api: httpx.AsyncClient) -> None:
    seller = make_seller(shop)["seller_id"]
    drawn = make_product(shop, seller, picture_svg="<svg xmlns='http://www.w3.org/2000/svg'/>")["product_id"]
    bare = make_product(shop, seller)["product_id"]
    for product, column in ((drawn, "picture_svg"), (bare, "title")):
        path = f"/pictures/{product}.svg"
        first = await api.get(path)
        known = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        again = await api.get(path, headers=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        shop.execute(f"update shop.products set {column} = 'another' where product_id = %s", (product,))
        changed = await api.get(path, headers=known)
        assert (changed.status_code, changed.headers["etag"] != first.headers["etag"]) == (200, True)


async def test_picture_that_is_known_is_not_read(shop: Shop, database_url: str) -> None:
    seller = make_seller(shop)["seller_id"]
    drawn, photographed = (make_product(shop, seller, picture_svg="<svg/>")["product_id"] for _ in range(2))
    shop.execute(
        "insert into shop.listing_photos (seller_id, listing_id, photo, thumbnail, content_hash)"
        " values (%s, %s, 'large', 'small', 'h')",
        (seller, photographed),
    )
    async with await psycopg.AsyncConnection.connect(database_url, row_factory=dict_row) as connection:
        for product, content in ((drawn, b"<svg/>"), (photographed, b"small")):
            found = await repository.picture(connection, product, is_small=True)
            assert found is not None
            assert found["content"] == content
            again = await repository.picture(connection, product, is_small=True, known=[found["version"]])
            assert again == found | {"content": None}
