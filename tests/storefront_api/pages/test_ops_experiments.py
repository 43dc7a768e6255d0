"""The page of experiments: start, stop, figures with their verdicts, and a split that was not as meant."""

from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.factories import NOON, insert, make_product, make_seller, make_user
from tests.storefront_api.conftest import signed_in

Shop = psycopg.Connection[dict[str, Any]]
HTML = {"accept": "text/html"}


@pytest.fixture
async def admin(app: FastAPI, shop: Shop) -> httpx.AsyncClient:
    client = await signed_in(app, make_user(shop, role="admin")["email"])
    client.headers.update(HTML)
    return client


def make_experiment(shop: Shop, **given: Any) -> str:
    arms = [{"name": name, "variant": name, "share": 0.5} for name in ("champion", "challenger")]
    row = {"experiment_id": "exp_1", "title": "Newer taste", "surface": "for_you", "kind": "ab", "salt": "s", "arms": arms}
    return str(insert(shop, "shop.experiments", row | {"started_at": NOON, "started_by": "admin"} | given)["experiment_id"])


def make_figure(shop: Shop, arm: str, metric: str, value: float, *interval: float, **given: Any) -> None:
    low, high = interval or (None, None)
    row = {"experiment_id": "exp_1", "arm": arm, "metric": metric, "value": value, "low": low, "high": high, "p_value": None}
    insert(shop, "monitoring.experiment_figures", row | {"measured_at": NOON} | given)


def make_figures(shop: Shop, *, split_p_value: float = 0.4) -> None:
    make_figure(shop, "", "sample_ratio", split_p_value, p_value=split_p_value)
    for arm, clicked in (("champion", 0.05), ("challenger", 0.065)):
        make_figure(shop, arm, "units", 1_200)
        make_figure(shop, arm, "impressions", 43_210)
        make_figure(shop, arm, "click_rate", clicked, clicked - 0.004, clicked + 0.004)
        make_figure(shop, arm, "revenue_per_1000", 123_400, 100_000, 150_000)
    make_figure(shop, "challenger", "click_rate_difference", 0.015, 0.009, 0.021, p_value=0.00001)
    make_figure(shop, "challenger", "revenue_per_1000_difference", 0, -20_000, 20_000, p_value=0.97)


async def test_an_experiment_is_started_and_stopped_on_the_page(admin: httpx.AsyncClient, shop: Shop) -> None:
    assert "No experiment yet" in (await admin.get("/ops/experiments")).text
    form = {"title": "A <new> taste", "kind": "ab", "share": "20"}
    assert (await admin.post("/ops/experiments", data=form)).status_code == 303
    page = (await admin.get("/ops/experiments")).text
    assert "A &lt;new&gt; taste" in page
    assert "running" in page
    row = shop.execute("select experiment_id, arms from shop.experiments").fetchone()
    assert row is not None
    assert [arm["share"] for arm in row["arms"]] == [0.8, 0.2]
    again = await admin.post("/ops/experiments", data=form)
    assert (again.status_code, "stop it first" in again.text) == (409, True)
    stop = f"/ops/experiments/{row['experiment_id']}/stop"
    assert (await admin.post(stop, data={"reason": "enough"})).status_code == 303
    assert "enough" in (await admin.get("/ops/experiments")).text


async def test_figures_come_with_intervals_and_a_verdict(admin: httpx.AsyncClient, shop: Shop) -> None:
    make_experiment(shop)
    make_figures(shop)
    page = (await admin.get("/ops/experiments")).text
    for words in (
        "6.50 %",
        "6.10 % to 6.90 %",
        ">better<",
        "p &lt; .001",
        "undecided",
        "p = 0.97",
        "as they should",
        "1,200",
    ):
        assert words in page, words
    assert "data-lifts" in page


async def test_a_split_that_was_not_as_meant_is_said_before_any_figure(admin: httpx.AsyncClient, shop: Shop) -> None:
    make_experiment(shop)
    make_figures(shop, split_p_value=1e-9)
    page = (await admin.get("/ops/experiments")).text
    assert "Believe none of these figures" in page
    assert "data-lifts" not in page


async def test_interleaving_says_whose_list_was_preferred(admin: httpx.AsyncClient, shop: Shop) -> None:
    make_experiment(shop, kind="interleaving")
    make_figure(shop, "", "preference", 0.4, 0.1, 0.7, p_value=0.01)
    page = (await admin.get("/ops/experiments")).text
    assert "70 % preferred the challenger" in page
    assert "(55 % to 85 %)" in page


async def test_the_log_of_the_explored_place_stands_beside(admin: httpx.AsyncClient, shop: Shop) -> None:
    log = {"experiment_id": "explored_place"}
    for arm, clicked in (("champion", 0.04), ("challenger", 0.06)):
        make_figure(shop, arm, "snips", clicked, 0.01, 0.09, **log)
        make_figure(shop, arm, "draws", 500, **log)
        make_figure(shop, arm, "effective_size", 87.3, **log)
    make_figure(shop, "challenger", "snips_difference", 0.02, -0.01, 0.05, **log)
    product = make_product(shop, make_seller(shop)["seller_id"], title="A brand new lamp")
    counts = {"shown_count": 12, "clicked_count": 1, "prior_clicks": 1, "prior_shows": 50, "computed_at": NOON}
    insert(shop, "predictions.explored_products", {"product_id": product["product_id"], "probability": 0.31} | counts)
    page = (await admin.get("/ops/experiments")).text
    for words in ("2.00 % (-1.00 % to 5.00 %)", "6.00 %", "A brand new lamp", "31 %", "87"):
        assert words in page, words


async def test_an_analyst_reads_and_does_not_start(app: FastAPI, shop: Shop) -> None:
    analyst = await signed_in(app, make_user(shop, role="analyst")["email"])
    analyst.headers.update(HTML)
    assert "An administrator can start one" in (await analyst.get("/ops/experiments")).text
    assert (await analyst.post("/ops/experiments", data={"title": "Mine", "kind": "ab"})).status_code == 403
    customer = await signed_in(app, make_user(shop)["email"])
    assert (await customer.get("/ops/experiments", headers=HTML)).status_code == 403
