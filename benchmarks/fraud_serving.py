"""What does a fraud score cost to serve, and how long does checkout wait for its decision?

`python -m benchmarks.fraud_serving [--seconds S] [--rate R] [--load-seconds S]`: processor time of a server per request with 32
at once, for the bare scoring path (the request parsed, its stored features read, both models asked), the hosted Bento service,
and a plain endpoint with the same scores, beside FastAPI's hello, in turn on the same settings; then how long the whole decision
of a checkout takes, whose attempts arrive whether or not the last one is done, a quarter of them at one seller who had 5,000 on
each day of a month. The model learnt a small simulated shop.

Requests that come while others are scored share the next pass, reading and models (`serving/together.py`): with 32 at once most
do, which the plain endpoint does not know how to. What one alone costs is printed beside.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks._checkout_load import arrive, people
from benchmarks._fraud_shop import FOLDER, SEED, Shop, publish, simulated_shop, store_features
from benchmarks._growth import bar, in_a_process, machine, throw_away_postgres
from benchmarks._served import Served, answer_of, per_request, running, served, unused_port

if TYPE_CHECKING:
    from marketplace.contracts.fraud import FraudScoreRequest

CONCURRENCY, ROUNDS, COMPARED = 32, 5, 64
SCORING, HOSTED, PLAIN, HELLO = "scoring path", "Bento service", "plain endpoint", "FastAPI's hello"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=2, help="how long each server is asked at a time")
    parser.add_argument("--rate", type=float, default=200, help="attempts to pay a second")
    parser.add_argument("--load-seconds", type=float, default=20, help="how long they go on")
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(prefix="cy-bench-", dir="/tmp") as name, throw_away_postgres() as postgres:
        folder = Path(name)
        shop = simulated_shop(folder / "simulated")
        print(f"{len(shop.training_set.frame):,} attempts to learn from, {len(shop.requests):,} to ask about", flush=True)
        publish(shop, folder)
        database_url = postgres.url()
        _prepare(shop, database_url)
        environment = os.environ | {
            FOLDER: name,
            "MARKETPLACE_STATE_DIR": name,
            "MARKETPLACE_DATABASE__URL": database_url,
            # Nobody listens there: the service takes the model that it served last.
            "MARKETPLACE_MLFLOW__PORT": "9",
            "MARKETPLACE_SERVICES__FRAUD__PORT": str(unused_port()),
        }
        good = servers(shop, environment, asked.seconds)
        good += checkout(shop, environment, rate=asked.rate, seconds=asked.load_seconds)
    return 0 if all(good) else 1


def _prepare(shop: Shop, database_url: str) -> None:
    from storefront_api.migrations import migrate

    migrate(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
    store_features(shop, database_url)
    people(database_url, shop.requests)


def servers(shop: Shop, environment: dict[str, str], seconds: float) -> list[bool]:
    """Whether the scores agree, and whether the processor time of each server per request keeps to its bar."""
    asked = [_http(request) for request in shop.requests]
    with ExitStack() as started:
        apps = "benchmarks._fraud_apps"
        hello = started.enter_context(served("benchmarks.recommendation_lists:hello_app", environment))
        plan: dict[str, tuple[Served, Sequence[str]]] = {
            SCORING: (started.enter_context(served(f"{apps}:scoring_app", environment)), asked),
            PLAIN: (started.enter_context(served(f"{apps}:plain_app", environment)), asked),
            HELLO: (hello, ["GET /hello HTTP/1.1\r\nHost: shop\r\n\r\n"]),
            # The last, so that its next answer says at once how it fared.
            HOSTED: (started.enter_context(hosted(environment)), asked),
        }
        _wait_until_warm(plan[HOSTED][0], asked[0])
        agree = [_same_scores(plan, asked[:COMPARED], name) for name in (HOSTED, PLAIN)]
        rounds, degraded = [], 0
        for _ in range(ROUNDS):
            rounds.append({name: per_request(*one, seconds, concurrency=CONCURRENCY, warm_up=320) for name, one in plan.items()})
            degraded += json.loads(answer_of(plan[HOSTED][0], asked[0])[1])["is_degraded"]
        alone = {name: 1e6 * per_request(*one, seconds, concurrency=1, warm_up=50) for name, one in plan.items()}
    spent = {name: 1e6 * float(np.median([one[name] for one in rounds])) for name in plan}
    told = ", ".join(f"{name} {value:,.0f} µs" for name, value in spent.items())
    print(f"of the server a request, {CONCURRENCY} at once, medians of {ROUNDS} rounds: {told}")
    print("of one at a time: " + ", ".join(f"{name} {value:,.0f} µs" for name, value in alone.items()))
    print(f"{HOSTED} beside {HELLO}: {spent[HOSTED] / spent[HELLO]:.1f}×")
    print(f"{HOSTED}: after {degraded} of {ROUNDS} rounds it left its feature store alone, which had been late")
    return [
        *agree,
        bar(f"{SCORING} beside {HELLO}", spent[SCORING] / spent[HELLO], 2),
        bar(f"{SCORING} beside {PLAIN}", spent[SCORING] / spent[PLAIN], 1 / 40),
    ]


def hosted(environment: dict[str, str]) -> Any:
    """The fraud service as `marketplace up` runs it."""
    port = int(environment["MARKETPLACE_SERVICES__FRAUD__PORT"])
    return running([sys.executable, "-m", "serving.host", "fraud"], port, environment)


def _wait_until_warm(service: Served, request: str) -> None:
    for _ in range(120):
        try:
            if not json.loads(answer_of(service, request)[1])["is_degraded"]:
                return
        except SystemExit:
            pass  # it looks for its model
        time.sleep(0.5)
    raise SystemExit("the fraud service does not read its stored features after a minute")


def _http(request: "FraudScoreRequest") -> str:
    body = request.model_dump_json(exclude_defaults=True)  # as the storefront sends it
    assert body.isascii()
    return f"POST /score HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"


def _same_scores(plan: dict[str, tuple[Served, Sequence[str]]], asked: Sequence[str], name: str) -> bool:
    """Print whether a server answers what the scoring path answers."""
    columns = ("probability", "anomaly_score")
    ours, theirs = (
        np.array([[json.loads(answer_of(plan[server][0], request)[1])[column] for column in columns] for request in asked])
        for server in (SCORING, name)
    )
    return bar(f"largest difference of scores, {SCORING} and {name}", 1e9 * float(np.abs(ours - theirs).max()), 1, " × 1e-9")


def checkout(shop: Shop, environment: dict[str, str], *, rate: float, seconds: float) -> list[bool]:
    """Whether decisions at checkout keep to their time, by the storefront's own code and the hosted service."""
    from marketplace.settings import load_settings

    os.environ.update({name: value for name, value in environment.items() if name.startswith("MARKETPLACE_")})
    with hosted(environment) as service:
        _wait_until_warm(service, _http(shop.requests[0]))
        load, _ = in_a_process(arrive, load_settings(), shop.requests, rate, seconds, SEED)
    told = ", ".join(f"{count:,} {outcome}" for outcome, count in load.outcomes.most_common())
    print(f"{rate:g} attempts a second for {seconds:g} s: {told}; the storefront's side {1e6 * load.client_seconds:,.0f} µs each")
    p50, p95, p99 = np.percentile(load.milliseconds, [50, 95, 99])
    print(f"decision at checkout, p50: {p50:.1f} ms")
    # A decision that lacks the model is quick and not what was asked for.
    by_both = load.outcomes["by both"] / load.outcomes.total()
    return [
        bar("decision at checkout, p95", float(p95), 50, " ms"),
        bar("decision at checkout, p99", float(p99), 80, " ms"),
        bar("attempts decided without model or stored features, or not at all", 100 * (1 - by_both), 0.1, " %"),
    ]


if __name__ == "__main__":
    sys.exit(main())
