"""What impressions led to, against a recount of the crowd's clicks, carts and orders one by one."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import dagster as dg
import numpy as np
import pytest

from marketplace.vocabulary import ModelName
from marketplace.warehouse import Warehouse
from models.registry import ModelRegistry
from pipelines.defs.experiments.assets import ASSETS
from pipelines.experiments import COLUMNS, experiment_figures
from pipelines.exploration import explored_products
from pipelines.off_policy import estimate_versions, logged_draws
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource
from tests.serving.tiny_models import log, publish, recommendation_model
from tests.warehouse.building import rows

A_DAY, A_WEEK, SLOW_CLOCK = timedelta(days=1), timedelta(days=7), timedelta(minutes=5)


@pytest.fixture(scope="module")
def credited(small_shop: str) -> dict[str, dict[str, Any]]:
    """By impression: its first click, first cart step, first sale and revenue, by the rules of the mart's description."""
    shown = rows(small_shop, "select impression_id, request_id, product_id, shown_at from shop.impressions")
    impressions = {(request, product): (impression, at) for impression, request, product, at in shown}
    clicks: dict[str, list[tuple[datetime, str, str, str, str]]] = defaultdict(list)
    found: dict[str, dict[str, Any]] = {row[0]: {"click": [], "cart": [], "order": [], "revenue": 0} for row in shown}
    for click, session, customer, product, request, at in rows(
        small_shop,
        "select event_id, session_id, customer_id, product_id, request_id, occurred_at from shop.events"
        " where event_type = 'recommendation_click'",
    ):
        impression, shown_at = impressions.get((request, product), (None, at))
        if impression is not None and shown_at - SLOW_CLOCK <= at <= shown_at + A_DAY:
            clicks[product].append((at, click, impression, session, customer))
            found[impression]["click"].append(at)
    outcomes = [
        ("cart", *row, 0)
        for row in rows(
            small_shop, "select session_id, customer_id, product_id, occurred_at from shop.events where event_type = 'cart_add'"
        )
    ]
    outcomes += [
        ("order", *row)
        for row in rows(
            small_shop,
            "select session_id, customer_id, product_id, ordered_at, i.total_minor from shop.orders join shop.order_items i"
            " using (order_id) where status in ('approved', 'processing', 'shipped', 'delivered', 'refunded')",
        )
    ]
    for kind, session, customer, product, at, revenue in outcomes:
        touches = [
            touch
            for touch in clicks[product]
            if at - A_WEEK <= touch[0] <= at and (touch[3] == session or (customer is not None and touch[4] == customer))
        ]
        if touches:
            impression = max(touches)[2]
            found[impression][kind].append(at)
            found[impression]["revenue"] += revenue
    return found


def test_clicks_carts_and_orders_are_credited_to_the_last_touch(small_shop: str, credited: dict[str, dict[str, Any]]) -> None:
    mart = rows(
        small_shop,
        "select impression_id, clicked_at, carted_at, ordered_at, revenue_minor, is_clicked, is_carted, is_ordered"
        " from marts.fct_impressions",
    )
    assert len(mart) == len(credited) == 2800
    for impression, clicked_at, carted_at, ordered_at, revenue, *claims in mart:
        by_hand = credited[impression]
        expected = [min(by_hand[kind], default=None) for kind in ("click", "cart", "order")]
        assert [clicked_at, carted_at, ordered_at] == expected, impression
        assert claims == [at is not None for at in expected]
        assert revenue == by_hand["revenue"]
    assert sum(row[2] is not None for row in mart) > 50
    assert sum(row[3] is not None for row in mart) > 10


def test_units_of_an_experiment_add_up_to_its_impressions(small_shop: str) -> None:
    units = rows(
        small_shop,
        "select unit_id, arm, impression_count, click_count, cart_count, order_count, revenue_minor"
        " from marts.fct_experiment_units order by 1, 2",
    )
    recount = rows(
        small_shop,
        "select unit_id, arm, count(*)::int, count(clicked_at)::int, count(carted_at)::int, count(ordered_at)::int,"
        " sum(revenue_minor)::bigint from marts.fct_impressions where experiment_id = 'trial' group by 1, 2",
    )
    assert [unit for unit in units if unit[0] != "saw-nothing"] == sorted(recount)
    assert [unit for unit in units if unit[0] == "saw-nothing"] == [("saw-nothing", "champion", 0, 0, 0, 0, 0)]


def test_figures_of_the_experiment_are_those_of_its_units(small_shop: str) -> None:
    frame = experiment_figures(Warehouse(small_shop))
    assert list(frame.columns) == COLUMNS
    found = {(row.arm, row.metric): row for row in frame.itertuples(index=False)}
    for arm in ("champion", "challenger"):
        [(units, shown, clicked, revenue)] = rows(
            small_shop,
            "select count(*), sum(impression_count)::int, sum(click_count)::int, sum(revenue_minor)::int"
            f" from marts.fct_experiment_units where arm = '{arm}'",
        )
        assert found[arm, "units"].value == units
        assert found[arm, "click_rate"].value == pytest.approx(clicked / shown)
        assert found[arm, "revenue_per_1000"].value == pytest.approx(1000 * revenue / shown)
        assert found[arm, "click_rate"].low < found[arm, "click_rate"].value < found[arm, "click_rate"].high
    gap = found["challenger", "click_rate_difference"]
    assert gap.value == pytest.approx(found["challenger", "click_rate"].value - found["champion", "click_rate"].value)
    assert 0 < gap.p_value <= 1
    assert 0 <= found["", "sample_ratio"].p_value <= 1


class AlwaysLast:
    """A policy that takes the alternative whose name sorts last."""

    catalogue = SimpleNamespace(product_ids=np.array([f"thing-{number}" for number in range(1, 13)]))

    def recommend(self, *, exclude: frozenset[str], **_: Any) -> list[Any]:
        left = sorted(set(self.catalogue.product_ids.tolist()) - exclude)
        return [SimpleNamespace(product_id=left[-1])] if left else []


def test_drawn_places_are_read_with_what_was_known_then_and_estimated(small_shop: str) -> None:
    draws = logged_draws(Warehouse(small_shop))
    assert len(draws) == 700
    assert set(draws["propensity"]) == {0.5}
    frame = estimate_versions(draws, {"champion": AlwaysLast(), "challenger": AlwaysLast()})  # type: ignore[dict-item]
    found = {(row.arm, row.metric): row for row in frame.itertuples(index=False)}
    agreed = [row.is_clicked for row in draws.itertuples() if row.product_id == max(row.alternative_product_ids)]
    assert found["champion", "snips"].value == pytest.approx(sum(agreed) / len(agreed))
    assert found["champion", "ips"].value == pytest.approx(2 * sum(agreed) / len(draws))
    assert found["challenger", "snips_difference"].value == 0


def test_new_products_get_chances_that_add_up(small_shop: str) -> None:
    frame = explored_products(Warehouse(small_shop), until=datetime(2024, 2, 1, tzinfo=UTC), new_for=timedelta(days=60))
    assert frame["product_id"].str.startswith("thing-").sum() == 0, "nothing of the crowd's is in stock"
    assert frame["product_id"].tolist() == ["mug"]
    assert frame["probability"].tolist() == [1.0]


def test_assets_write_figures_estimates_and_chances(small_shop: str, mlflow_url: str) -> None:
    registry = ModelRegistry(mlflow_url)
    champion = publish(registry, ModelName.RECOMMENDATION, recommendation_model())
    challenger = log(registry, ModelName.RECOMMENDATION, recommendation_model(seed=8))
    resources = {
        "warehouse": WarehouseResource(database_url=small_shop),
        "registry": ModelRegistryResource(tracking_uri=mlflow_url),
    }
    loaded = resources["registry"].load_both(ModelName.RECOMMENDATION)  # type: ignore[attr-defined]
    assert list(loaded) == ["champion", "challenger"]
    assert champion != challenger
    assert dg.materialize(ASSETS, resources=resources).success
    assert dg.materialize(ASSETS, resources=resources).success, "a rerun replaces what was there"
    found = rows(
        small_shop, "select experiment_id, arm, metric from monitoring.experiment_figures where metric in ('units', 'snips')"
    )
    assert sorted(found) == [
        ("explored_place", "challenger", "snips"),
        ("explored_place", "champion", "snips"),
        ("trial", "challenger", "units"),
        ("trial", "champion", "units"),
    ]
    [(products, chances)] = rows(small_shop, "select count(*), sum(probability) from predictions.explored_products")
    assert products == 0 or chances == pytest.approx(1)
