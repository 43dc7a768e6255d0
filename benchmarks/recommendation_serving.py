"""What does a recommendation cost to serve, beside named peers in the same run?

`python -m benchmarks.recommendation_serving [--customers N] [--seconds S]`: processor time throughout; the clock of a shared
machine says little. In turn: the list made ahead of time beside FastAPI's hello on the same server; the two stages online;
the best hundred of all products beside one product of numpy; the nightly fifty of everybody beside `implicit`; how a request
grows with people and products; and what a million people and half a million products take in memory.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from benchmarks._growth import growth_exponent, machine, throw_away_postgres

if TYPE_CHECKING:
    from models.recommendation import RecommendationModel

SEED = 7
SECRET = "a secret of the benchmark that is long enough"
PRODUCTS, FACTORS, BEST = 500_000, 64, 100
PEOPLE = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each server is asked at a time")
    asked = parser.parse_args()
    print(machine())
    good = [
        warm_list(asked.seconds),
        *online(asked.customers),
        exact_hundred(),
        nightly(),
        *growth(),
    ]
    memory()
    return 0 if all(good) else 1


def bar(what: str, value: float, limit: float, unit: str = "×") -> bool:
    """Print whether a figure keeps to its bar."""
    holds = value <= limit
    print(f"{what}: {value:.2f}{unit} (bar {limit:g}{unit}): {'holds' if holds else 'DOES NOT HOLD'}", flush=True)
    return holds


# ── the list made ahead of time ──────────────────────────────────────────────────────────────────────────────────────────


def warm_list(seconds: float) -> bool:
    """Processor time of the server per request, storefront and hello in turn."""
    from marketplace import top_lists
    from marketplace.top_lists import Listed
    from marketplace.vocabulary import Role
    from storefront_api.security import Signer

    customers = [f"customer-{number:06d}" for number in range(2_000)]
    now, signer = datetime.now(UTC), Signer(SECRET)
    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder, throw_away_postgres() as postgres:
        lists = (
            (one, [Listed(f"product-{(place * 7919 + at) % 9973:06d}", 1.0, "ease", "Said") for place in range(50)])
            for at, one in enumerate(customers)
        )
        top_lists.publish(
            top_lists.folder_of(Path(folder), "recommendation"),
            lists,
            model="recommendation",
            version="1",
            computed_at=now.isoformat(),
        )
        environment = os.environ | {
            "MARKETPLACE_STATE_DIR": folder,
            "MARKETPLACE_DATABASE__URL": postgres.url("postgres"),
            "MARKETPLACE_STOREFRONT__SECRET_KEY": SECRET,
            # Each request comes from another address, as behind a proxy: the limits count as they do in the shop.
            "MARKETPLACE_STOREFRONT__TRUSTED_PROXIES": "1",
        }
        ours = [
            f"GET /v1/customers/{one}/top-list HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 10.0.{at // 250}.{at % 250}\r\n"
            f"Authorization: Bearer {signer.access_token(one, Role.CUSTOMER, now=now, lifetime=timedelta(hours=1))}\r\n\r\n"
            for at, one in enumerate(customers)
        ]
        hello = ["GET /hello HTTP/1.1\r\nHost: shop\r\n\r\n"]
        with (
            served("storefront_api.main:create_app", environment) as shop,
            served("benchmarks.recommendation_serving:hello_app", environment) as peer,
        ):
            rounds = [(per_request(peer, hello, seconds), per_request(shop, ours, seconds)) for _ in range(5)]
    theirs, own = (float(np.median(column)) * 1e6 for column in zip(*rounds, strict=True))
    print(
        f"the list made ahead of time: {own:.0f} µs of the server a request, FastAPI's hello {theirs:.0f} µs, medians of 5 rounds"
    )
    return bar("beside FastAPI's hello", own / theirs, 0.6)


def hello_app() -> Any:
    """The peer: a dictionary from a coroutine."""
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"message": "hello world"}

    return app


Served = tuple[psutil.Process, int]


@contextmanager
def served(factory: str, environment: dict[str, str]) -> Iterator[Served]:
    """A server by the settings of the storefront, on the first core where there are two."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", factory, "--factory", "--workers", "1", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--no-access-log", "--log-level", "warning"]
    server = subprocess.Popen(command, env=environment)
    try:
        process = psutil.Process(server.pid)
        cores = sorted(os.sched_getaffinity(0))
        process.cpu_affinity(cores[:1])
        os.sched_setaffinity(0, set(cores[1:]) or set(cores))
        _until_it_listens(port, server)
        yield process, port
    finally:
        os.sched_setaffinity(0, set(cores))
        server.terminate()
        server.wait(20)


def _until_it_listens(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"a server ended with {server.returncode} before it listened")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("a server does not listen after a minute")


def per_request(server: Served, requests: Sequence[str], seconds: float) -> float:
    """Processor seconds of the server for one answer, asked over sixteen connections that stay open.

    Raises:
        SystemExit: an answer was not 200.
    """
    process, port = server
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(16)]
    encoded = [request.encode() for request in requests]

    def ask(first: int) -> None:
        for at, connection in enumerate(connections):
            connection.sendall(encoded[(first + at) % len(encoded)])
        for connection in connections:
            _read_answer(connection)

    for first in range(0, 2_000, len(connections)):
        ask(first)
    count, before, until = 0, _seconds_of(process), time.monotonic() + seconds
    while time.monotonic() < until:
        ask(count)
        count += len(connections)
    spent = _seconds_of(process) - before
    for connection in connections:
        connection.close()
    return spent / count


def _read_answer(connection: socket.socket) -> None:
    answer = b""
    while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + _length(answer):
        part = connection.recv(65536)
        if not part:
            raise SystemExit(f"the server hung up after {answer[:200]!r}")
        answer += part
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"not answered: {answer[:300]!r}")


def _length(answer: bytes) -> int:
    _, _, rest = answer.lower().partition(b"content-length: ")
    return int(rest.split(b"\r", 1)[0])


def _seconds_of(process: psutil.Process) -> float:
    """Of the server itself, in itself and in the kernel."""
    times = process.cpu_times()
    return float(times.user + times.system)


# ── two stages online ────────────────────────────────────────────────────────────────────────────────────────────────────


def online(customers: int) -> list[bool]:
    """Processor milliseconds of each request of a warm model, outside and inside a session."""
    from benchmarks.shelf_rules import simulated
    from models.recommendation import RecommendationConfig, train
    from models.recommendation.ranker import LambdaRank

    model = train(simulated(customers), RecommendationConfig())
    rng = np.random.default_rng(SEED)
    asked = rng.choice(model.customer_ids, 400).tolist()
    sessions = [rng.choice(model.catalogue.product_ids, 5, replace=False).tolist() for _ in asked]
    print(f"{len(model.customer_ids):,} customers, {len(model.catalogue.product_ids):,} products, {model.ranker_words}")
    if isinstance(model.ranker, LambdaRank):
        row = model.asked(model.customer_rows(asked[:1]))
        candidates = model.first_stage.propose(row)
        features = model.first_stage.features(row, candidates)
        trees = milliseconds(lambda _: model.ranker.score(features, model.first_stage.columns), range(100))
        print(f"LightGBM's predict alone, {len(candidates)} candidates: p50 {np.percentile(trees, 50):.2f} ms")
    good = []
    for name, seen in (("without a session", [()] * len(asked)), ("in a session of five", sessions)):
        spent = costs(model, asked, seen)
        good.append(bar(f"recommend {name}, p50", float(np.percentile(spent, 50)), 5, " ms"))
        good.append(bar(f"recommend {name}, p99", float(np.percentile(spent, 99)), 20, " ms"))
    return good


def costs(model: "RecommendationModel", customers: Sequence[str], sessions: Sequence[Sequence[str]]) -> np.ndarray:
    """Processor milliseconds of each request."""
    pairs = list(zip(customers, sessions, strict=True))
    for customer, seen in pairs[:50]:
        model.recommend(customer_id=customer, recent_product_ids=seen, k=20)
    return milliseconds(lambda pair: model.recommend(customer_id=pair[0], recent_product_ids=pair[1], k=20), pairs)


def milliseconds(work: Callable[[Any], object], each: Sequence[Any]) -> np.ndarray:
    spent = []
    for one in each:
        began = time.process_time_ns()
        work(one)
        spent.append((time.process_time_ns() - began) / 1e6)
    return np.array(spent)


# ── everything looked through ────────────────────────────────────────────────────────────────────────────────────────────


def vectors(count: int, rng: np.random.Generator) -> np.ndarray:
    """Like those of a factorisation: their lengths spread."""
    return (rng.normal(size=(count, FACTORS)) * rng.lognormal(0, 0.5, (count, 1))).astype(np.float32)


def exact_hundred() -> bool:
    """The best hundred of half a million beside the product that scores them."""
    from models.recommendation.exact import largest

    rng = np.random.default_rng(SEED)
    table, questions = vectors(PRODUCTS, rng), vectors(41, rng)
    for question in questions[:3]:
        positions, values = largest(table @ question, BEST)
        scores = table @ question
        expected = np.lexsort((np.arange(PRODUCTS), -scores))[:BEST]
        assert positions.tolist() == expected.tolist()
        assert values.tolist() == scores[expected].tolist()
    ours, theirs = [], []
    for question in questions:
        theirs.append(milliseconds(lambda one: table @ one, [question])[0])
        ours.append(milliseconds(lambda one: largest(table @ one, BEST), [question])[0])
    mine, numpys = float(np.median(ours)), float(np.median(theirs))
    print(f"best {BEST} of {PRODUCTS:,} × {FACTORS}: {mine:.2f} ms, numpy's X @ q {numpys:.2f} ms, medians of {len(ours)}")
    return bar("beside numpy's X @ q", mine / numpys, 1.1)


def nightly(users: int = 10_000, items: int = 20_000) -> bool:
    """The fifty of everybody beside `implicit`, which gets the same factors and must say the same."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy import sparse

    from models.recommendation.exact import largest_of_each

    rng = np.random.default_rng(SEED)
    model = AlternatingLeastSquares(factors=FACTORS, num_threads=1)
    model.user_factors, model.item_factors = vectors(users, rng), vectors(items, rng)
    nothing = sparse.csr_matrix((users, items), dtype=np.float32)

    def ours() -> tuple[np.ndarray, np.ndarray]:
        """By blocks of people, as many as `implicit` takes at a time."""
        blocks = (model.user_factors[first : first + 64] @ model.item_factors.T for first in range(0, users, 64))
        positions, values = zip(*(largest_of_each(scores, 50) for scores in blocks), strict=True)
        return np.concatenate(positions), np.concatenate(values)

    def theirs() -> tuple[np.ndarray, np.ndarray]:
        ids, scores = model.recommend(np.arange(users), nothing, N=50, filter_already_liked_items=False)
        return ids, scores

    (positions, values), (ids, scores) = ours(), theirs()
    np.testing.assert_allclose(values, scores, rtol=1e-4, atol=1e-4)
    differing = int((positions != ids).sum())
    assert differing <= 1e-4 * ids.size, f"{differing} of {ids.size} places differ"  # sums that differ in their last bit
    spent = [(milliseconds(lambda _: ours(), [0])[0], milliseconds(lambda _: theirs(), [0])[0]) for _ in range(3)]
    mine, implicits = (min(column) for column in zip(*spent, strict=True))
    print(
        f"fifty of {items:,} for {users:,} people: {1e3 * users / mine:,.0f} people a second, implicit "
        f"{1e3 * users / implicits:,.0f}; {differing} of {ids.size:,} places differ"
    )
    return bar("beside implicit's recommend", mine / implicits, 1.0)


# ── growth ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def growth() -> list[bool]:
    """What a request costs when there are three and ten times as many people, then products."""
    good = []
    for what, sizes, limit in (
        ("people", [(factor * 1_000, 1_000) for factor in (1, 3, 10)], 0.1),
        ("products", [(1_000, factor * 1_000) for factor in (1, 3, 10)], 0.3),
    ):
        spent = [_request_cost(people, products) for people, products in sizes]
        told = ", ".join(f"{p:,} × {q:,}: {cost:.2f} ms" for (p, q), cost in zip(sizes, spent, strict=True))
        print(f"a request by {what} (people × products): {told}")
        sizes_of = [people if what == "people" else products for people, products in sizes]
        good.append(bar(f"exponent over {what}", growth_exponent(sizes_of, spent), limit, ""))
    return good


def _request_cost(people: int, products: int) -> float:
    """The median of a request of a model of made-up people, each with the same number of deeds."""
    from models.recommendation import RecommendationConfig

    model = made_up(people, products, RecommendationConfig(ease_most_products=0, iterations=3))
    rng = np.random.default_rng(SEED)
    asked = rng.choice(model.customer_ids, 150).tolist()
    return float(np.median(costs(model, asked, [()] * len(asked))))


def made_up(people: int, products: int, config: Any) -> "RecommendationModel":
    """Sources over twenty deeds per person, some products ten times as famous as others, ranked by a blend of all."""
    import pandas as pd

    from models.recommendation import TrainingSet, train

    rng = np.random.default_rng(SEED)
    fame = rng.pareto(1.5, products) + 0.1
    deeds = 20 * people
    until = pd.Timestamp("2026-01-01", tz="UTC")
    taken = rng.choice(products, deeds, p=fame / fame.sum())
    interactions = pd.DataFrame(
        {
            "customer_id": [f"c{number:07d}" for number in np.repeat(np.arange(people), 20)],
            "product_id": [f"p{number:07d}" for number in taken],
            "interaction_type": rng.choice(["view", "cart", "purchase"], deeds, p=[0.85, 0.1, 0.05]),
            "interacted_at": until - pd.to_timedelta(rng.random(deeds) * 90, unit="D"),
        }
    )
    numbers = np.arange(products)
    catalogue = pd.DataFrame(
        {
            "product_id": [f"p{number:07d}" for number in numbers],
            "seller_id": [f"s{number % 97}" for number in numbers],
            "category_id": [f"k{number % 20}" for number in numbers],
            "category_path": [f"Category {number % 20}" for number in numbers],
            "title": [f"Thing {number % 211} of kind {number % 89}" for number in numbers],
            "description": [f"made by hand {number % 57}" for number in numbers],
            "colour": "blue",
            "material": None,
            "occasion": None,
            "price_minor": 1_000 + numbers,
            "is_active": True,
            "listed_at": until - pd.Timedelta(days=120),
        }
    )
    categories = pd.DataFrame(
        {"category_id": [f"k{n}" for n in range(20)], "parent_category_id": None, "name": [f"Category {n}" for n in range(20)]}
    )
    return train(TrainingSet(interactions, catalogue, categories, until), config)


# ── memory ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def memory(measured_people: int = 100_000) -> None:
    """The size of the lists and vectors; lists are written for a tenth of the people, and grow in proportion."""
    from marketplace import top_lists
    from marketplace.top_lists import Listed, Version

    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as folder:
        sentences = [f"Because you viewed thing {number}" for number in range(1_000)]
        lists = (
            (
                f"customer-{at:07d}",
                [Listed(f"p{(at + place) % 50_000:07d}", 1.0, "ease", sentences[at % 1_000]) for place in range(50)],
            )
            for at in range(measured_people)
        )
        name = top_lists.publish(Path(folder), lists, model="m", version="1", computed_at="2026-01-01T00:00:00+00:00")
        size = sum(path.stat().st_size for path in (Path(folder) / name).iterdir())
        version = Version.open(Path(folder) / name)
        asked = [f"customer-{at:07d}" for at in np.random.default_rng(SEED).integers(0, measured_people, 20_000)]
        began = time.process_time()
        for customer in asked:
            version.row(customer)
        found = (time.process_time() - began) / len(asked)
        began = time.process_time()
        for customer in asked:
            version.as_json(customer)
        told = (time.process_time() - began) / len(asked)
    whole = size / 1e6 * PEOPLE / measured_people
    print(f"lists of {measured_people:,} people: {size / 1e6:.0f} MB measured; {whole:,.0f} MB for {PEOPLE:,}, extrapolated")
    print(f"a customer is found in {found * 1e6:.1f} µs, told as JSON in {told * 1e6:.1f} µs")
    factors = PRODUCTS * FACTORS * 4 / 1e6
    print(f"vectors of {PRODUCTS:,} products: {factors:.0f} MB (by their size); people have none, they are folded in")


if __name__ == "__main__":
    sys.exit(main())
