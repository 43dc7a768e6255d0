"""Online values read by our own statement are what Feast answers, through restarts and while its tables are away."""

import asyncio
import math
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
import pytest

from feature_repo.reader import FeatureReader
from feature_repo.service_columns import ServiceColumns
from tests.feature_repo.comparing import same
from tests.warehouse.building import rows

KEYS = {
    "recommendation_v1": {"customer_id": "customer_engagement", "session_id": "session_activity"},
    "fraud_v1": {"customer_id": "customer_risk", "device_id": "device_activity"},
    "fraud_v2": {"customer_id": "customer_risk", "device_id": "device_activity"},
    "seller_analytics_v1": {"seller_id": "seller_sales"},
}
SEEN = datetime(2024, 4, 1, 13, 45, tzinfo=UTC)
REQUESTS: list[dict[str, Any]] = [
    {},
    {"amount_minor": 10_000, "attempted_at": SEEN, "signed_up_at": SEEN - timedelta(hours=3), "ip_country_code": "US"},
    {
        "amount_minor": 500,
        "attempted_at": SEEN,
        "shipping_country_code": "BD",
        "ip_country_code": "bd ",
        "billing_country_code": "US",
    },
    {"ip_latitude": 40.7, "ip_longitude": -74.0, "shipping_latitude": 23.8, "shipping_longitude": 90.4, "billing_latitude": 1.0},
]


def asked_of_feast(features: FeatureReader, service: str, entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Feast's own answer; it wants every key and every request value, of the declared type."""
    wanted = features._service(service)

    def typed(entity: Mapping[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {key: str(entity.get(key) or "") for key in wanted.keys}
        for name, kind in wanted.request.items():
            value = entity.get(name)
            instant = value.timestamp() if isinstance(value, datetime) else value
            row[name] = (value or "") if kind == "text" else math.nan if instant is None else float(instant)
        return row

    answer = features.store.get_online_features(wanted.service, [typed(entity) for entity in entities]).to_dict()
    return [{name: answer[name][place] for name in wanted.features} for place in range(len(entities))]


@pytest.mark.parametrize("service", list(KEYS))
def test_every_service_answers_what_feast_answers(
    features: FeatureReader, small_shop: str, until: datetime, service: str
) -> None:
    push_visit(features, "seen-now", datetime.now(UTC))
    ids = {
        key: [found for (found,) in rows(small_shop, f"select distinct {key} from features.{view} order by 1")]
        for key, view in KEYS[service].items()
    }
    if "session_id" in ids:
        ids["session_id"] = ["seen-now"]  # what else was visited there is past its time to live
    count = max(map(len, ids.values()))
    entities = [
        {key: found[place % len(found)] for key, found in ids.items()} | REQUESTS[place % len(REQUESTS)] for place in range(count)
    ]
    nobody: list[dict[str, Any]] = [dict.fromkeys(ids, "never-seen"), dict.fromkeys(ids), {}]
    half_known = [{**entities[0], key: None} for key in ids]
    entities += nobody + half_known
    ours, theirs = features.online(service, entities), asked_of_feast(features, service, entities)
    assert len(ours) == len(theirs) == len(entities)
    for entity, answer, expected in zip(entities, ours, theirs, strict=True):
        assert list(answer) == list(expected)
        for name, value in answer.items():
            assert (type(value), same(value, expected[name])) == (type(expected[name]), True), (entity, name, value)
    assert any(value is not None for value in ours[0].values())
    assert asyncio.run(features.online_soon(service, entities)) == ours


def test_value_past_its_time_to_live_is_unknown_as_in_a_training_set(features: FeatureReader) -> None:
    now = datetime.now(UTC)
    push_visit(features, "yesterday", now - timedelta(days=1, minutes=1))
    push_visit(features, "this-morning", now - timedelta(hours=23))
    seen = [{"customer_id": "amina", "session_id": name} for name in ("yesterday", "this-morning")]
    past, recent = features.online("recommendation_v1", seen)
    assert (past["recent_product_ids"], recent["recent_product_ids"]) == (None, ["mug"])
    assert past["view_count_28d"] == recent["view_count_28d"] is not None
    # Feast goes on answering it until it is deleted, as `materialize` does.
    assert asked_of_feast(features, "recommendation_v1", seen)[0]["recent_product_ids"] == ["mug"]


async def test_reads_survive_a_restart_of_the_database(features: FeatureReader, small_shop: str) -> None:
    asked = [{"seller_id": "seller-1"}]
    expected = features.online("seller_analytics_v1", asked)
    assert await features.online_soon("seller_analytics_v1", asked) == expected
    with psycopg.connect(small_shop, autocommit=True) as connection:
        # Ours alone: Feast's own pool would go on handing out what is dead.
        ended = connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and query ~ '^select 0::int2'"
        ).fetchall()
    assert len(ended) >= 2
    assert features.online("seller_analytics_v1", asked) == expected
    assert await features.online_soon("seller_analytics_v1", asked) == expected


async def test_a_service_not_known_yet_is_opened_once_and_beside_the_event_loop(
    features: FeatureReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, read = [], ServiceColumns.read

    def slowly(store: Any, name: str) -> ServiceColumns:
        opened.append(name)
        time.sleep(0.3)
        return read(store, name)

    monkeypatch.setattr(ServiceColumns, "read", slowly)
    asked = [{"seller_id": "seller-1"}]
    expected = features.online("seller_analytics_v1", asked)
    features.refresh()
    opened.clear()
    reading = asyncio.gather(*(features.online_soon("seller_analytics_v1", asked) for _ in range(3)))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert await reading == [expected] * 3
    assert opened == ["seller_analytics_v1"]
    assert turns >= 10, "the loop goes on"


def test_reads_fail_while_the_tables_are_away_and_go_on_when_they_are_back(features: FeatureReader, small_shop: str) -> None:
    asked = [{"seller_id": "seller-1"}]
    expected = features.online("seller_analytics_v1", asked)
    with psycopg.connect(small_shop, autocommit=True) as connection:
        connection.execute("alter schema feast_online rename to feast_online_gone")
        try:
            with pytest.raises(psycopg.Error):
                features.online("seller_analytics_v1", asked)
        finally:
            connection.execute("alter schema feast_online_gone rename to feast_online")
    assert features.online("seller_analytics_v1", asked) == expected


def push_visit(features: FeatureReader, session_id: str, seen_at: datetime) -> None:
    visit = {"view_count": 1, "cart_count": 0, "recent_product_ids": ["mug"], "last_product_id": "mug"}
    features.push_session_events(pd.DataFrame([{"session_id": session_id, "event_timestamp": seen_at} | visit]))
