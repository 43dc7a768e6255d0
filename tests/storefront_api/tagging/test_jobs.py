"""A catalogue's tagging: each listing once, whatever happens to the worker; the service's absence is waited for."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace.contracts.tagging import TagManyRequest, TagManyResponse
from storefront_api.clients import CatalogueTaggingClient
from storefront_api.tagging import jobs
from tests.factories import make_product
from tests.storefront_api.tagging.conftest import Seller, Tagger, seller_with_shop, suggest

Shop = psycopg.Connection[dict[str, Any]]
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def work(app: FastAPI, batch: int = 4) -> int:
    return await jobs.work(app.state.database, app.state.clients.catalogue_tagging, now=NOW, batch=batch)


async def work_off(app: FastAPI) -> list[int]:
    done = []
    while count := await work(app):
        done.append(count)
    return done


def catalogue(shop: Shop, seller: Seller, count: int = 10) -> None:
    for number in range(count):
        colour = ("blue", "red")[number % 2]
        make_product(shop, seller.seller_id, product_id=f"p{number}", title=f"A {colour} cup {number}", category_id="cups")


async def start(seller: Seller) -> dict[str, Any]:
    answer = await seller.client.post("/v1/tagging-jobs")
    assert answer.status_code == 202
    return dict(answer.json())


async def progress(seller: Seller, job: dict[str, Any]) -> dict[str, Any]:
    return dict((await seller.client.get(f"/v1/tagging-jobs/{job['tagging_job_id']}")).json())


async def test_every_listing_is_tagged_once_and_asked_only_what_it_does_not_say(app: FastAPI, seller: Seller, shop: Shop) -> None:
    catalogue(shop, seller)
    make_product(shop, seller.seller_id, title="Product 7", title_is_generated=True)
    job = await start(seller)
    assert (job["status"], job["product_count"]) == ("running", 10)
    assert (await start(seller))["tagging_job_id"] == job["tagging_job_id"], "one at a time"
    assert await work_off(app) == [4, 4, 2]
    done = await progress(seller, job)
    assert (done["status"], done["done_count"], done["suggestion_count"], done["version"]) == ("done", 10, 10, "1")
    waiting = (await seller.client.get("/v1/tag-suggestions", params={"is_sure": True})).json()
    assert (waiting["sure_count"], waiting["uncertain_count"]) == (10, 0)
    assert {one["attribute"] for one in waiting["items"]} == {"colour"}, "the category is known"
    assert shop.execute("select count(*) as n from shop.products where colour is not null").fetchone() == {"n": 0}


async def test_worker_that_dies_in_a_batch_loses_and_repeats_nothing(app: FastAPI, seller: Seller, shop: Shop) -> None:
    catalogue(shop, seller)
    job = await start(seller)
    await work(app)

    class Stuck(CatalogueTaggingClient):
        async def tag_many(self, request: TagManyRequest) -> TagManyResponse:
            await super().tag_many(request)
            raise RuntimeError("killed")

    http = app.state.clients.catalogue_tagging._http
    stuck = Stuck(http, timeout=app.state.settings.services.tagging.timeout * 20)
    with pytest.raises(RuntimeError):
        await jobs.work(app.state.database, stuck, now=NOW, batch=4)
    assert (await progress(seller, job))["done_count"] == 4
    assert await work_off(app) == [4, 2]
    rows = shop.execute("select product_id, attribute from shop.tag_suggestions").fetchall()
    assert len(rows) == len({tuple(row.values()) for row in rows}) == 20
    assert (await progress(seller, job))["suggestion_count"] == 10


async def test_two_workers_share_no_batch(app: FastAPI, seller: Seller, shop: Shop) -> None:
    catalogue(shop, seller, 12)
    await start(seller)
    done = await asyncio.gather(*(work(app, 3) for _ in range(4)))
    while count := await work(app, 3):
        done.append(count)
    assert sum(done) == 12
    assert shop.execute("select done_count from shop.tagging_jobs").fetchone() == {"done_count": 12}


async def test_absent_service_is_waited_for(app: FastAPI, seller: Seller, shop: Shop, tagger: Tagger) -> None:
    catalogue(shop, seller, 3)
    job = await start(seller)
    tagger.is_down = True
    assert await work(app) == 0
    assert (await progress(seller, job))["status"] == "waiting"
    tagger.is_down = False
    assert await work_off(app) == [3]
    assert (await progress(seller, job))["status"] == "done"


async def test_job_that_fails_lets_others_have_their_turn(app: FastAPI, seller: Seller, shop: Shop) -> None:
    other = await seller_with_shop(app, shop)
    for number, owner in enumerate((seller, other)):
        make_product(shop, owner.seller_id, product_id=f"p{number}", title=f"A blue cup {number}")
        await start(owner)

    class Failing(CatalogueTaggingClient):
        async def tag_many(self, request: TagManyRequest) -> TagManyResponse:
            if request.listings[0].title == "A blue cup 0":
                raise RuntimeError("it does not get on with this one")
            return await super().tag_many(request)

    client = app.state.clients.catalogue_tagging
    failing = Failing(client._http, timeout=app.state.settings.services.tagging.timeout * 20)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await jobs.work(app.state.database, failing, now=NOW)
        await jobs.work(app.state.database, failing, now=NOW)
    states = {row["seller_id"]: row for row in shop.execute("select * from shop.tagging_jobs").fetchall()}
    assert states[seller.seller_id]["waiting_since"] == NOW
    assert (states[other.seller_id]["done_count"], states[other.seller_id]["finished_at"]) == (1, NOW)
    assert await work_off(app) == [1]


async def test_words_that_the_contract_refuses_and_categories_that_are_gone_are_left_out(
    app: FastAPI, seller: Seller, shop: Shop
) -> None:
    make_product(shop, seller.seller_id, product_id="p", title="A blue cup", language="en-" + "x" * 37)
    shop.execute("delete from shop.categories where category_id = 'cups'")
    await start(seller)
    assert await work_off(app) == [1]
    rows = shop.execute("select attribute, suggested_value, category_id from shop.tag_suggestions order by 1").fetchall()
    assert [tuple(row.values()) for row in rows] == [("category", "bowls", "bowls"), ("colour", "blue", "bowls")]
    assert (await suggest(seller, "A red cup", product_id="p"))["category"]["value"] == "bowls"


async def test_newer_version_keeps_answers_and_takes_unanswered_ones_back(
    app: FastAPI, seller: Seller, shop: Shop, tagger: Tagger
) -> None:
    catalogue(shop, seller, 2)
    await start(seller)
    await work_off(app)
    first, second = (await seller.client.get("/v1/tag-suggestions", params={"is_sure": True})).json()["items"]
    await seller.client.post(f"/v1/tag-suggestions/{first['tag_suggestion_id']}/answer", json={"status": "refused"})
    tagger.version = "2"
    again = await start(seller)
    assert await work_off(app) == [2]
    assert (await progress(seller, again))["suggestion_count"] == 1
    rows = shop.execute(
        "select product_id, model_version, status from shop.tag_suggestions where attribute = 'colour' order by 1, 2"
    ).fetchall()
    assert [tuple(row.values()) for row in rows] == [
        (first["product_id"], "1", "refused"), (first["product_id"], "2", "settled"),
        (second["product_id"], "1", "superseded"), (second["product_id"], "2", "suggested"),
    ]  # fmt: skip


async def test_review_list_pages_by_listing_with_the_uncertain_ones_apart(app: FastAPI, seller: Seller, shop: Shop) -> None:
    for number in range(3):
        make_product(shop, seller.seller_id, product_id=f"p{number}", title=f"A clay pot {number}")
    await start(seller)
    await work_off(app)
    seen: list[tuple[str, str]] = []
    cursor = None
    while True:
        given = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await seller.client.get("/v1/tag-suggestions", params=given)).json()
        seen += [(one["product_id"], one["attribute"]) for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [(f"p{number}", attribute) for number in range(3) for attribute in ("category", "material")]
    assert page["uncertain_count"] == 6
    assert page["items"][-1]["is_inferred"]


async def test_progress_is_the_owners(app: FastAPI, seller: Seller, shop: Shop) -> None:
    job = await start(seller)
    stranger = (await seller_with_shop(app, shop)).client
    answer: httpx.Response = await stranger.get(f"/v1/tagging-jobs/{job['tagging_job_id']}")
    assert answer.status_code == 404
