"""The training set: every payment attempt with what was known when it was made, and what became known of it later."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace.errors import EmptyTrainingSetError, FeaturesMissingError
from marketplace.fraud_outcomes import known_outcome
from marketplace.vocabulary import AttemptOutcome
from marketplace.warehouse import Warehouse
from models.fraud.features import FEATURE_SERVICE, FEATURES, REQUEST_COLUMNS, RING_FEATURES, RULE_POINTS, STORED_FEATURES, TRAVEL
from models.fraud.requests import rule_points
from models.fraud.travel import travel_kmh
from models.fraud.velocity import VELOCITY_COLUMNS, velocity

Retrieve = Callable[[str, pd.DataFrame], pd.DataFrame]

# Columns of `training.fraud` beside the features, with their SQL types.
_ID_TYPES = dict.fromkeys(("payment_attempt_id", "customer_id", "device_id", "card_token"), "text")
_REQUEST_TYPES = dict.fromkeys(("method", "currency", "outcome"), "text")
_REQUEST_TYPES |= {name: "double precision" if name.endswith(("latitude", "longitude")) else "text" for name in REQUEST_COLUMNS}
_REQUEST_TYPES |= {"signed_up_at": "timestamptz", "attempted_at": "timestamptz", "amount_minor": "bigint"}
_LABEL_TYPES = {"is_fraud": "boolean", "labelled_at": "timestamptz"}
COLUMN_TYPES = (
    _ID_TYPES
    | _REQUEST_TYPES
    | dict.fromkeys((*VELOCITY_COLUMNS, *FEATURES, *RING_FEATURES), "double precision")
    | _LABEL_TYPES
    | {
        "amount_minor": "bigint",
        "item_count": "bigint",
    }
)


@dataclass(frozen=True)
class TrainingSet:
    """All attempts before `until`, oldest first, with `FEATURES`, request data and the latest label known by `until`.

    `is_fraud` and `labelled_at` are missing where nobody has said anything yet; `known_outcomes` says what that means.
    """

    frame: pd.DataFrame
    until: datetime


def build_training_set(attempts: pd.DataFrame, labels: pd.DataFrame, retrieve: Retrieve, *, until: datetime) -> pd.DataFrame:
    """The frame of a `TrainingSet`: one row per attempt before `until`.

    Args:
        attempts: `marts.fct_payment_attempts`. labels: `marts.fct_fraud_labels`.
        retrieve: joins the features of a service as of each row's `event_timestamp`: same rows, same order.
    """
    rows = attempts[attempts["attempted_at"] < until].sort_values(["attempted_at", "payment_attempt_id"], ignore_index=True)
    if rows.empty:
        raise EmptyTrainingSetError(
            f"no payment attempts before {until:%Y-%m-%d}: this marketplace has none (Olist orders come without them), "
            "or their history is not loaded; fraud is then decided by rules"
        )
    asked = rows[["payment_attempt_id", "customer_id", "device_id", *REQUEST_COLUMNS]].assign(
        event_timestamp=rows["attempted_at"]
    )
    answered = retrieve(FEATURE_SERVICE, asked).reset_index(drop=True)
    if not answered["payment_attempt_id"].equals(asked["payment_attempt_id"]):
        raise FeaturesMissingError(f"{FEATURE_SERVICE} gave {len(answered)} rows for {len(asked)}, or changed their order")
    missing = [name for name in STORED_FEATURES if name not in answered]
    if missing:
        raise FeaturesMissingError(f"{FEATURE_SERVICE} lacks {', '.join(missing)}; apply the feature repository again")
    known = rows.merge(latest_labels(labels, until), on="payment_attempt_id", how="left", validate="one_to_one")
    counted = velocity(rows).assign(**{TRAVEL: travel_kmh(rows)})
    frame = pd.concat([known, counted, answered[list(STORED_FEATURES)].astype("float64")], axis=1)
    return frame.assign(**{RULE_POINTS: rule_points(frame)})[list(COLUMN_TYPES)]


def latest_labels(labels: pd.DataFrame, until: datetime) -> pd.DataFrame:
    """`payment_attempt_id, is_fraud, labelled_at`: the last word on each attempt that was known by `until`."""
    known = labels[labels["labelled_at"] <= until].sort_values(["labelled_at", "is_fraud"])
    return known.groupby("payment_attempt_id", sort=False)[["is_fraud", "labelled_at"]].last().reset_index()


def known_outcomes(frame: pd.DataFrame, as_of: datetime, *, label_delay: timedelta) -> npt.NDArray[np.float64]:
    """What somebody at `as_of` would have known of each attempt, as `marketplace.fraud_outcomes` says it."""
    is_labelled = _is_known(frame, as_of)
    is_fraud = frame["is_fraud"].astype("boolean").fillna(False).to_numpy(bool)
    is_old = (frame["attempted_at"] <= as_of - label_delay).to_numpy(bool)
    is_paid = (frame["outcome"] == AttemptOutcome.AUTHORISED.value).to_numpy(bool)
    return known_outcome(is_labelled=is_labelled, is_fraud=is_fraud, is_old=is_old, is_paid=is_paid)


def write_training_set(warehouse: Warehouse, frame: pd.DataFrame) -> int:
    """Replace `training.fraud` by `frame` and return the number of rows."""
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in COLUMN_TYPES.items())
    with warehouse.connect() as connection:
        connection.execute("create schema if not exists training")
        connection.execute("drop table if exists training.fraud")
        connection.execute(f"create table training.fraud ({columns}, primary key (payment_attempt_id))".encode())
    return warehouse.write(frame[list(COLUMN_TYPES)], "training", "fraud")


def load_training_set(warehouse: Warehouse, *, until: datetime) -> TrainingSet:
    """`training.fraud` as of `until`: later attempts are left out, later labels not yet known.

    Raises:
        EmptyTrainingSetError: the table is absent or has no rows.
    """
    exists = warehouse.read("select to_regclass('training.fraud') is not null as is_there")["is_there"].iloc[0]
    frame = warehouse.read("select * from training.fraud order by attempted_at, payment_attempt_id") if exists else None
    if frame is None or not (frame["attempted_at"] < until).any():
        raise EmptyTrainingSetError(
            f"training.fraud has no payment attempts before {until:%Y-%m-%d}: run the fraud group of the pipeline first; "
            "a marketplace without payment attempts (Olist) is decided by rules"
        )
    return as_known_at(frame, until)


def as_known_at(frame: pd.DataFrame, until: datetime) -> TrainingSet:
    """The training set that `until` would have had: later attempts are left out, later labels blanked."""
    frame = frame[frame["attempted_at"] < until].reset_index(drop=True)
    frame.loc[~_is_known(frame, until), ["is_fraud", "labelled_at"]] = None
    return TrainingSet(frame, until)


def _is_known(frame: pd.DataFrame, as_of: datetime) -> npt.NDArray[np.bool_]:
    # A column without a single label has lost its type on the way.
    return np.asarray(pd.to_datetime(frame["labelled_at"], utc=True) <= as_of, dtype=np.bool_)
