"""Living shoppers in a running marketplace: what they do arrives, and is recognisable as simulated."""

import json
import signal
import subprocess
import time

from tests.living import MARKETPLACE, Living

SHOPPERS, SEED = 12, 3


SIMULATED = """
    select event_id, event_type, customer_id from shop.events join shop.devices using (device_id)
    where operating_system = 'Simulated'
"""


def test_living_shoppers_look_click_and_are_recognisable(living: Living) -> None:
    def count() -> int:
        return int(living.rows("select count(*) as events from shop.events")[0]["events"])

    before, known = count(), {event["event_id"] for event in living.rows(SIMULATED)}
    out = living.command("simulate", "--live", str(SHOPPERS), "--minutes", "0.15", "--rate", "900", "--seed", str(SEED), "--json")
    did = json.loads(out)
    assert did["shoppers"] == SHOPPERS
    assert did["visits"] >= 3
    assert did["errors"] == {}
    assert 0 < did["latency_p50_ms"] <= did["latency_p95_ms"]
    events = [event for event in living.rows(SIMULATED) if event["event_id"] not in known]
    assert count() - before == len(events) >= did["events"] > 0
    assert sum(event["event_type"] == "product_view" for event in events) >= 3
    assert all(event["event_id"].startswith("sim-") for event in events if event["event_type"] != "purchase")
    assert {event["customer_id"][:9] for event in events if event["customer_id"]} <= {f"living-{SEED}-"}
    accounts = living.rows(f"select email, full_name from shop.users where user_id like 'living-{SEED}-%'")
    assert len(accounts) == SHOPPERS
    assert all(one["email"].endswith("@living.example") and "Simulated" in one["full_name"] for one in accounts)
    planted = json.loads((living.state_dir / "simulation" / "truth" / f"living-{SEED}.json").read_text())
    assert {one["kind"] for one in planted} == {"honest", "card_tester", "ring"}


def test_ctrl_c_ends_the_visits_with_a_summary(living: Living) -> None:
    process = subprocess.Popen(
        [str(MARKETPLACE), "simulate", "--live", "2", "--seed", str(SEED)],
        env=living.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert any("2 living shoppers at" in line for line in process.stderr)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert out.startswith("2 simulated shoppers in")
    assert "Traceback" not in errors
