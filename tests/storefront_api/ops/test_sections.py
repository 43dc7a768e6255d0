"""What the operator's page says: freshness by the source's clock, runs, refusals, drift and alerts."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from storefront_api.main import create_app
from storefront_api.ops import freshness
from storefront_api.ops.schemas import SourceFreshness
from tests.factories import insert, make_user
from tests.storefront_api.conftest import shop_settings, signed_in
from tests.storefront_api.ops.conftest import Registry

Shop = psycopg.Connection[dict[str, Any]]
NOW = datetime.now(UTC)
LONG_AGO = datetime(2018, 10, 17, tzinfo=UTC)
SECTIONS = ("parts", "models", "runs", "freshness", "quarantine", "drift")


@pytest.fixture
async def running(database_url: str, dagster_url: str, registry: Registry) -> AsyncIterator[FastAPI]:
    """A storefront beside a Dagster history, and a registry with the fraud service behind one address."""
    base = shop_settings(database_url, services={"fraud": {"port": registry.port, "timeout": 0.5}})
    database = base.database.model_copy(update={"dagster_url": type(base.database.url)(dagster_url)})
    settings = base.model_copy(update={"database": database, "mlflow": base.mlflow.model_copy(update={"port": registry.port})})
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def operator(shop: Shop, running: FastAPI) -> httpx.AsyncClient:
    return await signed_in(running, make_user(shop, role="admin")["email"])


def text_of(answer: httpx.Response) -> str:
    """What a reader sees, in one line."""
    assert answer.status_code == 200, answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def marketplace(shop: Shop, source: str, *, is_simulated: bool = False) -> None:
    row = {"source": source, "currency": "BRL", "time_zone": "UTC", "is_simulated": is_simulated, "data_until": LONG_AGO}
    insert(shop, "shop.marketplace", row)


def with_one_order(shop: Shop) -> None:
    shop.execute("create schema marts")
    shop.execute("create table marts.fct_orders as select '2018-10-17 00:00+00'::timestamptz as ordered_at")


def measured(shop: Shop, feature: str, **given: Any) -> None:
    row = {
        "model_name": "fraud",
        "model_version": "3",
        "feature": feature,
        "kind": "number",
        "is_score": False,
        "window_start": NOW - timedelta(days=7),
        "window_end": NOW,
        "status": "judged",
        "level": "calm",
        "rank": 1,
        "measure": "wasserstein",
        "effect": 0.05,
        "threshold": 0.16,
        "severity": 0.3,
        "row_count": 400,
        "psi": 0.02,
        "details": {"labels": ["≤ 10", "> 10"], "reference": [0.5, 0.5], "window": [0.2, 0.8]},
    }
    insert(shop, "monitoring.drift", row | given)


def alarmed(shop: Shop, **given: Any) -> None:
    row = {
        "model_name": "fraud",
        "model_version": "3",
        "feature": "device_id",
        "window_start": NOW - timedelta(days=7),
        "window_end": NOW,
        "last_window_start": NOW - timedelta(days=7),
        "level": "strong",
        "measure": "unknown_ids",
        "effect": 0.61,
        "threshold": 0.3,
        "action": "Look whether the hash has changed.",
    }
    insert(shop, "monitoring.alerts", row | given)


async def test_an_empty_marketplace_has_a_page_with_every_section_in_words(operator: httpx.AsyncClient) -> None:
    page = text_of(await operator.get("/ops"))
    assert "This marketplace is empty" in page
    sections = {name: text_of(await operator.get(f"/ops/sections/{name}")) for name in SECTIONS}
    assert "Every row fitted" in sections["quarantine"]
    assert "not measured yet" in sections["drift"]
    assert "fct_orders" not in sections["freshness"]


async def test_olist_is_judged_by_its_own_clock(shop: Shop, operator: httpx.AsyncClient) -> None:
    marketplace(shop, "olist")
    assert "Historic data (olist) until 17 Oct 2018" in text_of(await operator.get("/ops"))
    with_one_order(shop)
    shop.execute("analyze marts.fct_orders")
    status = (await operator.get("/v1/ops/status")).json()
    assert (status["source"]["is_live"], status["source"]["state"]) == (False, "good")
    (orders,) = [table for table in status["freshness"] if table["table"] == "fct_orders"]
    assert orders["state"] == "good"
    assert orders["built_at"] is not None, "Dagster's own record of the build"
    assert "historic data until 17 Oct 2018" in text_of(await operator.get("/ops/sections/freshness"))


async def test_a_live_shop_is_judged_by_the_clock(shop: Shop, operator: httpx.AsyncClient) -> None:
    marketplace(shop, "storefront")
    with_one_order(shop)
    status = (await operator.get("/v1/ops/status")).json()
    assert [table["state"] for table in status["freshness"] if table["table"] == "fct_orders"] == ["bad"]


def test_the_clock_of_a_source_that_ended_is_its_last_instant() -> None:
    ended = SourceFreshness(
        source="olist", is_live=False, is_simulated=False, data_until=LONG_AGO, newest_order_at=LONG_AGO, state="good"
    )
    assert freshness.clock(ended, now=NOW) == LONG_AGO
    assert freshness.clock(ended.model_copy(update={"newest_order_at": NOW}), now=NOW) == NOW
    assert freshness.clock(ended.model_copy(update={"is_live": True}), now=NOW) == NOW


async def test_runs_say_what_failed_or_was_refused_and_why(operator: httpx.AsyncClient) -> None:
    found = (await operator.get("/v1/ops/runs")).json()
    assert found["is_known"]
    assert [run["status"] for run in found["runs"]] == ["failure", "success"]
    assert found["runs"][0]["failed_step"] == "features/broken"
    assert "column amount_minor is missing" in found["runs"][0]["failure"]
    assert [run["refused"] for run in found["runs"]] == [{}, {"fraud": "may be worse than champion 3"}]
    section = (await operator.get("/ops/sections/runs")).text
    assert "may be worse than champion 3" in section
    assert "column amount_minor is missing" in section
    assert f"/runs/{found['runs'][0]['run_id']}" in section


async def test_runs_are_not_known_while_dagster_is_away(shop: Shop, app: FastAPI) -> None:
    operator = await signed_in(app, make_user(shop, role="analyst")["email"])
    assert (await operator.get("/v1/ops/runs")).json() == {"is_known": False, "runs": []}
    assert "does not answer" in text_of(await operator.get("/ops/sections/runs"))


def version(number: str, *, trained_at: datetime, **tags: str) -> dict[str, Any]:
    said = [{"key": key, "value": value} for key, value in tags.items()]
    stamp = int(trained_at.timestamp() * 1000)
    return {"version": number, "run_id": f"run{number}", "creation_timestamp": stamp, "tags": said}


async def test_refused_challengers_broken_artefacts_and_skipped_families_give_their_reasons(
    registry: Registry, operator: httpx.AsyncClient
) -> None:
    refusal = f'{{"at": "{NOW.isoformat()}", "reason": "at least -0.2 average precision", "version": "4"}}'
    fraud = {
        "name": "fraud",
        "aliases": [{"alias": "champion", "version": "3"}, {"alias": "challenger", "version": "4"}],
        "latest_versions": [version("4", trained_at=NOW)],
        "tags": [{"key": "last_refusal", "value": refusal}],
    }
    registry.answers = {
        "/api/2.0/mlflow/registered-models/search": {"registered_models": [fraud]},
        "/api/2.0/mlflow/model-versions/get": {"model_version": version("3", trained_at=NOW - timedelta(days=3))},
        "/champion": {
            "model": "fraud",
            "version": "2",
            "loaded_at": None,
            "looked_at": None,
            "problem": {"kind": "rejected", "version": "3", "reason": "trees.txt is cut short", "since": NOW.isoformat()},
        },
    }
    section = text_of(await operator.get("/ops/sections/models"))
    assert "Fraud keeps serving version 2. version 3 was not taken: trees.txt is cut short" in section
    assert "The newest challenger was refused, version 3 serves on. version 4: at least -0.2 average precision" in section
    assert "The newest challenger was refused, version 3 serves on." in text_of(await operator.get("/ops/models/fraud"))
    assert "challenger 4" in section
    assert "No champion, not trained: no listing has a title" in section, "tagging, as its check said"
    fraud["tags"] = [*fraud["tags"], {"key": "champion.000001", "value": f'{{"at": "{(NOW + timedelta(hours=1)).isoformat()}"}}'}]  # type: ignore[misc]
    assert "refused" not in text_of(await operator.get("/ops/sections/models")), "a later champion settles an old refusal"


async def test_the_page_of_experiments_says_who_would_be_tried(registry: Registry, operator: httpx.AsyncClient) -> None:
    assert "nobody knows whether there is a challenger" in text_of(await operator.get("/ops/experiments"))
    aliases = [{"alias": "champion", "version": "3"}, {"alias": "challenger", "version": "4"}]
    model = {"name": "recommendation", "aliases": aliases, "latest_versions": [version("4", trained_at=NOW)]}
    registry.answers = {
        "/api/2.0/mlflow/registered-models/search": {"registered_models": [model]},
        "/api/2.0/mlflow/model-versions/get": {"model_version": version("3", trained_at=NOW - timedelta(days=3))},
    }
    assert "Version 4 is tried beside version 3" in text_of(await operator.get("/ops/experiments"))
    model["latest_versions"] = [version("4", trained_at=NOW, verdict="refused")]
    assert "The checks refused version 4" in text_of(await operator.get("/ops/experiments"))
    model["aliases"] = aliases[:1]
    assert "There is no challenger" in text_of(await operator.get("/ops/experiments"))


async def test_drift_shows_the_culprit_first_and_says_why_a_model_has_none(shop: Shop, operator: httpx.AsyncClient) -> None:
    measured(shop, "amount_minor", level="strong", severity=1.8, effect=0.29, rank=1)
    measured(shop, "item_count", rank=2)
    measured(shop, "age", status="warming_up", severity=0.0, rank=3, measure=None, effect=None, threshold=None, details={})
    measured(shop, "title_word_count", model_name="tagging", status="too_few_rows", row_count=8, severity=0.0, details={})
    drift = (await operator.get("/v1/ops/drift/fraud")).json()
    assert drift["features"] == ["amount_minor", "item_count"]
    assert drift["severity"] == [[1.8], [0.3]]
    section = text_of(await operator.get("/ops/sections/drift?model=fraud"))
    assert section.index("amount minor") < section.index("item count")
    assert "Values moved 0.29, strong from 0.16 · PSI 0.02" in section
    assert "too few rows to judge: 8" in text_of(await operator.get("/ops/sections/drift?model=tagging"))
    assert (await operator.get("/v1/ops/drift/none")).status_code == 422


async def test_live_streams_are_shown_apart_with_the_versions_that_answered(shop: Shop, operator: httpx.AsyncClient) -> None:
    measured(shop, "amount_minor")
    details = {
        "missing_means": "decided by rules alone",
        "versions": [["3", 210, 2.1], [None, 30, None]],
        "versions_by": "score",
    }
    live = {"stream": "decisions", "null_share": 0.125, "reference_null_share": 0.01, "measure": "nulls", "level": "strong"}
    measured(shop, "risk", kind="category", severity=2.0, details=details, **live)
    assert (await operator.get("/v1/ops/drift/fraud")).json()["features"] == ["amount_minor"]
    assert (await operator.get("/v1/ops/drift/fraud?stream=decisions")).json()["features"] == ["risk"]
    section = text_of(await operator.get("/ops/sections/drift?model=fraud&stream=decisions"))
    assert "Decided by rules alone 0.05, strong from 0.16" in section
    assert "decided by rules alone 12.5 %, before 1.0 %" in section
    assert "210 by version 3 (mean score 2.1), 30 without a model." in section
    assert "no whole window of shown shelves yet" in text_of(
        await operator.get("/ops/sections/drift?model=recommendation&stream=impressions")
    )


async def test_alerts_say_what_to_do_and_which_sink_waits(shop: Shop, operator: httpx.AsyncClient) -> None:
    alarmed(shop, also="{device_customers_90d}")
    alarmed(shop, feature="hour_of_day", level="moderate", measure="wasserstein")
    day = timedelta(days=1)
    alarmed(shop, feature="item_count", raised_at=NOW - 9 * day, resolved_at=NOW - day, resolved_window_end=NOW - 2 * day)
    alarmed(shop, feature="risk", stream="decisions", level="moderate", resolved_at=NOW - 2 * day)
    failed = {"model_name": "fraud", "feature": "device_id", "window_start": NOW - timedelta(days=7), "sink": "webhook"}
    insert(shop, "monitoring.deliveries", failed | {"attempt_count": 3, "error": "answered 503"})
    late = {"feature": "item_count", "news": "resolved", "attempt_count": 1, "error": "answered 404"}
    insert(shop, "monitoring.deliveries", failed | late)
    found = (await operator.get("/v1/ops/alerts")).json()
    assert [(alert["feature"], alert["undelivered"]) for alert in found] == [
        ("device_id", {"webhook": "answered 503"}),
        ("hour_of_day", {}),
        ("item_count", {"webhook": "answered 404"}),
        ("risk", {}),
    ]
    page = text_of(await operator.get("/ops"))
    assert "2 open" in page
    assert "Look whether the hash has changed." in page
    assert "webhook was not told: answered 503" in page
    assert "2 resolved lately" in page
    assert re.search(r"raised 9 days ago *, *ended 24 h ago *, as usual again by", page), page
    assert "webhook was not told that it is over: answered 404" in page
    assert "live decisions, risk" in page
    assert "taken back by rows that came late" in page


async def test_a_score_that_does_worse_is_told_with_its_figures_and_leads_to_the_estimates(
    shop: Shop, operator: httpx.AsyncClient
) -> None:
    told = {"estimated": 0.71, "low": 0.62, "high": 0.79, "realised": 0.204, "versions": [["3", 400, 0.021]]}
    figure = {"stream": "realised", "measure": "below_estimate", "effect": 0.506}
    measured(shop, "average_precision", level="strong", severity=3.4, threshold=0.15, details=told, **figure)
    count = {"estimated": 69.1, "low": 58.0, "high": 81.0, "realised": 34}
    measured(shop, "frauds", rank=2, details=count, **figure | {"measure": "off_estimate"})
    alarmed(shop, feature="average_precision", window_end=datetime(2026, 11, 2, tzinfo=UTC), **figure)
    section = text_of(await operator.get("/ops/sections/drift?model=fraud&stream=realised"))
    assert "Below the estimate 0.51, strong from 0.15 · estimated 71.0 % (62 % to 79 % by chance), realised 20.4 %" in section
    assert "Other number than estimated 0.51, strong from 0.16 · estimated 69 (58 to 81 by chance), realised 34" in section
    assert "400 by version 3 (mean probability 2.1 %)" in section
    assert "realised average precision below the estimate" in text_of(await operator.get("/ops"))
    page = "/fraud/estimates?from=2026-08-24&to=2026-11-01"
    assert f'href="{page.replace("&", "&amp;")}"' in (await operator.get("/ops")).text
    assert [alert["page"] for alert in (await operator.get("/v1/ops/alerts")).json()] == [page]
    assert "no whole window of live payments yet" in text_of(
        await operator.get("/ops/sections/drift?model=fraud&stream=estimates")
    )


@pytest.mark.parametrize("path", ["/ops", *(f"/ops/sections/{name}" for name in SECTIONS), "/v1/ops/alerts", "/v1/ops/runs"])
async def test_only_operators_look(shop: Shop, running: FastAPI, path: str) -> None:
    customer = await signed_in(running, make_user(shop)["email"])
    assert (await customer.get(path)).status_code == 403
