"""The lists of the night as Dagster makes them, on a real database and a real registry."""

from pathlib import Path

import dagster as dg
import psycopg
import pytest

from marketplace import top_lists
from marketplace.top_lists import TopLists
from marketplace.vocabulary import ModelName
from models.registry import ModelRegistry
from pipelines.defs.recommendation.assets import product_lists
from pipelines.resources.model_registry import ModelRegistryResource
from pipelines.resources.warehouse import WarehouseResource
from tests.serving.tiny_models import publish, recommendation_model

CUSTOMERS = {"customer-0": True, "customer-1": True, "customer-2": False}


def test_lists_are_published_of_everybody_who_wants_them(
    database_url: str, mlflow_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKETPLACE_STATE_DIR", str(tmp_path))
    model = recommendation_model()
    version = publish(ModelRegistry(mlflow_url), ModelName.RECOMMENDATION, model)
    product_id = str(model.catalogue.product_ids[0])
    with psycopg.connect(database_url) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_customers (customer_id text, wants_personalisation boolean)")
        connection.execute("create table marts.fct_interactions (customer_id text, product_id text, interacted_at timestamptz)")
        for customer_id, wanted in CUSTOMERS.items():
            connection.execute("insert into marts.dim_customers values (%s, %s)", (customer_id, wanted))
            connection.execute("insert into marts.fct_interactions values (%s, %s, '2020-01-01')", (customer_id, product_id))
    resources = {
        "warehouse": WarehouseResource(database_url=database_url),
        "registry": ModelRegistryResource(tracking_uri=mlflow_url),
    }
    for run in (1, 2):
        assert dg.materialize([product_lists], resources=resources).success
        published = TopLists(top_lists.folder_of(tmp_path, ModelName.RECOMMENDATION)).version
        assert published is not None
        assert (published.model, published.version) == ("recommendation", version)
        assert sorted(published.customers.tolist()) == [b"customer-0", b"customer-1"]
        for customer_id in ("customer-0", "customer-1"):
            expected = model.recommend(customer_id=customer_id, k=top_lists.PLACES)
            assert [one.product_id for one in published.of(customer_id)] == [one.product_id for one in expected]
        assert len(list((tmp_path / "top_lists" / "recommendation").glob("0*"))) == run
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select distinct list_name from predictions.product_lists order by 1").fetchall()
    assert {name for (name,) in rows} <= {"bought_together", "similar", "trending"}
    assert ("trending",) in rows
