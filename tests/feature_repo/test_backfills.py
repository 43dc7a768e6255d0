"""What is learnt later, and history written again, never reach the training set of an earlier instant."""

import pandas as pd
import psycopg
import pytest

from feature_repo import retrieval
from feature_repo.reader import FeatureReader
from marketplace.local.postgres import EmbeddedPostgres
from marketplace.warehouse import Warehouse
from pipelines.raw_copy import copy_to_raw
from pipelines.ring_history import restate_rings
from tests.feature_repo.conftest import settings_of
from tests.warehouse.building import dbt, failures, rows, warehouse

# On the first of May much becomes known of March, and trade goes on.
LATER = """
insert into shop.fraud_labels (fraud_label_id, payment_attempt_id, order_id, outcome, label_source, labelled_at) values
    ('l9', 'y0', 'o1', 'fraud', 'analyst', '2024-05-01 09:00Z');
insert into shop.orders (order_id, customer_id, status, currency, subtotal_minor, total_minor, shipping_address_id, ordered_at,
    approved_at)
    values ('o9', 'amina', 'approved', 'BDT', 9000, 9000, 'home', '2024-05-01 10:00Z', '2024-05-01 10:01Z');
insert into shop.payment_attempts (payment_attempt_id, order_id, customer_id, device_id, card_token, method, amount_minor,
    currency, ip_country_code, shipping_address_id, outcome, attempted_at)
    values ('y9', 'o9', 'amina', 'phone', 'amex', 'card', 9000, 'BDT', 'BD', 'home', 'authorised', '2024-05-01 10:00Z');
"""


@pytest.fixture(scope="module")
def shop(postgres: EmbeddedPostgres, migrated_template: str) -> str:
    return warehouse(postgres, migrated_template, "small_shop", command="run")


@pytest.fixture(scope="module")
def reader(shop: str) -> FeatureReader:
    made = retrieval.reader(settings_of(shop))
    made.apply()
    return made


@pytest.fixture(scope="module")
def labels(shop: str) -> pd.DataFrame:
    """Both customers at every midnight that the shop knows and a minute before."""
    [(last,)] = rows(shop, "select last_midnight_at from intermediate.int_time_bounds")
    midnights = pd.date_range("2024-03-01", f"{last:%Y-%m-%d}", freq="D", tz="UTC")
    moments = pd.DataFrame({"event_timestamp": midnights.union(midnights - pd.Timedelta(minutes=1))})
    who = pd.DataFrame({"customer_id": ["amina", "karim"], "device_id": ["phone", "laptop"], "amount_minor": 1000})
    return moments.merge(who, how="cross")


def test_history_written_again_changes_no_label(reader: FeatureReader, shop: str, labels: pd.DataFrame) -> None:
    before = reader.training_set("fraud_v2", labels)
    [(written_at,)] = rows(shop, "select max(created_at) from features.customer_risk")

    result = dbt(shop, "run", "--select", "features", "--full-refresh")

    assert result.success, failures(result)
    with psycopg.connect(shop) as connection:
        connection.execute("delete from changes.readers where reader = 'customer_rings'")
        connection.execute("truncate features.customer_rings, features.device_rings")
    assert min(restate_rings(Warehouse(shop)).values()) > 0
    assert rows(shop, f"select count(*) from features.customer_risk where created_at <= '{written_at}'") == [(0,)]
    pd.testing.assert_frame_equal(reader.training_set("fraud_v2", labels), before)


def test_what_becomes_known_later_changes_no_earlier_label(reader: FeatureReader, shop: str, labels: pd.DataFrame) -> None:
    before = reader.training_set("fraud_v2", labels)
    assert before["fraud_label_count_total"].max() == 1
    with psycopg.connect(shop) as connection:
        connection.execute(LATER.encode())
    copy_to_raw(shop)

    result = dbt(shop, "run", "--full-refresh")

    assert result.success, failures(result)
    restate_rings(Warehouse(shop))
    pd.testing.assert_frame_equal(reader.training_set("fraud_v2", labels), before)
    later = labels[labels["customer_id"] == "amina"].head(1).assign(event_timestamp=pd.Timestamp("2024-05-02", tz="UTC"))
    [row] = reader.training_set("fraud_v2", later).to_dict("records")
    assert (row["fraud_label_count_total"], row["device_fraud_label_count_total"], row["order_count_30d"]) == (
        1,
        2,
        1,
    )  # y0; y3 too


def test_an_order_that_is_somebody_elses_is_taken_back_online(reader: FeatureReader, shop: str, labels: pd.DataFrame) -> None:
    last = pd.Timestamp(rows(shop, "select last_midnight_at from intermediate.int_time_bounds")[0][0])
    now = labels.drop_duplicates("customer_id").assign(event_timestamp=last)
    counts = ["order_count_total", "order_value_max_minor", "attempt_count_30d", "ring_customer_count_90d"]
    reader.materialize(last.to_pydatetime())
    before = [row["order_count_total"] for row in reader.online("fraud_v2", now.to_dict("records"))]
    with psycopg.connect(shop) as connection:
        connection.execute("update shop.orders set customer_id = 'karim' where order_id = 'o9'")
        connection.execute("update shop.payment_attempts set customer_id = 'karim' where order_id = 'o9'")
    copy_to_raw(shop)

    result = dbt(shop, "run")

    assert result.success, failures(result)
    restate_rings(Warehouse(shop))
    reader.materialize(last.to_pydatetime())
    online = pd.DataFrame(reader.online("fraud_v2", now.to_dict("records")))
    assert (before[1], online["order_count_total"].tolist()) == (None, [before[0] - 1, 1])
    stored = reader.training_set("fraud_v2", now)
    pd.testing.assert_frame_equal(online[counts], stored[counts].reset_index(drop=True), check_dtype=False)


def test_an_instant_holds_one_row_of_an_entity(reader: FeatureReader, shop: str) -> None:
    # A second opinion on the same instant, written later, has no place: the table refuses it.
    with pytest.raises(psycopg.errors.UniqueViolation), psycopg.connect(shop) as connection:
        connection.execute("insert into features.customer_risk select * from features.customer_risk limit 1")
