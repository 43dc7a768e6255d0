"""What a correction takes away from a feature table is gone from the online store too, and nothing else is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import psycopg
import pytest

from feature_repo.point_in_time import StoredView
from feature_repo.reader import FeatureReader
from tests.feature_repo.comparing import same
from tests.online_offline import VIEWS
from tests.warehouse.building import rows

ONLINE = "feast_online.marketplace_"
# Of every entity the newest row; and of the first entity all.
NEWEST = """
    create table {schema}.{view} as select * from features.{view} as stored where event_timestamp <= %(until)s and (
        {key} = (select min({key}) from features.{view} where {recent})
        or event_timestamp = (select max(event_timestamp) from features.{view} as newer where newer.{key} = stored.{key})
    ) and {recent}
"""


@pytest.fixture
def database(features: FeatureReader, small_shop: str, until: datetime) -> Iterator[str]:
    """The shop, whose rows come back afterwards."""
    features.materialize(until)
    yield small_shop
    with psycopg.connect(small_shop) as connection:
        for view in VIEWS if exists(small_shop, "kept") else ():
            connection.execute(f"insert into features.{view} select * from kept.{view} on conflict do nothing".encode())
        connection.execute("drop schema if exists kept cascade")
        connection.execute("update features.seller_sales set created_at = now()")
    features.materialize(until)
    assert differences(features, small_shop, until) == []


def exists(url: str, schema: str) -> bool:
    return rows(url, f"select to_regnamespace('{schema}') is not null") == [(True,)]


def differences(features: FeatureReader, url: str, until: datetime) -> list[Any]:
    """Where the online value of an entity that was ever known is not what the tables say of it as of `until`, by Feast."""
    found = []
    for view, key in VIEWS.items():
        names = [f"{view}:{field.name}" for field in features.store.get_feature_view(view).features]
        everybody = f"select distinct {key} from features.{view} where {recent(view, until)}"
        everybody += f" union select {key} from kept.{view}" if exists(url, "kept") else ""
        entities = [entity for (entity,) in rows(url, everybody)]
        asked = pd.DataFrame({key: entities, "event_timestamp": pd.Timestamp(until)})
        offline = features.store.get_historical_features(entity_df=asked, features=names).to_df().set_index(key)
        online = features.store.get_online_features(features=names, entity_rows=[{key: entity} for entity in entities]).to_dict()
        found += [
            (view, entity, name, offline.loc[entity, name], online[name][place])
            for place, entity in enumerate(entities)
            for name in (name.split(":")[1] for name in names)
            if not same(offline.loc[entity, name], online[name][place])
        ]
    return found


def recent(view: str, until: datetime) -> str:
    """What is within the time to live at `until`."""
    return f"event_timestamp >= '{until - timedelta(days=1)}'" if view == "session_activity" else "true"


def withdraw(url: str, until: datetime) -> int:
    """Take rows away from every feature table; how many, and they are kept in the schema `kept`."""
    with psycopg.connect(url) as connection:
        connection.execute("create schema kept")
        count = 0
        for view, key in VIEWS.items():
            query = NEWEST.format(schema="kept", view=view, key=key, recent=recent(view, until)).encode()
            assert connection.execute(query, {"until": until}).rowcount > 0
            gone = (
                f"delete from features.{view} where ({key}, event_timestamp) in (select {key}, event_timestamp from kept.{view})"
            )
            count += connection.execute(gone.encode()).rowcount
    return count


def notes(url: str) -> int:
    [(count,)] = rows(url, "select count(*) from feast_online.withdrawn_rows")
    return int(count)


def test_offline_equals_online_after_rows_are_withdrawn_from_every_table(
    features: FeatureReader, database: str, until: datetime
) -> None:
    assert notes(database) == 0
    assert 0 < withdraw(database, until) == notes(database)
    assert {view for view, *_ in differences(features, database, until)} == set(VIEWS)

    features.materialize(until)

    assert differences(features, database, until) == []
    assert notes(database) == 0


def test_a_killed_materialisation_leaves_old_values_readable_and_the_next_one_ends_it(
    features: FeatureReader, database: str, until: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = features.online("seller_analytics_v1", [{"seller_id": "seller-1"}])
    newest_rows = FeatureReader._newest_rows

    def killed(self: FeatureReader, view: StoredView, *asked: Any) -> pd.DataFrame:
        if view.name == "seller_sales":
            raise KeyboardInterrupt
        return newest_rows(self, view, *asked)

    withdraw(database, until)
    with monkeypatch.context() as at_seller_sales:
        at_seller_sales.setattr(FeatureReader, "_newest_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            features.materialize(until)
    dated_back = f"select count(*) from {ONLINE}seller_sales where event_ts = 'epoch'"
    assert rows(database, dated_back) > [(0,)]
    [now] = features.online("seller_analytics_v1", [{"seller_id": "seller-1"}])
    assert now["revenue_minor_28d"] == before[0]["revenue_minor_28d"]

    features.materialize(until)

    assert differences(features, database, until) == []
    assert (rows(database, dated_back), notes(database)) == ([(0,)], 0)


def test_a_table_made_anew_is_compared_whole_and_a_pushed_visit_stays(
    features: FeatureReader, database: str, until: datetime
) -> None:
    visit = {"session_id": "in-the-shop", "view_count": 3, "cart_count": 0, "recent_product_ids": ["mug"]}
    visit |= {"last_product_id": "mug", "event_timestamp": pd.Timestamp(datetime.now(UTC))}
    features.push_session_events(pd.DataFrame([visit]))
    with psycopg.connect(database) as connection:  # nobody notes what a table lacks that is not the one of before
        for view in VIEWS:
            connection.execute(f"drop trigger withdrawn_rows on features.{view}".encode())
    withdraw(database, until)
    assert notes(database) == 0

    features.materialize(until)

    # Of the table's last hour nobody can tell which visits have no row yet, and which none any more.
    assert {view for view, *_ in differences(features, database, until)} <= {"session_activity"}
    [answer] = features.online("recommendation_v1", [{"customer_id": "amina", "session_id": "in-the-shop"}])
    assert answer["recent_product_ids"] == ["mug"]


def test_a_table_emptied_and_filled_again_keeps_what_it_has(features: FeatureReader, database: str, until: datetime) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("create temporary table filled as select * from features.seller_sales where seller_id <> 'seller-1'")
        connection.execute("create schema kept")
        for view in VIEWS:
            connection.execute(f"create table kept.{view} as table features.{view}".encode())
        connection.execute("truncate features.seller_sales")
        connection.execute("insert into features.seller_sales table filled")

    features.materialize(until)

    assert differences(features, database, until) == []
    gone, kept = features.online("seller_analytics_v1", [{"seller_id": "seller-1"}, {"seller_id": "seller-2"}])
    assert (gone["revenue_minor_28d"], kept["revenue_minor_28d"] is None) == (None, False)
