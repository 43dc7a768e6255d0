"""The columns that the fraud model reads, and the one way from rows to its matrix, for training and for serving."""

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from marketplace import fraud_rules
from marketplace.contracts.fraud import FraudScoreRequest
from marketplace.errors import FeaturesMissingError
from marketplace.vocabulary import FEATURE_SERVICES, ModelName
from models.fraud.rings import RING_COLUMNS
from models.request_risk import REQUEST_FEATURES

FEATURE_SERVICE = FEATURE_SERVICES[ModelName.FRAUD]

# Of the counters those that the model reads; more windows told it nothing more, rules may ask about all of them.
VELOCITY_FEATURES = (
    "customer_attempts_1h",
    "customer_attempts_24h",
    "customer_amount_minor_24h",
    "device_attempts_1h",
    "device_attempts_24h",
    "device_customers_24h",
    "device_cards_24h",
    "card_attempts_1h",
    "card_attempts_24h",
    "card_customers_24h",
    "address_customers_24h",
    "customer_attempts_90d",
    "customer_device_attempts_90d",
    "customer_card_attempts_90d",
    "customer_address_attempts_90d",
    "device_customers_90d",
    "address_customers_90d",
)
CUSTOMER_FEATURES = (
    "order_count_30d",
    "order_count_total",
    "spend_minor_30d",
    "order_value_mean_minor",
    "order_value_max_minor",
    "attempt_count_30d",
    "declined_count_30d",
    "device_count_90d",
    "card_count_90d",
    "fraud_label_count_total",
)
DEVICE_FEATURES = (
    "customer_count_30d",
    "attempt_count_7d",
    "declined_count_7d",
    "card_count_30d",
    "device_fraud_label_count_total",
)
# For rules and people: they told the model nothing that the counters do not (docs/decisions/0016).
RING_FEATURES = tuple(name for names in RING_COLUMNS.values() for name in names)
STORED_FEATURES = (*CUSTOMER_FEATURES, *DEVICE_FEATURES, *RING_FEATURES, *REQUEST_FEATURES)
# Kilometres an hour since the customer's last attempt.
TRAVEL = "customer_travel_kmh"
# The weight of the rules that fire: the model leans on what people already know and learns what the rules miss.
RULE_POINTS = "rule_points"
FEATURES = (
    *VELOCITY_FEATURES,
    TRAVEL,
    "amount_minor",
    "item_count",
    *CUSTOMER_FEATURES,
    *DEVICE_FEATURES,
    *REQUEST_FEATURES,
    RULE_POINTS,
)

# What the feature service's request source takes beside the entity keys.
REQUEST_COLUMNS = (
    "amount_minor",
    "attempted_at",
    "signed_up_at",
    "ip_country_code",
    "ip_latitude",
    "ip_longitude",
    "shipping_country_code",
    "shipping_latitude",
    "shipping_longitude",
    "billing_country_code",
    "billing_latitude",
    "billing_longitude",
)


def to_matrix(rows: pd.DataFrame | Sequence[Mapping[str, Any]]) -> npt.NDArray[np.float64]:
    """One row per attempt, one column per name in `FEATURES`; what is unknown is NaN.

    Raises:
        FeaturesMissingError: a feature is absent altogether, which is a wiring mistake; unknown values are not.
    """
    if isinstance(rows, pd.DataFrame):
        _refuse_without(rows.columns)
        matrix: npt.NDArray[np.float64] = rows[list(FEATURES)].to_numpy(dtype=np.float64, na_value=np.nan)
        return matrix
    try:
        values = [_VALUES(row) for row in rows]
    except KeyError:
        for row in rows:
            _refuse_without(row)
        raise
    # float64 turns None into NaN.
    return np.array(values, dtype=np.float64).reshape(len(rows), len(FEATURES))


_VALUES = itemgetter(*FEATURES)


def _refuse_without(names: Collection[str]) -> None:
    if missing := [name for name in FEATURES if name not in names]:
        raise FeaturesMissingError(f"the fraud model reads {', '.join(missing)}; take them from {FEATURE_SERVICE} and velocity")


def serving_features(request: FraudScoreRequest, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The features of one request, as `build_training_set` would have written them.

    Args:
        stored: the online answer of `FEATURE_SERVICE` for the request's customer and device, on-demand outputs included.
    """
    row: dict[str, Any] = {name: stored[name] for name in STORED_FEATURES if name in stored}
    counters = vars(request.velocity)
    row.update((name, counters[name]) for name in VELOCITY_FEATURES)
    row[TRAVEL] = request.customer_travel_kmh
    row["amount_minor"] = request.amount_minor
    row["item_count"] = request.item_count
    row[RULE_POINTS] = fraud_rules.weight(fraud_rules.shipped(), fraud_rules.facts_of(request))
    return row


def request_data(request: FraudScoreRequest) -> dict[str, Any]:
    """The entity keys and request data with which `FEATURE_SERVICE` is asked for one request."""
    keys = {"customer_id": request.customer_id, "device_id": request.device_id}
    return keys | {name: getattr(request, name) for name in REQUEST_COLUMNS}
