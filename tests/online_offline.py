"""What the online store answers beside what the feature tables hold, on a living marketplace."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.feature_repo.comparing import same
from tests.living import Living

VIEWS = {
    "customer_orders": "customer_id",
    "customer_engagement": "customer_id",
    "customer_risk": "customer_id",
    "customer_rings": "customer_id",
    "device_activity": "device_id",
    "device_rings": "device_id",
    "product_sales": "product_id",
    "product_reviews": "product_id",
    "seller_performance": "seller_id",
    "seller_sales": "seller_id",
    "session_activity": "session_id",
}

# A visit is over after this time: the online store then answers None, on purpose.
TIME_TO_LIVE = {"session_activity": timedelta(days=1)}

# Feast finds the marketplace by the environment, so it reads in a process of its own.
_READ_ONLINE = """
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


def online(living: Living, asked: dict[str, tuple[str, list[str], list[str]]]) -> dict[str, dict[str, list[Any]]]:
    """Values by view and feature; `asked` names key, entities and features of each view."""
    done = subprocess.run(
        [sys.executable, "-c", _READ_ONLINE], input=json.dumps(asked), env=living.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))


def differences(living: Living, *, limit: int = 1000) -> tuple[dict[str, int], list[Any]]:
    """How many entities of each view were compared, and every value that differs: exact, floats to a millionth."""
    newest = (
        "select distinct on ({key}) * from features.{view} where event_timestamp <= now() order by {key}, event_timestamp desc"
    )
    # By hash, so that a sample is of all ages and the same each time.
    sample = "select * from ({newest}) as newest order by md5({key}) limit {limit}"
    offline = {
        view: living.rows(sample.format(newest=newest.format(key=key, view=view), key=key, limit=limit))
        for view, key in VIEWS.items()
    }
    asked = {
        view: (VIEWS[view], [row[VIEWS[view]] for row in rows], sorted(rows[0].keys() - {VIEWS[view], *_TIMES}))
        for view, rows in offline.items()
    }
    found, asked_at = online(living, asked), datetime.now(UTC)
    wrong = []
    for view, rows in offline.items():
        for place, row in enumerate(rows):
            age = asked_at - row["event_timestamp"]
            time_left = TIME_TO_LIVE.get(view, age + timedelta(hours=1)) - age
            if abs(time_left) < timedelta(minutes=15):
                continue  # it may have run out between the two readings
            for name, values in found[view].items():
                expected = row[name] if time_left > timedelta(0) else None
                if not same(expected, values[place]):
                    wrong.append((view, name, expected, values[place], row))
    return {view: len(rows) for view, rows in offline.items()}, wrong


_TIMES = ("event_timestamp", "created_at")
