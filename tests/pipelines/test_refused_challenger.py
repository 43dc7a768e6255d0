"""A day on which the new model is no good: the old champion's forecasts are made all the same, and everybody is told."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
import pandas as pd
import psycopg
import pytest
from mlflow import MlflowClient
from psycopg.rows import dict_row

from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.registry import ModelRegistry
from models.seller_analytics import SellerAnalyticsConfig
from pipelines import training
from pipelines.defs.monitoring import assets as monitoring
from pipelines.defs.seller_analytics import assets as family
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource
from pipelines.run import refusals_in
from storefront_api.main import create_app
from tests.factories import make_user
from tests.models.seller_analytics.days import make_market
from tests.storefront_api.conftest import shop_settings, signed_in

NAME = ModelName.SELLER_ANALYTICS
MARKET = make_market(sellers=16, days=106)
# Levels that forget within hours and a weekday pattern of one day: what it foretells is yesterday, on every day.
FORGETFUL = SellerAnalyticsConfig(level_half_life_steps=(0.01,), pooled_weeks_steps=(0.0,), weekday_half_life_days=0.01)
CHECKS = {f"{NAME}_challenger_beats_baseline", f"{NAME}_challenger_is_no_worse_than_champion"}

Day = Callable[[int], dg.ExecuteInProcessResult]


@pytest.fixture
def day(database_url: str, mlflow_url: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> Day:
    """Brings the market's sales until a day into the warehouse and runs the family, its forecasts and its drift."""
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MARKETPLACE_DATABASE__URL", database_url)
    if ModelRegistry(mlflow_url).versions(NAME):  # another test's
        MlflowClient(mlflow_url).delete_registered_model(NAME)
    warehouse = Warehouse(database_url)
    days = MARKET.seller_days.assign(currency="BDT")
    watched = ("order_count", "units_sold", "refund_minor", "customer_count", "visit_count", "product_view_count")
    with warehouse.connect() as connection:
        columns = ", ".join(f"{name} bigint default 1" for name in (*watched, "cart_add_count"))
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_sellers (seller_id text, time_zone text)")
        connection.execute(
            f"create table marts.fct_seller_days (seller_id text, sale_date date, revenue_minor float8, currency text, {columns})"
        )
        connection.execute(
            "create table marts.dim_products (product_id text, seller_id text, category_id text, is_active boolean)"
        )
        connection.execute("create table marts.fct_product_days (product_id text, sale_date date, units_sold integer)")
    warehouse.write(pd.DataFrame({"seller_id": days["seller_id"].unique(), "time_zone": "UTC"}), "marts", "dim_sellers")
    resources = {
        "warehouse": WarehouseResource(database_url=database_url),
        "registry": ModelRegistryResource(tracking_uri=mlflow_url),
    }
    drift = [asset for asset in monitoring.ASSETS if asset.key == dg.AssetKey(["drift", NAME])]

    def run(count: int) -> dg.ExecuteInProcessResult:
        last = days["sale_date"].min() + timedelta(days=count - 1)
        warehouse.write(days[days["sale_date"] <= last], "marts", "fct_seller_days", replace_where="true")
        with warehouse.connect() as connection:
            event = [f"event-{count}", datetime(last.year, last.month, last.day, 18, tzinfo=UTC)]
            connection.execute(
                "insert into raw_shop.events (event_id, event_type, session_id, source, occurred_at, created_at, updated_at)"
                " values (%s, 'page_view', 'session', 'simulation', %s, now(), now())",
                event,
            )
        return dg.materialize([*family.ASSETS, *drift], resources=resources, raise_on_error=False)

    return run


def forecasts(database_url: str) -> tuple[str, datetime, date, int]:
    with psycopg.connect(database_url, options="-c timezone=UTC") as connection:
        query = (
            "select min(model_version), min(computed_at), min(forecast_date), count(distinct seller_id)"
            " from predictions.seller_forecasts where status = 'ok'"
        )
        row: Any = connection.execute(query).fetchone()
    return tuple(row)  # type: ignore[return-value]


def operators_page(database_url: str, mlflow_url: str) -> str:
    """The section about models."""
    base = shop_settings(database_url)
    mlflow = base.mlflow.model_copy(update={"port": urlsplit(mlflow_url).port})

    async def ask() -> str:
        app = create_app(base.model_copy(update={"mlflow": mlflow}))
        with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as shop:
            email = make_user(shop, role="admin")["email"]
        async with app.router.lifespan_context(app):
            operator = await signed_in(app, email)
            return (await operator.get("/ops/sections/models")).text

    return asyncio.run(ask())


def test_a_refused_challenger_leaves_fresh_forecasts_of_the_champion_and_a_word_on_the_operators_page(
    day: Day, database_url: str, mlflow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, first_day = ModelRegistry(mlflow_url), MARKET.seller_days["sale_date"].min()
    midnight = datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC)
    assert day(105).success
    champion = registry.resolve(NAME)
    assert champion is not None
    before = forecasts(database_url)
    before_day, next_day = ((midnight + timedelta(days=count), first_day + timedelta(days=count)) for count in (105, 106))
    sellers = before[-1]
    assert before == (champion.version, *before_day, sellers)

    monkeypatch.setitem(training._CONFIGS, NAME, lambda _: FORGETFUL)
    result = day(106)

    assert result.success
    assert registry.resolve(NAME).version == champion.version  # type: ignore[union-attr]
    assert forecasts(database_url) == (champion.version, *next_day, sellers)
    failed = {one.check_name: one for one in result.get_asset_check_evaluations() if not one.passed}
    refusing = [one for one in failed.values() if one.severity is dg.AssetCheckSeverity.ERROR]
    assert refusing
    assert {one.check_name for one in refusing} <= CHECKS
    assert refusals_in(result) == {NAME.value: refusing[-1].metadata["judgement"].value}
    made = [list(event.asset_key.path) for event in result.get_asset_materialization_events()]
    assert ["drift", NAME.value] in made, "monitoring looked too"
    section = operators_page(database_url, mlflow_url)
    assert f"The newest challenger was refused, version {champion.version} serves on." in section
    assert str(refusing[-1].metadata["judgement"].value).split(":")[0] in section
