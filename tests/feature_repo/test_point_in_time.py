"""The join of labels with features answers as Feast's own retrieval does, for every service and any labels."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from feature_repo.reader import FeatureReader
from tests.feature_repo.comparing import same
from tests.warehouse.building import rows

SERVICES = ("recommendation_v1", "fraud_v1", "fraud_v2", "seller_analytics_v1")
COUNT = 400


@pytest.fixture(scope="module")
def labels(small_shop: str) -> pd.DataFrame:
    """Labels of known, unknown and missing entities, at random instants and exactly when values became known; with repeats."""
    rng = np.random.default_rng(5)
    keys = {
        "customer_id": "select distinct customer_id from features.customer_engagement",
        "device_id": "select distinct device_id from features.device_activity",
        "seller_id": "select distinct seller_id from features.seller_sales",
        "session_id": "select distinct session_id from features.session_activity",
    }
    columns: dict[str, object] = {}
    for key, query in keys.items():
        known = sorted(value for (value,) in rows(small_shop, query))
        columns[key] = rng.choice([*known, "never seen", None], COUNT)
    visits = rows(small_shop, "select session_id, event_timestamp from features.session_activity order by 1, 2")
    exactly = [at for (at,) in rows(small_shop, "select event_timestamp from features.customer_risk order by 1")]
    moments = pd.Series([pd.Timestamp(at) for at in rng.choice(np.array(exactly, dtype=object), COUNT)])
    # Half of the labels lie in their own visit: it is read only at that time.
    for place, visit in enumerate(rng.integers(0, len(visits), COUNT // 2)):
        columns["session_id"][place], moments[place] = visits[visit]  # type: ignore[index]
    # A day after the value a visit's is still used, a microsecond later no more.
    moments += pd.to_timedelta(rng.choice([0, -1, 1, 3_600_000_000, 86_400_000_000, 86_400_000_001], COUNT), unit="us")
    columns |= {
        "event_timestamp": moments,
        "attempted_at": moments,
        "amount_minor": rng.integers(100, 1_000_000, COUNT),
        "signed_up_at": pd.Timestamp(2024, 1, 1, tz="UTC"),
        "ip_country_code": rng.choice(["BD", "US", "", None], COUNT),
        "shipping_country_code": "BD",
        "ip_latitude": rng.choice([23.8, 40.7, np.nan], COUNT),
        "ip_longitude": 90.4,
        "billing_latitude": 22.3,
        "billing_longitude": 91.8,
        "shipping_latitude": 23.8,
        "shipping_longitude": 90.4,
    }
    frame = pd.DataFrame(columns)
    return pd.concat([frame, frame.iloc[:40]], ignore_index=True).sample(frac=1, random_state=1)


@pytest.mark.parametrize("service", SERVICES)
def test_answers_are_those_of_feast(features: FeatureReader, labels: pd.DataFrame, service: str) -> None:
    ours = features.training_set(service, labels)
    feast = by_feast(features, service, labels)
    assert ours.index.tolist() == labels.index.tolist()
    names = [name for name in ours if name not in labels]
    assert names
    for name in names:
        assert ours[name].notna().any(), name
        for place, (stored, answered) in enumerate(zip(feast[name], ours[name], strict=True)):
            assert same(stored, answered), (name, labels.iloc[place].to_dict(), stored, answered)


def by_feast(features: FeatureReader, service: str, labels: pd.DataFrame) -> pd.DataFrame:
    """What `get_historical_features` answers, in the order of `labels`; keys and codes as text, instants as seconds."""
    known = features._service(service)
    asked = pd.DataFrame({"event_timestamp": labels["event_timestamp"].array, "place": range(len(labels))})
    for key in known.keys:
        asked[key] = labels[key].fillna("").to_numpy()
    for name, kind in known.request.items():
        if kind == "text":
            asked[name] = labels[name].fillna("").to_numpy() if name in labels else ""
        elif name.endswith("_at"):
            asked[name] = (labels[name] - datetime(1970, 1, 1, tzinfo=UTC)).dt.total_seconds().to_numpy()
        else:
            asked[name] = labels[name].astype(float).to_numpy() if name in labels else float("nan")
    return features.store.get_historical_features(asked, known.service).to_df().sort_values("place", ignore_index=True)
