"""The training set: what was known when, and what nobody may know yet."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from marketplace.contracts.fraud import FraudScoreRequest, Velocity
from marketplace.errors import EmptyTrainingSetError, FeaturesMissingError
from marketplace.warehouse import Warehouse
from models.fraud.dataset import build_training_set, known_outcomes, load_training_set, write_training_set
from models.fraud.features import FEATURES, STORED_FEATURES, request_data, serving_features, to_matrix
from models.fraud.requests import requests
from tests.models.fraud.factories import NOON, make_attempts, make_history, make_labels, retrieve

DAY = timedelta(days=1)


def test_silence_means_legitimate_only_for_old_payments_that_went_through() -> None:
    attempts = make_attempts(
        {"attempted_at": NOON - 30 * DAY},
        {"attempted_at": NOON - 30 * DAY, "outcome": "declined"},
        {"attempted_at": NOON - 5 * DAY},
        {"attempted_at": NOON - 30 * DAY},
        {"attempted_at": NOON - 5 * DAY},
        {"attempted_at": NOON - 5 * DAY, "outcome": "held"},
    )
    labels = make_labels(("attempt-4", True, NOON - 10 * DAY), ("attempt-5", True, NOON - DAY), ("attempt-6", False, NOON - DAY))
    frame = build_training_set(attempts, labels, retrieve, until=NOON)
    outcome = dict(zip(frame["payment_attempt_id"], known_outcomes(frame, NOON, label_delay=21 * DAY), strict=True))
    expected = {"attempt-1": 0, "attempt-2": np.nan, "attempt-3": np.nan, "attempt-4": 1, "attempt-5": 1, "attempt-6": 0}
    np.testing.assert_equal(outcome, {name: float(value) for name, value in expected.items()})


def test_last_known_label_counts() -> None:
    labels = make_labels(
        ("attempt-1", False, NOON - 3 * DAY), ("attempt-1", True, NOON - 2 * DAY), ("attempt-1", False, NOON + DAY)
    )
    frame = build_training_set(make_attempts({"attempted_at": NOON - 9 * DAY}), labels, retrieve, until=NOON)
    assert frame[["is_fraud", "labelled_at"]].values.tolist() == [[True, pd.Timestamp(NOON - 2 * DAY)]]


def test_labels_and_attempts_of_the_future_change_nothing() -> None:
    attempts, labels = make_history(customers=40, rings=6)
    until = NOON - 30 * DAY
    frame = build_training_set(attempts, labels, retrieve, until=until)
    is_later = labels["labelled_at"] > until
    shuffled = labels.assign(is_fraud=labels["is_fraud"].where(~is_later, ~labels["is_fraud"]))
    past = attempts[attempts["attempted_at"] < until]
    for other_attempts, other_labels in ((attempts, shuffled), (attempts, labels[~is_later]), (past, labels)):
        other = build_training_set(other_attempts.sample(frac=1, random_state=1), other_labels, retrieve, until=until)
        pd.testing.assert_frame_equal(other, frame)


def test_training_row_equals_serving_row() -> None:
    attempts, labels = make_history(customers=30, rings=4)
    frame = build_training_set(attempts, labels, retrieve, until=NOON)
    sent = requests(frame)
    stored = retrieve("fraud_v2", pd.DataFrame([request_data(request) for request in sent]))
    served = [
        serving_features(request, answer)
        for request, answer in zip(sent, stored[list(STORED_FEATURES)].to_dict("records"), strict=True)
    ]
    np.testing.assert_array_equal(to_matrix(served), to_matrix(frame))


def test_rows_as_requests_pass_the_contract() -> None:
    attempts, labels = make_history(customers=5, rings=1)
    frame = build_training_set(attempts, labels, retrieve, until=NOON)
    for request in requests(frame):
        assert FraudScoreRequest.model_validate(request.model_dump()) == request


def test_unknown_stored_values_are_nan_and_absent_ones_an_error() -> None:
    request = FraudScoreRequest(
        payment_attempt_id="a", customer_id="c", amount_minor=1, currency="BDT", attempted_at=NOON, velocity=Velocity()
    )
    row = serving_features(request, dict.fromkeys(STORED_FEATURES))
    assert np.isnan(to_matrix([row])[0, FEATURES.index("order_count_total")])
    del row["order_count_total"]
    with pytest.raises(FeaturesMissingError, match="order_count_total"):
        to_matrix([row])


def test_feature_store_that_loses_a_row_is_caught() -> None:
    with pytest.raises(FeaturesMissingError, match="gave 1 rows for 2"):
        build_training_set(make_attempts({}, {}), make_labels(), lambda *asked: retrieve(*asked).iloc[:1], until=NOON + DAY)


def test_no_attempts_are_explained() -> None:
    with pytest.raises(EmptyTrainingSetError, match="Olist"):
        build_training_set(make_attempts({}), make_labels(), retrieve, until=NOON - DAY)


def test_table_gives_the_frame_back_as_of_an_earlier_day(database_url: str) -> None:
    warehouse = Warehouse(database_url)
    with pytest.raises(EmptyTrainingSetError):
        load_training_set(warehouse, until=NOON)
    attempts, labels = make_history(customers=20, rings=5)
    frame = build_training_set(attempts, labels, retrieve, until=NOON)
    assert write_training_set(warehouse, frame) == len(frame)
    write_training_set(warehouse, frame)  # again changes nothing
    loaded = load_training_set(warehouse, until=NOON).frame
    assert loaded["payment_attempt_id"].tolist() == frame["payment_attempt_id"].tolist()
    np.testing.assert_array_equal(to_matrix(loaded), to_matrix(frame))
    earlier = NOON - 40 * DAY
    np.testing.assert_array_equal(
        known_outcomes(load_training_set(warehouse, until=earlier).frame, earlier, label_delay=21 * DAY),
        known_outcomes(build_training_set(attempts, labels, retrieve, until=earlier), earlier, label_delay=21 * DAY),
    )
