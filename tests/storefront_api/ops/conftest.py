"""A Dagster history of the test's own, made by Dagster itself, and a registry that answers as MLflow does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from marketplace.local.postgres import EmbeddedPostgres


@pytest.fixture(scope="session")
def dagster_url(postgres: EmbeddedPostgres) -> str:
    """A database in which a run refused a challenger, one failed in a step, and a check said why a model was not trained."""
    import dagster as dg

    name = "dagster_history"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f'create database "{name}"'.encode())
    url = postgres.url(name)

    @dg.asset(key=["marts", "fct_orders"])
    def fct_orders() -> None:
        """Succeeds."""

    @dg.asset(key=["features", "broken"], deps=[fct_orders])
    def broken() -> None:
        try:
            raise ValueError("column amount_minor is missing")
        except ValueError as error:
            raise RuntimeError("the step failed") from error

    check = dg.AssetCheckSpec("tagging_challenger_is_no_worse", asset=["models", "tagging"])

    @dg.asset(key=["models", "tagging"], check_specs=[check], output_required=False)
    def tagging() -> Any:
        yield dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, metadata={"judgement": "not trained: no listing has a title"}
        )

    @dg.asset(key=["models", "fraud"], check_specs=[dg.AssetCheckSpec("fraud_is_no_worse", asset=["models", "fraud"])])
    def fraud() -> dg.MaterializeResult:
        judgement = {"judgement": "may be worse than champion 3"}
        refused = dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.ERROR, metadata=judgement)
        return dg.MaterializeResult(check_results=[refused])

    storage = {"postgres": {"postgres_url": url}}
    with dg.instance_for_test(overrides={"storage": storage}) as instance:
        dg.materialize([fct_orders, tagging, fraud], instance=instance)
        dg.materialize([fct_orders, broken], instance=instance, raise_on_error=False)
    return url


class Registry(ThreadingHTTPServer):
    """Answers from `answers`, by path."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Any] = {}
        self.port = self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    server: Registry

    def do_GET(self) -> None:
        answer = self.server.answers.get(urlsplit(self.path).path)
        self.send_response(200 if answer is not None else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {}).encode())

    do_POST = do_GET

    def log_message(self, format: str, *values: Any) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[Registry]:
    """A server on a port of its own, for what MLflow and a model service say."""
    with Registry() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
