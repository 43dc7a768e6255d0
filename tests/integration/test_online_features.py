"""What the online store answers is what the feature tables hold, for every view."""

import json
import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.living import Living

VIEWS = {
    "customer_orders": "customer_id",
    "customer_engagement": "customer_id",
    "customer_risk": "customer_id",
    "device_activity": "device_id",
    "product_sales": "product_id",
    "product_reviews": "product_id",
    "seller_performance": "seller_id",
    "seller_sales": "seller_id",
    "session_activity": "session_id",
}

# A visit is over after this time: the online store then answers None, on purpose.
TIME_TO_LIVE = {"session_activity": timedelta(days=1)}

# Feast finds the marketplace by the environment, so it reads in a process of its own.
READ_ONLINE = """
import json, os, sys
from marketplace.settings import load_settings
os.environ.update(load_settings().libpq_environment())
from feature_repo import retrieval
asked = json.load(sys.stdin)
store = retrieval.reader().store
for view, (key, ids, names) in asked.items():
    answer = store.get_online_features([f"{view}:{name}" for name in names], [{key: each} for each in ids]).to_dict()
    print(json.dumps([view, {name: answer[name] for name in names}]))
"""


@pytest.fixture(scope="module")
def both(living: Living) -> dict[str, tuple[list[dict], dict[str, list]]]:  # type: ignore[type-arg]
    """Offline rows as of now, and the online answers, for up to 1,000 entities of each view."""
    offline, asked = {}, {}
    for view, key in VIEWS.items():
        rows = living.rows(
            f"select distinct on ({key}) * from features.{view} where event_timestamp <= now() "
            f"order by {key}, event_timestamp desc limit 1000"
        )
        assert rows, view
        names = [name for name in rows[0] if name not in (key, "event_timestamp", "created_at")]
        offline[view] = rows
        asked[view] = (key, [row[key] for row in rows], names)
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLINE], input=json.dumps(asked), env=living.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    online = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    return {view: (offline[view], online[view]) for view in VIEWS}


@pytest.mark.parametrize("view", VIEWS)
def test_online_equals_offline(both: dict, view: str) -> None:  # type: ignore[type-arg]
    offline, online = both[view]
    ages = [datetime.now(UTC) - row["event_timestamp"] for row in offline]
    for name, answers in online.items():
        for row, age, answer in zip(offline, ages, answers, strict=True):
            time_left = TIME_TO_LIVE.get(view, age + timedelta(hours=1)) - age
            if abs(time_left) < timedelta(minutes=15):
                continue  # it may have run out between the two readings
            expected = row[name] if time_left > timedelta(0) else None
            if isinstance(expected, float) and answer is not None:
                assert math.isclose(expected, answer, rel_tol=1e-6, abs_tol=1e-6), (view, name, row)
            else:
                assert answer == expected, (view, name, row)
