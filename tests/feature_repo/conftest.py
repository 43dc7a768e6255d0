"""The warehouses of tests/warehouse, for features read through Feast."""

from datetime import datetime

import pytest

from feature_repo import retrieval
from feature_repo.reader import FeatureReader
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.settings import Settings
from tests.warehouse.building import rows, warehouse


def settings_of(url: str) -> Settings:
    return Settings(database={"url": url})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def small_shop(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """URL of the hand-made shop together with the crowd, built with every test of dbt passing."""
    return warehouse(postgres, migrated_template, "small_shop", "crowd")


@pytest.fixture(scope="session")
def olist_shop(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    """URL of a shop shaped like Olist, built by dbt."""
    return warehouse(postgres, migrated_template, "olist_shop", command="run")


@pytest.fixture(scope="session")
def until(small_shop: str) -> datetime:
    return rows(small_shop, "select last_midnight_at from intermediate.int_time_bounds")[0][0]


@pytest.fixture(scope="session")
def features(small_shop: str, until: datetime) -> FeatureReader:
    reader = retrieval.reader(settings_of(small_shop))
    assert "session_activity" in reader.apply()
    reader.materialize(until)
    return reader
