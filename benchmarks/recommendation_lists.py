"""What does a list made ahead of time cost to serve, and what do the lists of a million people take?

`python -m benchmarks.recommendation_lists [--seconds S] [--people N]`: processor time of the storefront for a list, beside
FastAPI's hello, the same hello behind the storefront's middleware, and a plain ASGI function that sends the same bytes, in turn
on the same settings; then what published lists take on disk and in a process that reads them, and the vectors of half a million
products with their index.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks._growth import bar, in_a_process, machine, throw_away_postgres
from benchmarks._served import answer_of, per_request, served
from benchmarks.recommendation_search import PRODUCTS, vectors

SEED = 7
SECRET = "a secret of the benchmark that is long enough"
PLACES, ROUNDS = 50, 9
ANSWER = "BENCHMARK_ANSWER"
OURS, HELLO, GUARDED, BYTES = "one's own list", "FastAPI's hello", "hello behind our middleware", "the same bytes, plain ASGI"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.5, help="how long each server is asked at a time")
    parser.add_argument("--people", type=int, default=200_000, help="whose lists are published to be weighed")
    asked = parser.parse_args()
    print(machine())
    good = warm_list(asked.seconds)
    memory(asked.people)
    return 0 if good else 1


def warm_list(seconds: float, customer_count: int = 2_000) -> bool:
    """Processor time of each server per request, the servers in turn."""
    from marketplace import top_lists
    from marketplace.vocabulary import Role
    from storefront_api.security import Signer

    customers = [f"customer-{number:06d}" for number in range(customer_count)]
    now, signer = datetime.now(UTC), Signer(SECRET)
    # Each request comes from another address, as behind a proxy: the limits count as they do in the shop.
    asked = [
        f"GET /v1/customers/{one}/top-list HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 10.0.{at // 250}.{at % 250}\r\n"
        f"Authorization: Bearer {signer.access_token(one, Role.CUSTOMER, now=now, lifetime=timedelta(hours=1))}\r\n\r\n"
        for at, one in enumerate(customers)
    ]
    hello = ["GET /hello HTTP/1.1\r\nHost: shop\r\n\r\n"]
    guarded = [request.replace(f"/v1/customers/{one}/top-list", "/hello") for request, one in zip(asked, customers, strict=True)]
    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder, throw_away_postgres() as postgres:
        lists = top_lists.folder_of(Path(folder), "recommendation")
        top_lists.publish(lists, made_up(customers), model="recommendation", version="1", computed_at=now.isoformat())
        environment = os.environ | {
            "MARKETPLACE_STATE_DIR": folder,
            "MARKETPLACE_DATABASE__URL": postgres.url("postgres"),
            "MARKETPLACE_STOREFRONT__SECRET_KEY": SECRET,
            "MARKETPLACE_STOREFRONT__TRUSTED_PROXIES": "1",
            ANSWER: str(Path(folder) / "answer.json"),
        }
        here = "benchmarks.recommendation_lists"
        with ExitStack() as running:
            shop = running.enter_context(served("storefront_api.main:served_app", environment))
            headers, body = answer_of(shop, asked[0])
            Path(environment[ANSWER]).write_text(json.dumps({"headers": headers, "body": body.decode()}))
            servers = {
                OURS: (shop, asked),
                HELLO: (running.enter_context(served(f"{here}:hello_app", environment)), hello),
                GUARDED: (running.enter_context(served(f"{here}:guarded_hello_app", environment)), guarded),
                BYTES: (running.enter_context(served(f"{here}:bytes_app", environment)), asked),
            }
            rounds = [
                {name: per_request(server, requests, seconds) for name, (server, requests) in servers.items()}
                for _ in range(ROUNDS)
            ]
    spent = {name: 1e6 * float(np.median([one[name] for one in rounds])) for name in servers}
    told = ", ".join(f"{name} {value:.0f} µs" for name, value in spent.items())
    print(f"of the server a request, medians of {ROUNDS} rounds: {told}")
    print(f"{OURS} beside {GUARDED}: {spent[OURS] / spent[GUARDED]:.2f}×")
    return bar(f"{OURS} beside {HELLO}", spent[OURS] / spent[HELLO], 0.6)


def made_up(customers: list[str]) -> Iterator[tuple[str, list[Any]]]:
    """Fifty places for each, of ten thousand products and a thousand sentences."""
    from marketplace.top_lists import Listed

    sentences = [f"Because you viewed thing {number}" for number in range(1_000)]
    for at, one in enumerate(customers):
        yield (
            one,
            [
                Listed(f"product-{(place * 7919 + at) % 9973:06d}", 1.0, "ease", sentences[(at + place) % 1_000])
                for place in range(PLACES)
            ],
        )


def hello_app() -> Any:
    """The peer: a dictionary from a coroutine."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"message": "hello world"}

    return app


def guarded_hello_app() -> Any:
    """The peer behind what the storefront asks of every request: who it is, how often they may, and our headers."""
    from marketplace.settings import load_settings
    from storefront_api.middleware import RequestContextMiddleware
    from storefront_api.rate_limit import RateLimitMiddleware
    from storefront_api.security import Signer
    from storefront_api.telemetry import Metrics

    app, settings = hello_app(), load_settings().storefront
    app.add_middleware(
        RateLimitMiddleware,
        per_user=settings.requests_per_minute_per_user,
        per_address=settings.requests_per_minute_per_address,
    )
    app.add_middleware(RequestContextMiddleware, signer=Signer(SECRET), metrics=Metrics(), proxy_count=1, is_secure=False)
    return app


def bytes_app() -> Any:
    """The floor: what uvicorn takes to send the storefront's own answer, known beforehand."""
    answer = json.loads(Path(os.environ[ANSWER]).read_text())
    headers = [(name.encode(), value.encode()) for name, value in answer["headers"]]
    body = answer["body"].encode()

    async def app(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return app


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def memory(people: int) -> None:
    """What published lists, and vectors with their index, take."""
    from marketplace import top_lists

    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder:
        customers = [f"customer-{at:07d}" for at in range(people)]
        began = time.process_time()
        name = top_lists.publish(
            Path(folder), made_up(customers), model="m", version="1", computed_at="2026-01-01T00:00:00+00:00"
        )
        wrote = time.process_time() - began
        size = sum(path.stat().st_size for path in (Path(folder) / name).iterdir()) / 1e6
        print(f"lists of {people:,} people: {size:,.0f} MB on disk, written in {wrote:.0f} processor seconds")
        (own, mapped, found, told), _ = in_a_process(read_lists, Path(folder) / name, people)
        print(
            f"a process that read 200,000 of them: {own:.0f} MB more of its own, and {mapped:,.0f} MB of pages of the files that "
            f"all processes share; a customer is found in {found:.1f} µs, told as JSON in {told:.1f} µs"
        )
    (before, after), _ = in_a_process(indexed_vectors)
    print(f"vectors of {PRODUCTS:,} products and their index: {after - before:,.0f} MB; people have none, they are folded in")


def read_lists(folder: Path, people: int) -> tuple[float, float, float, float]:
    """Megabytes of its own and of mapped pages that reading took, and microseconds to find and to tell a list."""
    from marketplace.top_lists import Version

    asked = [f"customer-{at:07d}" for at in np.random.default_rng(SEED).integers(0, people, 200_000)]
    before = psutil.Process().memory_info()
    version = Version.open(folder)
    began = time.process_time()
    for customer in asked:
        version.row(customer)
    found = time.process_time() - began
    began = time.process_time()
    for customer in asked:
        version.as_json(customer)
    told = time.process_time() - began
    after = psutil.Process().memory_info()
    mapped = after.shared - before.shared
    own = after.rss - before.rss - mapped
    return own / 1e6, mapped / 1e6, 1e6 * found / len(asked), 1e6 * told / len(asked)


def indexed_vectors() -> tuple[float, float]:
    """Megabytes before and after."""
    from models.recommendation.collaborative import LatentTaste

    before = psutil.Process().memory_info().rss / 1e6
    taste = LatentTaste(vectors(PRODUCTS, np.random.default_rng(SEED)), 5.0, 5.0)
    assert taste.index is not None
    return before, psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    sys.exit(main())
