"""What the dbt project promises about itself, read from its manifest and its files."""

from typing import Any

import pytest

from marketplace.settings import PROJECT_ROOT
from marketplace.vocabulary import SALE_STATUSES
from tests.warehouse.building import dbt


@pytest.fixture(scope="module")
def nodes(small_shop: str) -> list[Any]:
    return list(dbt(small_shop, "parse").result.nodes.values())


@pytest.fixture(scope="module")
def models(nodes: list[Any]) -> list[Any]:
    return [node for node in nodes if node.resource_type == "model"]


def test_every_model_is_described_with_every_column_beside_it(models: list[Any]) -> None:
    for model in models:
        assert model.description.startswith("One row"), model.name
        assert model.columns, model.name
        assert all(column.description for column in model.columns.values()), model.name
        assert (PROJECT_ROOT / "dbt" / model.original_file_path).with_suffix(".yml").exists(), model.name


def test_schema_and_group_are_the_folder(models: list[Any]) -> None:
    assert all(model.schema == model.fqn[1] == model.config.group for model in models)


def test_no_model_is_longer_than_seventy_lines(models: list[Any]) -> None:
    assert [model.name for model in models if len(model.raw_code.splitlines()) > 70] == []


def test_marts_and_features_have_enforced_contracts(models: list[Any]) -> None:
    assert all(model.config.contract.enforced for model in models if model.schema in ("marts", "features"))


def test_every_keyed_mart_and_feature_has_a_key_test(nodes: list[Any], models: list[Any]) -> None:
    keyed = {
        node.attached_node
        for node in nodes
        if node.resource_type == "test"
        and getattr(node, "test_metadata", None)
        and node.test_metadata.name in ("unique", "unique_together", "primary_key")
    }
    unkeyed = {model.name for model in models if model.unique_id not in keyed and model.schema != "intermediate"}
    assert unkeyed == set()


def test_features_read_no_staging_table(models: list[Any]) -> None:
    for model in models:
        if model.schema == "features":
            assert not any(".stg_" in parent for parent in model.depends_on.nodes), model.name


def test_sales_are_what_the_vocabulary_calls_sales() -> None:
    macro = (PROJECT_ROOT / "dbt" / "macros" / "is_sale.sql").read_text()
    assert all(f"'{status}'" in macro for status in SALE_STATUSES)
    assert macro.count("'") == 2 * len(SALE_STATUSES)


def test_no_personal_data_reaches_the_warehouse(small_shop: str, models: list[Any]) -> None:
    import psycopg

    with psycopg.connect(small_shop) as connection:
        for schema, name in [(model.schema, model.name) for model in models]:
            found = connection.execute(f"select count(*) from {schema}.{name} as t where t::text ilike '%canary%'".encode())
            assert found.fetchone() == (0,), name
