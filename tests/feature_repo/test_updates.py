"""An update whose code reads a feature service that the registry has not heard of takes nothing from what was readable."""

import pandas as pd
import pytest

from feature_repo import __main__ as registration
from feature_repo import definitions, retrieval
from marketplace.local.feature_registry import lacks_services
from marketplace.vocabulary import FEATURE_SERVICES
from models.fraud.features import FEATURE_SERVICE, RING_FEATURES
from serving.online_features import OnlineFeatures
from tests.feature_repo.conftest import settings_of

AMINA = {"customer_id": "amina", "device_id": "phone"}


@pytest.fixture
def before_rings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A running marketplace whose registry and online store are of before rings; it knows two orders of one customer."""
    monkeypatch.setattr(retrieval, "_running_reader", lambda: retrieval.reader(settings_of(database_url)))
    reader = retrieval.reader(settings_of(database_url))
    reader.apply()
    midnight = pd.Timestamp("2026-05-01", tz="UTC")
    values = {field.name: 2 for field in definitions.customer_orders.features}
    row = {"customer_id": "amina", "event_timestamp": midnight, "created_at": midnight, **values}
    reader.store.write_to_online_store("customer_orders", pd.DataFrame([row]))
    rings = [definitions.fraud_v2, definitions.customer_rings, definitions.device_rings]
    reader.store.apply([], objects_to_delete=rings, partial=False)
    reader.refresh()
    return database_url


def test_every_service_that_a_model_reads_is_defined() -> None:
    assert {getattr(definitions, name).name for name in FEATURE_SERVICES.values()} == set(FEATURE_SERVICES.values())


def test_a_new_service_is_registered_before_scoring_and_what_was_known_stays_known(before_rings: str) -> None:
    settings = settings_of(before_rings)
    assert lacks_services(settings)
    assert OnlineFeatures(FEATURE_SERVICE, deadline=30).read(AMINA) is None

    registration.main()

    assert not lacks_services(settings)
    known = OnlineFeatures(FEATURE_SERVICE, deadline=30).read(AMINA)
    assert known is not None
    assert known["order_count_total"] == 2
    assert [known[name] for name in RING_FEATURES] == [None] * 4


def test_a_new_marketplace_is_left_to_its_first_run(database_url: str) -> None:
    assert not lacks_services(settings_of(database_url))
