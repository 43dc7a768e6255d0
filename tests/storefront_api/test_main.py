"""What every route has in common: headers, limits, problems, roles, the document."""

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace.errors import SettingsError
from marketplace.settings import Settings
from storefront_api.main import create_app
from tests.factories import make_seller, make_user
from tests.storefront_api.conftest import client_of, shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]


async def test_every_answer_carries_its_id_and_the_security_headers(api: httpx.AsyncClient) -> None:
    for path in ("/livez", "/v1/nothing"):
        answer = await api.get(path, headers={"x-request-id": "from-the-proxy"})
        assert answer.headers["x-request-id"] == "from-the-proxy"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_too_large_a_body_is_refused_with_the_headers_of_every_answer(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/events", content=b" " * (2 * 1024 * 1024 + 1), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert {"x-request-id", "content-security-policy", "ratelimit-remaining"} <= answer.headers.keys()
    assert 'status="413"' in (await api.get("/metrics")).text


async def test_unknown_path_and_method_are_problems(api: httpx.AsyncClient) -> None:
    missing, wrong = await api.get("/v1/nothing"), await api.delete("/v1/sign-in")
    assert [answer.headers["content-type"] for answer in (missing, wrong)] == ["application/problem+json"] * 2
    assert (missing.json()["code"], wrong.json()["code"]) == ("not_found", "method_not_allowed")


@pytest.mark.parametrize(("profile", "scheme"), [("local", "http"), ("production", "https")])
async def test_slash_too_many_leads_to_the_page_by_the_scheme_of_the_browser(
    database_url: str, profile: str, scheme: str
) -> None:
    secret = {"secret_key": "a secret of this test, long enough for its signatures"}
    app = create_app(shop_settings(database_url, profile=profile, storefront=secret, demo_password="of this test"))
    async with client_of(app) as client:
        answer = await client.get("/cart/", headers={"accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (307, f"{scheme}://shop.test/cart")


async def test_hundred_and_first_request_of_a_user_is_refused(database_url: str, shop: Shop) -> None:
    app = create_app(shop_settings(database_url, storefront={"requests_per_minute_per_user": 100}))
    async with app.router.lifespan_context(app):
        client = await signed_in(app, make_user(shop)["email"])
        answers = [await client.get("/v1/payment-methods") for _ in range(101)]
        assert [answer.status_code for answer in answers] == [200] * 100 + [429]
        assert answers[99].headers["ratelimit-remaining"] == "0"
        assert 1 <= int(answers[100].headers["retry-after"]) <= 61
        assert answers[100].headers["ratelimit-limit"] == "100"
        assert answers[100].headers["content-type"] == "application/problem+json"
        assert (await (await signed_in(app, make_user(shop)["email"])).get("/v1/payment-methods")).status_code == 200


async def test_refused_browser_sees_a_page_and_pictures_are_not_counted_to_the_person(database_url: str, shop: Shop) -> None:
    app = create_app(shop_settings(database_url, storefront={"requests_per_minute_per_user": 3}))
    async with app.router.lifespan_context(app):
        client = await signed_in(app, make_user(shop)["email"])
        for _ in range(5):
            assert (await client.get("/pictures/none.svg")).status_code == 404
        answers = [await client.get("/cart", headers={"accept": "text/html"}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200] * 3 + [429]
        assert answers[3].headers["content-type"].startswith("text/html")
        assert "retry-after" in answers[3].headers


async def test_address_limit_believes_forwarded_addresses_only_from_a_known_proxy(database_url: str) -> None:
    for proxies, expected in ((0, 429), (1, 200)):
        limits = {"requests_per_minute_per_address": 2, "trusted_proxies": proxies}
        app = create_app(shop_settings(database_url, storefront=limits))
        async with client_of(app) as client:
            headers = [{"x-forwarded-for": f"203.0.113.{number}"} for number in range(3)]
            answers = [await client.get("/v1/payment-methods", headers=header) for header in headers]
        assert answers[-1].status_code == expected


async def test_address_that_the_nearest_proxy_adds_as_a_header_of_its_own_counts(database_url: str) -> None:
    app = create_app(shop_settings(database_url, storefront={"requests_per_minute_per_address": 2, "trusted_proxies": 1}))
    async with client_of(app) as client:
        forged = [("x-forwarded-for", f"203.0.113.{number}") for number in range(3)]
        answers = [await client.get("/v1/cart", headers=[one, ("x-forwarded-for", "198.51.100.1")]) for one in forged]
    assert answers[-1].status_code == 429


async def test_database_away_is_a_problem_and_liveness_goes_on(unused_tcp_port: int) -> None:
    app = create_app(shop_settings(f"postgresql://nobody:x@127.0.0.1:{unused_tcp_port}/nothing"))
    async with app.router.lifespan_context(app), client_of(app) as client:
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz")).status_code == 503
        away = await client.get("/v1/cart")
        assert (away.status_code, away.json()["code"]) == (503, "database_unavailable")
        assert away.headers["retry-after"] == "2"
        assert (await client.get("/v1/health")).json()["status"] == "down"


@pytest.mark.parametrize("query", ["select not_yet from shop.users", "select 1 from marts.not_yet"])
async def test_what_the_pipeline_has_not_built_yet_is_said_to_be_so(database_url: str, query: str) -> None:
    app = create_app(shop_settings(database_url))

    @app.get("/v1/new-figures")
    async def new_figures() -> None:
        async with await psycopg.AsyncConnection.connect(database_url) as connection:
            await connection.execute(query.encode())

    async with client_of(app) as client:
        answer = await client.get("/v1/new-figures")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_built")
        assert "marketplace run" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "60"


async def test_database_that_comes_back_is_used_again(api: httpx.AsyncClient, shop: Shop) -> None:
    await api.get("/v1/cart")
    shop.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'storefront'")
    assert (await api.get("/v1/cart")).status_code == 200


async def test_health_names_every_part(api: httpx.AsyncClient) -> None:
    health = (await api.get("/v1/health")).json()
    assert health["status"] == "degraded"
    parts = {part["name"]: part["status"] for part in health["parts"]}
    down = dict.fromkeys(("recommendation", "fraud", "tagging", "seller_analytics"), "down")
    assert parts == {"database": "up"} | down


async def test_requests_are_counted_by_route(api: httpx.AsyncClient) -> None:
    await api.get("/v1/orders/one-of-many")
    metrics = (await api.get("/metrics")).text
    assert 'storefront_requests_total{method="GET",route="/v1/orders/{order_id}",status="401"} 1.0' in metrics


def test_demo_secrets_are_refused_in_production(database_url: str) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        create_app(Settings(profile="production", database={"url": database_url}))  # type: ignore[arg-type]


def test_document_describes_problems_and_needs_no_other_host(app: FastAPI) -> None:
    document = app.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            assert any(status.startswith("2") for status in operation["responses"])
    placed = document["paths"]["/v1/orders"]["post"]["responses"]
    assert placed["409"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(document)


ORDER = {"items": [{"product_id": "p"}], "payment": {"method": "cod"}}
REFUND = {"amount_minor": 1, "reason": "because", "order_item_id": "i"}
LISTING = {"title": "Cup", "price_minor": 100_000}
FINDING = {"outcome": "fraud", "reason": "because"}
# the fraud desk: method, path, body; the status for an analyst or an admin. Everybody else is refused.
DESK = [
    ("GET", "/v1/fraud/cases", None, 200),
    ("GET", "/v1/fraud/cases/none", None, 404),
    ("POST", "/v1/fraud/cases/claim-next", {}, 200),
    ("POST", "/v1/fraud/cases/decisions", FINDING | {"fraud_case_ids": ["none"]}, 200),
    ("POST", "/v1/fraud/cases/handling", {"fraud_case_ids": ["none"], "act": {"action": "tag", "tag": "ring"}}, 200),
    ("POST", "/v1/fraud/cases/none/handling", {"action": "tag", "tag": "ring"}, 404),
    ("POST", "/v1/fraud/cases/none/claim", None, 404),
    ("POST", "/v1/fraud/cases/none/release", None, 404),
    ("POST", "/v1/fraud/cases/none/decision", FINDING, 404),
    ("POST", "/v1/fraud/cases/none/notes", {"body": "a note"}, 404),
    ("GET", "/v1/fraud/analytics", None, 200),
    ("GET", "/v1/fraud/analytics/what-if", None, 200),
    ("GET", "/v1/fraud/estimates", None, 200),
    ("GET", "/v1/fraud/audit", None, 200),
]
# a seller's listings and tags: method, path, body; the status for a seller. Nobody else may, but for what is told to all.
SELLING = [
    ("POST", "/v1/listings", LISTING, 201),
    ("GET", "/v1/listings", None, 200),
    ("GET", "/v1/listings/none", None, 404),
    ("PUT", "/v1/listings/none", LISTING, 404),
    ("PUT", "/v1/listings/none/photo", None, 422),
    ("POST", "/v1/tag-suggestions", {"title": "Cup"}, 201),
    ("GET", "/v1/tag-suggestions", None, 200),
    ("POST", "/v1/tag-suggestions/none/answer", {"status": "accepted"}, 404),
    ("POST", "/v1/tagging-jobs", None, 202),
    ("GET", "/v1/tagging-jobs/none", None, 404),
]
# method, path, body; then the status for a guest, a customer, a seller, an analyst and an admin
MATRIX: list[tuple[str, str, Any, dict[str, int]]] = [
    ("GET", "/v1/me", None, {"guest": 401, "customer": 200, "seller": 200, "analyst": 200, "admin": 200}),
    ("GET", "/v1/customers/c/top-list", None, {"guest": 401, "customer": 403, "seller": 403, "analyst": 403, "admin": 403}),
    ("GET", "/v1/orders", None, {"guest": 401, "customer": 200, "seller": 200, "analyst": 200, "admin": 200}),
    ("GET", "/v1/orders/o", None, {"guest": 401, "customer": 404, "seller": 404, "analyst": 404, "admin": 404}),
    ("POST", "/v1/orders", ORDER, {"guest": 401, "customer": 422, "seller": 422, "analyst": 403, "admin": 403}),
    ("POST", "/v1/orders/o/cancel", None, {"guest": 401, "customer": 404, "seller": 404, "analyst": 404, "admin": 404}),
    ("POST", "/v1/orders/o/refunds", REFUND, {"guest": 401, "customer": 403, "seller": 404, "analyst": 403, "admin": 404}),
    *(
        (method, path, body, {"guest": 401, "customer": 403, "seller": found, "analyst": 403, "admin": 403})
        for method, path, body, found in SELLING
    ),
    ("GET", "/v1/tag-acceptance", None, {"guest": 401, "customer": 403, "seller": 200, "analyst": 200, "admin": 200}),
    ("GET", "/v1/fraud/report", None, {"guest": 401, "customer": 403, "seller": 403, "analyst": 403, "admin": 200}),
    *(
        (method, path, body, {"guest": 401, "customer": 403, "seller": 403, "analyst": found, "admin": found})
        for method, path, body, found in DESK
    ),
    *(
        ("GET", f"/v1/sellers/none/{what}", None, {"guest": 401, "customer": 403, "seller": 404, "analyst": 403, "admin": 404})
        for what in ("overview", "products", "customers", "money", "performance", "reviews", "peers", "definitions", "forecast")
    ),
    ("GET", "/v1/cart", None, {"guest": 200, "customer": 200, "seller": 200, "analyst": 200, "admin": 200}),
    ("GET", "/v1/recommendations", None, {"guest": 200, "customer": 200, "seller": 200, "analyst": 200, "admin": 200}),
    ("GET", "/v1/trending", None, {"guest": 200, "customer": 200, "seller": 200, "analyst": 200, "admin": 200}),
    ("POST", "/v1/events", {"events": []}, {"guest": 202, "customer": 202, "seller": 202, "analyst": 202, "admin": 202}),
]


async def test_each_role_may_do_what_the_matrix_says(app: FastAPI, shop: Shop) -> None:
    clients = {"guest": client_of(app)}
    for role in ("customer", "seller", "analyst", "admin"):
        person = make_user(shop, role=role)
        if role == "seller":
            make_seller(shop, user_id=person["user_id"])
        clients[role] = await signed_in(app, person["email"])
    for method, path, body, expected in MATRIX:
        key = {"Idempotency-Key": f"{method} {path}", "If-Match": '"none"'}
        answers = {role: await client.request(method, path, json=body, headers=key) for role, client in clients.items()}
        assert {role: answer.status_code for role, answer in answers.items()} == expected, f"{method} {path}"
