"""No operation of the seller's area gives out, or changes, what is another seller's: asked of every route that there is."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from storefront_api.main import ROUTERS
from storefront_api.pages.router import PARTS
from storefront_api.seller_analytics.registry import ROW_TABLES
from tests.journeys.test_seller import seller_of, signed_in

AREA = ("/seller", "/v1/sellers")
# They name no seller: listings and tags are of whoever is signed in, and tests/storefront_api/tagging asks for another's by id.
BY_OBJECT = ("/seller/listings/", "/seller/tagging/")
# What forms of the area need so that they are read at all.
FORM = {"title": "Cup", "status": "accepted", "label": "Cups", "lead_time_days": "7", "service_level": "95", "cover_days": "14"}
ROUTES = [
    route
    for router in (*ROUTERS, *(part.router for part in PARTS))
    for route in router.routes
    if isinstance(route, APIRoute) and route.path.startswith(AREA) and not route.path.startswith(BY_OBJECT)
]


@pytest.fixture(scope="module")
def clients(address: str) -> Iterator[dict[str, httpx.Client]]:
    """Somebody of each role, and a guest."""
    made = {name: signed_in(address, name) for name in ("seller", "customer", "analyst")}
    made["guest"] = httpx.Client(base_url=address, trust_env=False)
    yield made
    for client in made.values():
        client.close()


def parameters(dependant: Dependant) -> set[str]:
    """What a route takes from its path, query and form, by itself and through what it depends on."""
    own = {field.alias for field in (*dependant.path_params, *dependant.query_params, *dependant.body_params)}
    return own.union(*map(parameters, dependant.dependencies))


def addresses(route: APIRoute, seller_id: str) -> Iterator[tuple[str, str]]:
    """Method and address of a route's operations, on every row table where it has one."""
    for method in route.methods:
        for table in ROW_TABLES if "{table}" in route.path else ("",):
            path = route.path.replace("{table}", table).replace("{seller_id}", seller_id)
            yield method, "/".join("none" if part.startswith("{") else part for part in path.split("/"))


def ask(client: httpx.Client, method: str, path: str, seller_id: str | None) -> httpx.Response:
    whose = {"seller_id": seller_id} if seller_id else {}
    form = {"data": FORM | whose} if method in ("POST", "PUT", "PATCH") else {}
    return client.request(method, path, params=whose, headers={"accept": "text/html,application/json"}, **form)  # type: ignore[arg-type]


def test_there_is_something_to_ask() -> None:
    assert len(ROUTES) >= 14
    assert len(ROW_TABLES) >= 10


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{'/'.join(sorted(route.methods))} {route.path}")
def test_another_sellers_rows_are_not_found(clients: dict[str, httpx.Client], rows: Any, route: APIRoute) -> None:
    own = seller_of(rows)
    other = rows("select seller_id from shop.sellers where seller_id <> %s order by 1 limit 1", own)[0]["seller_id"]
    assert "seller_id" in parameters(route.dependant), "an operation of the area says whose it is, so that it can be refused"
    for method, path in addresses(route, other):
        answers = {name: ask(client, method, path, other).status_code for name, client in clients.items()}
        assert answers == {
            "seller": 404,
            "customer": 403,
            "analyst": 403,
            "guest": 303 if method == "GET" and "/v1/" not in path else 401,
        }, path


@pytest.mark.parametrize("route", [one for one in ROUTES if "GET" in one.methods], ids=lambda route: route.path)
def test_own_answers_hold_nothing_of_others(clients: dict[str, httpx.Client], rows: Any, route: APIRoute) -> None:
    own = seller_of(rows)
    lines = rows("select order_item_id from shop.order_items where seller_id <> %s", own)
    foreign = {row["order_item_id"] for row in lines}
    foreign |= {row["product_id"] for row in rows("select product_id from shop.products where seller_id <> %s", own)}
    foreign |= {row["seller_id"] for row in rows("select seller_id from shop.sellers where seller_id <> %s", own)}
    foreign |= {row["email"] for row in rows("select email from shop.users where role = 'customer'")}
    for method, path in addresses(route, own):
        answer = ask(clients["seller"], method, path, None)
        assert answer.status_code == 200, path
        assert not [word for word in foreign if word in answer.text], path
