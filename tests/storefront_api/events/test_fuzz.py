"""A thousand fuzzed events: never a server error, every bad one in quarantine with its reason, every good one kept."""

import json
from random import Random
from typing import Any

import httpx
import psycopg

from tests.factories import make_product, make_seller
from tests.storefront_api.events.fuzzed import body_of, broken_bodies, fuzzed_batches

Shop = psycopg.Connection[dict[str, Any]]


async def test_thousand_fuzzed_events(api: httpx.AsyncClient, shop: Shop) -> None:
    await send_fuzzed_events(api, shop, 1_000, seed=11)


async def test_broken_bodies_are_refused_and_kept(api: httpx.AsyncClient, shop: Shop) -> None:
    await send_broken_bodies(api, shop, rounds=5, seed=11)


async def send_fuzzed_events(api: httpx.AsyncClient, shop: Shop, count: int, *, seed: int) -> None:
    """Send them in batches and judge every one by what is in the database."""
    seller = make_seller(shop)["seller_id"]
    products = [str(make_product(shop, seller)["product_id"]) for _ in range(3)]
    good: set[str] = set()
    bad = 0
    for batch in fuzzed_batches(count, products, seed=seed):
        answer = await api.post("/v1/events", content=body_of(batch))
        assert answer.status_code == 202, answer.text
        result = answer.json()
        expected = {index for index, item in enumerate(batch) if item.event_id is None}
        told = {problem["index"]: problem["reason"] for problem in result["problems"]}
        assert told.keys() == expected, [batch[index].text[:200] for index in told.keys() ^ expected]
        assert all(told.values())
        kept = [item.event_id for item in batch if item.event_id is not None]
        assert (result["accepted"], result["duplicates"]) == (len(set(kept)), len(kept) - len(set(kept)))
        good.update(kept)
        bad += len(expected)
    assert {row["event_id"] for row in shop.execute("select event_id from shop.events").fetchall()} == good
    aside = shop.execute("select sum(seen_count)::int as n, bool_and(reason <> '') as has_reason from quarantine.rows").fetchone()
    assert aside == {"n": bad, "has_reason": True}
    assert len(good) > count / 5
    assert bad > count / 2


async def send_broken_bodies(api: httpx.AsyncClient, shop: Shop, *, rounds: int, seed: int) -> None:
    """Each is refused with a problem, and what came of it is kept."""
    rng, sent = Random(seed), 0
    for round_ in range(rounds):
        for body in broken_bodies(fuzzed_batches(5, ["p"], seed=seed + round_)[0], rng):
            answer = await api.post("/v1/events", content=body)
            assert 400 <= answer.status_code < 500, body[:200]
            assert answer.headers["content-type"].startswith("application/problem+json")
            assert json.loads(answer.text)["code"]
            sent += 1
    aside = shop.execute(
        "select sum(seen_count)::int as n, max(length(payload::text)) as longest from quarantine.rows"
    ).fetchone()
    assert aside is not None
    assert aside["n"] == sent
    assert aside["longest"] < 30_000
