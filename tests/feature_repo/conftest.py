"""The warehouses of tests/warehouse, for features read through Feast."""

import pytest

from marketplace.local.postgres import EmbeddedPostgres
from tests.warehouse.building import warehouse


@pytest.fixture(scope="session")
def small_shop(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """URL of the hand-made shop together with the crowd, built with every test of dbt passing."""
    return warehouse(postgres, migrated_template, "small_shop", "crowd")


@pytest.fixture(scope="session")
def olist_shop(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """URL of a shop shaped like Olist, built by dbt."""
    return warehouse(postgres, migrated_template, "olist_shop", command="run")
