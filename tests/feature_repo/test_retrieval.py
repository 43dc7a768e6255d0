"""Feast over a built warehouse: training and serving agree, no label row is lost, nothing leaks from the future."""

import threading
from datetime import UTC, datetime, timedelta

import pandas as pd
import psycopg
import pytest

from feature_repo import retrieval
from feature_repo.reader import FeatureReader
from marketplace.errors import FeaturesMissingError, InvalidInputError, MissingColumnsError
from tests.feature_repo.comparing import same
from tests.feature_repo.conftest import settings_of
from tests.warehouse.building import rows

KEYS = {"customer": "customer_id", "product": "product_id", "seller": "seller_id", "device": "device_id", "session": "session_id"}
DHAKA = {"shipping_latitude": 23.8, "shipping_longitude": 90.4}


def attempts(*moments: str, customer: str | None = "amina", device: str | None = "phone") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": customer,
            "device_id": device,
            "amount_minor": 10_000,
            "event_timestamp": pd.to_datetime(list(moments), utc=True, format="ISO8601"),
        }
    )


@pytest.mark.parametrize(
    "view",
    [
        "customer_orders",
        "customer_engagement",
        "customer_risk",
        "customer_rings",
        "device_activity",
        "device_rings",
        "product_sales",
        "product_reviews",
        "seller_performance",
        "seller_sales",
        "session_activity",
    ],
)
def test_offline_as_of_now_equals_online(features: FeatureReader, small_shop: str, until: datetime, view: str) -> None:
    key = KEYS[view.split("_")[0]]
    since = until - timedelta(days=1) if view == "session_activity" else datetime(2000, 1, 1, tzinfo=UTC)
    entities = [
        entity
        for (entity,) in rows(
            small_shop, f"select distinct {key} from features.{view} where event_timestamp >= '{since}' order by 1 limit 1000"
        )
    ]
    assert entities
    names = [f"{view}:{field.name}" for field in features.store.get_feature_view(view).features]
    asked = pd.DataFrame({key: entities, "event_timestamp": pd.Timestamp(until)})
    offline = features.store.get_historical_features(entity_df=asked, features=names).to_df().set_index(key)
    online = features.store.get_online_features(features=names, entity_rows=[{key: entity} for entity in entities]).to_dict()
    for place, entity in enumerate(entities):
        for name in (name.split(":")[1] for name in names):
            stored, served = offline.loc[entity, name], online[name][place]
            assert same(stored, served), (entity, name, stored, served)


def test_every_label_row_comes_back_in_its_place(features: FeatureReader) -> None:
    labels = pd.concat(
        [
            attempts("2024-04-05", "2024-03-01", "2024-03-05"),
            attempts("2024-03-05", customer="never-seen", device=None),
            attempts("2024-03-05", "2024-03-05"),
            attempts("2024-03-05", customer=None, device=None),
        ]
    ).assign(note=list("abcdefg"))
    labels.index = pd.Index([9, 3, 3, 7, 1, 0, 5])  # any index, even one with repeats
    answered = features.training_set("fraud_v1", labels)
    pd.testing.assert_frame_equal(answered[labels.columns], labels)
    assert answered["order_count_total"].tolist()[0] == 2
    assert pd.isna(answered["order_count_total"].tolist()[1])  # before the first order
    assert answered["order_count_total"].tolist()[2] == 1
    assert answered["order_count_total"].isna().tolist() == [False, True, False, True, False, False, True]
    assert answered["amount_ratio_to_mean"].tolist()[2] == 2.0  # 10000 against one order of 5000


def test_no_rows_in_no_rows_out(features: FeatureReader) -> None:
    answered = features.training_set("seller_analytics_v1", pd.DataFrame({"seller_id": [], "event_timestamp": []}))
    assert answered.empty
    assert "revenue_minor_28d" in answered


def test_late_labels_do_not_leak(features: FeatureReader) -> None:
    # The attempt of March 2nd became known as fraud on the 20th and as legitimate on the 25th.
    answered = features.training_set("fraud_v1", attempts("2024-03-19", "2024-03-20 23:59", "2024-03-21", "2024-03-27"))
    assert answered["fraud_label_count_total"].tolist() == [0, 0, 1, 0]


def test_planted_future_row_is_not_seen(features: FeatureReader, small_shop: str) -> None:
    with psycopg.connect(small_shop) as connection:
        connection.execute(
            "insert into features.customer_risk values ('amina', 99, 99, 99, 99, 99, '2024-03-05 12:00:00.000001Z', now())"
        )
    try:
        answered = features.training_set("fraud_v1", attempts("2024-03-05 12:00", "2024-03-05 12:00:01"))
    finally:
        with psycopg.connect(small_shop) as connection:
            connection.execute("delete from features.customer_risk where attempt_count_30d = 99")
    assert answered["attempt_count_30d"].tolist() == [2, 99]


def test_training_and_serving_compute_request_features_alike(features: FeatureReader, until: datetime) -> None:
    signed_up_at = datetime(2024, 2, 1, tzinfo=UTC)
    request = {"amount_minor": 10_000, "attempted_at": until, "signed_up_at": signed_up_at, "ip_country_code": "US"} | DHAKA
    request |= {"shipping_country_code": "BD", "ip_latitude": 40.7, "ip_longitude": -74.0}
    [served] = features.online("fraud_v1", [{"customer_id": "amina", "device_id": "phone"} | request])
    trained = features.training_set("fraud_v1", attempts(str(until)).drop(columns="amount_minor").assign(**request)).iloc[0]
    for name, value in served.items():
        assert same(trained[name], value), (name, trained[name], value)
    assert served["amount_ratio_to_max"] == 2.0
    assert served["is_ip_country_foreign"] == 1.0
    assert served["ip_shipping_km"] == pytest.approx(12_660, abs=60)


def test_unknown_entities_are_null(features: FeatureReader) -> None:
    answers = features.online("seller_analytics_v1", [{"seller_id": "nobody"}, {"seller_id": "seller-1"}, {}])
    assert set(answers[0].values()) == {None}
    assert answers[1]["order_count_60d"] is not None
    assert set(answers[2].values()) == {None}
    assert features.online("seller_analytics_v1", []) == []


def test_pushed_visit_is_read_at_once_and_equals_a_recount(features: FeatureReader, small_shop: str) -> None:
    now = datetime.now(UTC)
    with psycopg.connect(small_shop) as connection:
        connection.cursor().executemany(
            "insert into shop.events (event_id, event_type, session_id, product_id, occurred_at) values (%s, %s, 'live', %s, %s)",
            [
                (f"live-{n}", "cart_add" if n == 3 else "product_view", product, now + timedelta(seconds=n))
                for n, product in enumerate(["mug", "shirt", "mug", "thing-1"])
            ],
        )
        [(views, carts, recent)] = connection.execute(
            "select sum(views)::int, sum(carts)::int, array_agg(product_id order by last_at desc) from (select product_id,"
            " count(*) filter (where event_type = 'product_view') as views,"
            " count(*) filter (where event_type = 'cart_add') as carts,"
            " max(occurred_at) as last_at from shop.events where session_id = 'live' group by 1) as products",
        ).fetchall()
        connection.rollback()  # the shop is other tests' too
    frame = pd.DataFrame(
        {
            "session_id": ["live"],
            "event_timestamp": [now + timedelta(seconds=3)],
            "view_count": [views],
            "cart_count": [carts],
            "recent_product_ids": [recent],
            "last_product_id": [recent[0]],
        }
    )
    features.push_session_events(frame)
    [answer] = features.online("recommendation_v1", [{"customer_id": "amina", "session_id": "live"}])
    assert answer["recent_product_ids"] == ["thing-1", "mug", "shirt"]
    assert (views, carts) == (3, 1)

    older = frame.assign(event_timestamp=now, recent_product_ids=[["mug"]], last_product_id="mug")
    features.push_session_events(older)  # an older value arrives late: the newer one stays
    [answer] = features.online("recommendation_v1", [{"customer_id": "amina", "session_id": "live"}])
    assert answer["recent_product_ids"] == ["thing-1", "mug", "shirt"]


def test_second_materialisation_covers_what_a_backfill_rewrote(features: FeatureReader, small_shop: str, until: datetime) -> None:
    newest = (
        "seller_id = 'seller-1' and event_timestamp ="
        " (select max(event_timestamp) from features.seller_sales where seller_id = 'seller-1')"
    )
    [(known,)] = rows(small_shop, f"select revenue_minor_28d from features.seller_sales where {newest}")
    for value in (known + 7, known):
        with psycopg.connect(small_shop) as connection:
            connection.execute(
                f"update features.seller_sales set revenue_minor_28d = {value}, created_at = now() where {newest}".encode()
            )
        features.materialize(until)
        assert features.online("seller_analytics_v1", [{"seller_id": "seller-1"}])[0]["revenue_minor_28d"] == value


def test_threads_read_their_own_entities(features: FeatureReader) -> None:
    expected = {
        seller: features.online("seller_analytics_v1", [{"seller_id": seller}]) for seller in ("seller-1", "seller-2", "nobody")
    }
    wrong: list[str] = []

    def read(seller: str) -> None:
        for _ in range(30):
            if features.online("seller_analytics_v1", [{"seller_id": seller}]) != expected[seller]:
                wrong.append(seller)

    threads = [threading.Thread(target=read, args=(seller,)) for seller in expected for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_reads_go_on_while_everything_is_materialised_again(features: FeatureReader, until: datetime) -> None:
    sellers = [{"seller_id": seller} for seller in ("seller-1", "seller-2", "nobody")]
    expected = features.online("seller_analytics_v1", sellers)
    wrong: list[object] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                if (answer := features.online("seller_analytics_v1", sellers)) != expected:
                    wrong.append(answer)
            except Exception as error:
                wrong.append(error)
            stop.wait(0.005)  # four readers: some hundred reads a second

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        features.store.materialize(datetime(2000, 1, 1, tzinfo=UTC), until)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_wrong_requests_are_named(features: FeatureReader) -> None:
    with pytest.raises(FeaturesMissingError, match="pricing_v1"):
        features.online("pricing_v1", [{}])
    with pytest.raises(MissingColumnsError, match="device_id"):
        features.training_set("fraud_v1", attempts("2024-03-05").drop(columns="device_id"))
    with pytest.raises(InvalidInputError, match="event_timestamp"):
        features.training_set("fraud_v1", attempts("2024-03-05").assign(event_timestamp=pd.NaT))


def test_shop_without_devices_and_visits_trains_and_serves(olist_shop: str) -> None:
    reader = retrieval.reader(settings_of(olist_shop))
    reader.apply()
    reader.materialize(datetime(2018, 6, 1, tzinfo=UTC))
    labels = attempts("2018-05-01", "2018-01-01", customer="joana", device=None)
    answered = reader.training_set("fraud_v1", labels)
    assert answered["order_count_total"].tolist()[0] == 2
    assert answered["attempt_count_7d"].isna().all()
    assert reader.online("fraud_v1", [{"customer_id": "joana"}])[0]["order_count_total"] == 2
