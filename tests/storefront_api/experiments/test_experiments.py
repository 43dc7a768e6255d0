"""Experiments over HTTP: started and stopped by an admin, one at a time, and what a visitor's shelf says of them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from marketplace.contracts.recommendation import RecommendationResponse, RecommendedProduct
from marketplace.experiments import Arm, Experiment
from marketplace.vocabulary import ExperimentKind
from storefront_api.clients import RecommendationClient
from storefront_api.main import create_app
from tests.factories import make_product, make_seller, make_user
from tests.storefront_api.conftest import client_of, shop_settings, signed_in

Shop = psycopg.Connection[dict[str, Any]]


class TwoVersions:
    """A recommendation service whose champion lists the products forwards and whose challenger backwards."""

    def __init__(self) -> None:
        self.product_ids: list[str] = []
        self.has_challenger = True
        self.app = FastAPI()
        self.app.post("/recommend", response_model=None)(self.answer)

    async def answer(self, request: dict[str, Any]) -> Any:
        is_challenger = request["variant"] == "challenger" and self.has_challenger
        ordered = self.product_ids[::-1] if is_challenger else self.product_ids
        wanted = [one for one in ordered if one not in request["exclude_product_ids"]][: request["k"]]
        items = [RecommendedProduct(product_id=one, score=1.0, source="collaborative", reason="Because") for one in wanted]
        version = "8" if is_challenger else "7"
        variant = "challenger" if is_challenger else "champion"
        return RecommendationResponse(model="recommendation", version=version, variant=variant, items=items)


@pytest.fixture
def recommender() -> TwoVersions:
    return TwoVersions()


@pytest.fixture
async def app(database_url: str, recommender: TwoVersions) -> AsyncIterator[FastAPI]:
    app = create_app(shop_settings(database_url))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(recommender.app), base_url="http://recommender")
    timeout = app.state.settings.services.recommendation.timeout
    app.state.clients.recommendation = RecommendationClient(http, timeout=timeout)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def admin(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    return await signed_in(app, make_user(shop, role="admin")["email"])


@pytest.fixture
def products(shop: Shop, recommender: TwoVersions) -> list[str]:
    seller_id = make_seller(shop)["seller_id"]
    recommender.product_ids = [make_product(shop, seller_id)["product_id"] for _ in range(6)]
    return recommender.product_ids


async def start(admin: httpx.AsyncClient, **wanted: Any) -> dict[str, Any]:
    answer = await admin.post("/v1/ops/experiments", json={"title": "Newer taste"} | wanted)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def listed(shelf: dict[str, Any]) -> list[str]:
    return [item["product"]["product_id"] for item in shelf["items"]]


async def test_a_customer_stays_in_their_arm_and_is_answered_by_its_version(
    app: FastAPI, admin: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    experiment_id = (await start(admin))["experiment_id"]
    salt = shop.execute("select salt from shop.experiments").fetchone()["salt"]  # type: ignore[index]
    arms = (Arm("champion", "champion", 0.5), Arm("challenger", "challenger", 0.5))
    experiment = Experiment(experiment_id, "for_you", ExperimentKind.AB, salt, arms)
    seen = set()
    for user in [make_user(shop) for _ in range(8)]:
        client = await signed_in(app, user["email"])
        arm = experiment.arm_of(user["user_id"]).name
        for _ in range(2):
            shelf = (await client.get("/v1/recommendations", params={"k": 3})).json()
            assert shelf["experiment"] == {"experiment_id": experiment_id, "title": "Newer taste", "kind": "ab", "arm": arm}
            assert listed(shelf) == (products if arm == "champion" else products[::-1])[:3]
            assert shelf["version"] == {"champion": "7", "challenger": "8"}[arm]
        seen.add(arm)
    assert seen == {"champion", "challenger"}
    exposures = shop.execute("select arm, count(*) as units from shop.experiment_exposures group by 1").fetchall()
    assert sum(row["units"] for row in exposures) == 8, "a unit is exposed once, however often it comes"
    logged = shop.execute(
        "select distinct arm, model_version, experiment_id, propensity, unit_id = customer_id as is_customer "
        "from shop.impressions"
    ).fetchall()
    assert {(row["arm"], row["model_version"]) for row in logged} == {("champion", "7"), ("challenger", "8")}
    assert {(row["experiment_id"], row["propensity"], row["is_customer"]) for row in logged} == {(experiment_id, 1.0, True)}


async def test_the_front_page_says_what_is_on_trial(
    app: FastAPI, admin: httpx.AsyncClient, recommender: TwoVersions, products: list[str]
) -> None:
    await start(admin, title="Newer <taste>")
    async with client_of(app) as guest:
        page = (await guest.get("/", headers={"accept": "text/html"})).text
    assert "On trial: Newer &lt;taste&gt;" in page


async def test_a_guest_is_known_by_their_browser_and_keeps_the_arm_in_another_session(
    app: FastAPI, admin: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    await start(admin)
    async with client_of(app) as guest:
        first = (await guest.get("/v1/recommendations")).json()["experiment"]["arm"]
        guest.cookies.delete("cy_session")
        second = (await guest.get("/v1/recommendations")).json()["experiment"]["arm"]
    units = shop.execute("select unit_id from shop.experiment_exposures").fetchall()
    assert first == second
    assert [row["unit_id"].startswith("dev_") for row in units] == [True]


async def test_who_wants_no_personal_shelves_is_in_no_experiment(
    app: FastAPI, admin: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    await start(admin)
    customer = await signed_in(app, make_user(shop, wants_personalisation=False)["email"])
    shelf = (await customer.get("/v1/recommendations", params={"k": 12})).json()
    assert (shelf["name"], shelf["experiment"]) == ("trending", None)
    assert shop.execute("select 1 from shop.experiment_exposures").fetchall() == []
    logged = shop.execute("select distinct unit_id, experiment_id, arm from shop.impressions").fetchall()
    assert logged == [{"unit_id": None, "experiment_id": None, "arm": None}]


async def test_interleaving_shows_both_lists_and_says_whose_each_place_is(
    app: FastAPI, admin: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    await start(admin, kind="interleaving")
    async with client_of(app) as guest:
        shelf = (await guest.get("/v1/recommendations", params={"k": 4})).json()
    assert shelf["experiment"]["arm"] == "interleaved"
    by_arm = {
        arm: [item["product"]["product_id"] for item in shelf["items"] if item["arm"] == arm]
        for arm in ("champion", "challenger")
    }
    assert by_arm == {"champion": products[:2], "challenger": products[:-3:-1]}
    rows = shop.execute("select product_id, arm, model_version from shop.impressions").fetchall()
    assert {(row["arm"], row["model_version"]) for row in rows} == {("champion", "7"), ("challenger", "8")}
    assert {row["product_id"] for row in rows if row["arm"] == "challenger"} == set(by_arm["challenger"])


async def test_a_challenger_that_is_away_gets_no_credit(
    app: FastAPI, admin: httpx.AsyncClient, shop: Shop, recommender: TwoVersions, products: list[str]
) -> None:
    recommender.has_challenger = False
    await start(admin, kind="interleaving")
    async with client_of(app) as guest:
        shelf = (await guest.get("/v1/recommendations", params={"k": 3})).json()
    assert listed(shelf) == products[:3]
    assert {item["arm"] for item in shelf["items"]} == {None}


async def test_one_experiment_at_a_time_and_a_stopped_one_leaves_the_champion(
    app: FastAPI, admin: httpx.AsyncClient, shop: Shop, products: list[str]
) -> None:
    first = await start(admin)
    again = await admin.post("/v1/ops/experiments", json={"title": "Another"})
    assert again.status_code == 409
    stopped = await admin.post(f"/v1/ops/experiments/{first['experiment_id']}/stop", json={"reason": "long enough"})
    assert stopped.json()["stop_reason"] == "long enough"
    once_more = await admin.post(f"/v1/ops/experiments/{first['experiment_id']}/stop", json={"reason": "long enough"})
    assert once_more.status_code == 409
    async with client_of(app) as guest:
        shelf = (await guest.get("/v1/recommendations")).json()
    assert (shelf["experiment"], shelf["version"]) == (None, "7")
    second = await start(admin, title="Another")
    assert [one["experiment_id"] for one in (await admin.get("/v1/ops/experiments")).json()] == [
        second["experiment_id"],
        first["experiment_id"],
    ]
    actions = shop.execute("select action from shop.audit_log where object_type = 'experiment' order by audit_id").fetchall()
    assert [row["action"] for row in actions] == ["start_experiment", "stop_experiment", "start_experiment"]


@pytest.mark.parametrize(
    "arms",
    [
        [("a", 0.5), ("b", 0.4)],
        [("a", 0.5), ("a", 0.5)],
    ],
)
async def test_arms_that_do_not_add_up_are_refused(admin: httpx.AsyncClient, arms: list[tuple[str, float]]) -> None:
    body = {"title": "Wrong", "arms": [{"name": name, "variant": "champion", "share": share} for name, share in arms]}
    assert (await admin.post("/v1/ops/experiments", json=body)).status_code in (400, 422)


async def test_an_analyst_looks_and_does_not_touch(app: FastAPI, shop: Shop) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    assert (await analyst.get("/v1/ops/experiments")).status_code == 200
    assert (await analyst.post("/v1/ops/experiments", json={"title": "Mine"})).status_code == 403
    customer = await signed_in(app, make_user(shop)["email"])
    assert (await customer.get("/v1/ops/experiments")).status_code == 403
