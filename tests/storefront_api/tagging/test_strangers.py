"""No seller sees, answers or changes what is another's: every operation on listings and tags, by a stranger."""

from typing import Any

import psycopg
from fastapi import FastAPI

from storefront_api.listings.router import router as listings_api
from storefront_api.pages import seller_listings, seller_tags
from storefront_api.tagging.router import router as tagging_api
from tests.factories import make_product, make_user
from tests.storefront_api.conftest import client_of, signed_in
from tests.storefront_api.tagging.conftest import Seller, say, seller_with_shop, suggest
from tests.storefront_api.test_main import MATRIX, SELLING

Shop = psycopg.Connection[dict[str, Any]]
DRAFT = "draft_0123456789abcdef"
WORDS = {"title": "Mine now", "price_minor": 1}
FORM = {"title": "Mine now", "price": "1", "units_on_hand": "1", "etag": "x"}
# What names another's thing: method, path, arguments. `P` is their product, `T` a suggestion, `J` a job, `D` their draft.
ATTEMPTS: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/v1/tag-suggestions", {"json": {"title": "A red cup", "product_id": "P"}}),
    ("POST", "/v1/tag-suggestions/T/answer", {"json": {"status": "accepted"}}),
    ("GET", "/v1/tagging-jobs/J", {}),
    ("GET", "/v1/listings/P", {}),
    ("PUT", "/v1/listings/P", {"json": WORDS, "headers": {"If-Match": "x"}}),
    ("PUT", "/v1/listings/P/photo", {"files": {"photo": b"x"}}),
    ("GET", "/seller/listings/P", {}),
    ("POST", "/seller/listings/P", {"data": FORM}),
    ("POST", "/seller/listings/photo", {"data": {"listing_id": "P"}, "files": {"photo": b"x"}}),
    ("GET", "/seller/listings/photo/D", {}),
    ("POST", "/seller/tagging/suggest", {"data": {"title": "A red cup", "product_id": "P"}}),
    ("POST", "/seller/tagging/answers/T", {"data": {"status": "refused"}}),
]


def everything(shop: Shop) -> list[Any]:
    return [
        shop.execute(f"select * from shop.{table} order by 1, 2").fetchall()  # type: ignore[arg-type]
        for table in ("products", "stock", "tag_suggestions", "tagging_jobs", "listing_photos", "audit_log")
    ]


async def test_stranger_reaches_nothing_of_another_seller(app: FastAPI, seller: Seller, shop: Shop) -> None:
    product_id = make_product(shop, seller.seller_id, title="A blue cup")["product_id"]
    tag = (await suggest(seller, "A blue cup", product_id=product_id))["colour"]
    job = (await seller.client.post("/v1/tagging-jobs")).json()["tagging_job_id"]
    shop.execute(
        "insert into shop.listing_photos (seller_id, listing_id, photo, thumbnail, content_hash) values (%s, %s, '', 'x', '')",
        (seller.seller_id, DRAFT),
    )
    stranger = await seller_with_shop(app, shop)
    before = everything(shop)
    for method, path, given in ATTEMPTS:
        for name, value in (("P", product_id), ("T", tag["tag_suggestion_id"]), ("J", job), ("D", DRAFT)):
            path = "/".join(value if part == name else part for part in path.split("/"))
            given = {
                key: {k: value if v == name else v for k, v in part.items()} if key in ("json", "data") else part
                for key, part in given.items()
            }
        answer = await stranger.client.request(method, path, **given)
        assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
    for path in ("/v1/tag-suggestions", "/v1/tag-suggestions?is_sure=true", "/v1/listings"):
        assert (await stranger.client.get(path)).json()["items"] == []
    assert (await stranger.client.get("/v1/tag-acceptance")).json()["total"]["answered_count"] == 0
    assert everything(shop) == before


async def test_draft_of_the_same_name_is_each_sellers_own(app: FastAPI, seller: Seller, shop: Shop) -> None:
    stranger = await seller_with_shop(app, shop)
    own, other = await suggest(seller, "A blue cup", draft_id=DRAFT), await suggest(stranger, "A blue cup", draft_id=DRAFT)
    assert own["colour"]["tag_suggestion_id"] != other["colour"]["tag_suggestion_id"]
    assert (await say(stranger, other["colour"], status="accepted")).status_code == 200
    made = await stranger.client.post("/v1/listings", json=WORDS | {"draft_id": DRAFT})
    assert made.status_code == 201
    kept = shop.execute("select status, product_id from shop.tag_suggestions where seller_id = %s", (seller.seller_id,))
    assert {tuple(row.values()) for row in kept.fetchall()} == {("suggested", None)}


async def test_pages_of_listings_are_for_sellers_and_administrators_only_look(app: FastAPI, seller: Seller, shop: Shop) -> None:
    looked_at = {("GET", "/seller/listings"), ("GET", "/seller/tagging/acceptance")}
    admin = await signed_in(app, make_user(shop, role="admin")["email"])
    strangers = [await signed_in(app, make_user(shop, role=role)["email"]) for role in ("customer", "analyst")]
    form = FORM | {"draft_id": DRAFT, "listing_id": DRAFT, "status": "accepted"}
    for route in [*seller_listings.router.routes, *seller_tags.router.routes]:
        path, method = route.path.replace("{", "").replace("}", ""), next(iter(route.methods))  # type: ignore[attr-defined]
        given: dict[str, Any] = {"data": form, "files": {"photo": b"x"}} if method == "POST" else {}
        async with client_of(app) as guest:
            assert (await guest.request(method, path, **given)).status_code == 401, path
        for stranger in strangers:
            assert (await stranger.request(method, path, **given)).status_code == 403, path
        chosen = await admin.request(method, path, params={"seller_id": seller.seller_id}, **given)
        assert chosen.status_code == (200 if (method, path) in looked_at else 403), path


def test_matrix_of_roles_knows_every_operation_on_listings_and_tags() -> None:
    asked = {(method, path) for method, path, *_ in [*SELLING, *MATRIX]}
    offered = {(next(iter(route.methods)), route.path) for api in (listings_api, tagging_api) for route in api.routes}  # type: ignore[attr-defined]
    names = ("{product_id}", "{tag_suggestion_id}", "{tagging_job_id}")
    for name in names:
        offered = {(method, path.replace(name, "none")) for method, path in offered}
    assert offered <= asked
