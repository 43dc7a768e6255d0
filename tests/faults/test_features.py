"""Features stay true through kills, restarts and writes, at full counts, on a living marketplace of a thousand and more."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cli.progress import ExitStatus
from marketplace.local.state import PartState, read_state
from tests.faults import crowd
from tests.living import Living, started
from tests.online_offline import VIEWS, differences, online
from tests.relay_kills import assert_nothing_lost_or_doubled, clicks_while_the_relay_dies

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1800)]

KILLS = 20
ENTITIES = 1000
REQUESTS_PER_SECOND, SECONDS = 200, 60

# Everything again from the beginning, as after a backfill, over and over until it is told to stop.
_MATERIALISE = """
import os, sys
from datetime import UTC, datetime
from marketplace.settings import load_settings
os.environ.update(load_settings().libpq_environment())
from feature_repo import retrieval
store = retrieval.reader().store
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    store.materialize(datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC))
    print("everything is materialised", flush=True)
"""


@pytest.fixture(scope="module")
def living() -> Iterator[Living]:
    with started() as marketplace:
        crowd.fill(marketplace)
        yield marketplace


def test_relay_killed_twenty_times_loses_and_doubles_nothing(living: Living) -> None:
    outcome = clicks_while_the_relay_dies(living, kills=KILLS)
    print(f"\n{len(outcome.acknowledged)} events, {KILLS} kills, settled in {outcome.seconds_to_converge:.1f} s (load {load()})")
    assert_nothing_lost_or_doubled(outcome)


def test_a_thousand_of_every_view_are_online_as_offline(living: Living) -> None:
    """After pushes, once those have been materialised over, and after everything that holds or writes a value was killed."""
    clicks = asyncio.run(crowd.visit(living))
    wait_for_the_relay(living)
    visits = living.rows(_VISITS_COUNTED, clicks)
    pushed = online(
        living, {"session_activity": ("session_id", [row["session_id"] for row in visits], ["view_count", "cart_count"])}
    )
    counted = {name: [row[name] for row in visits] for name in ("view_count", "cart_count")}
    assert pushed["session_activity"] == counted
    print(f"\n{len(visits)} visits online as pushed")
    assert len(visits) >= ENTITIES

    living.command("run", timeout=1800, or_status=ExitStatus.REFUSED)
    equal_for_a_thousand(living, "pushed and materialised")
    for part in ("relay", "services", "postgres"):
        kill(living, part)
    equal_for_a_thousand(living, "after restarts")
    living.command("run", "--only", "feature_store")
    equal_for_a_thousand(living, "materialised again")


_VISITS_COUNTED = """
select session_id, count(*) filter (where event_type = 'product_view')::int as view_count,
    count(*) filter (where event_type = 'cart_add')::int as cart_count
from shop.events where event_id = any(%s) group by 1
"""


def equal_for_a_thousand(living: Living, when: str) -> None:
    compared, wrong = differences(living, limit=10 * ENTITIES)
    [lively] = living.rows(
        "select count(distinct session_id) as n from features.session_activity where event_timestamp > now() - interval '1 day'"
    )
    print(f"{when}: {compared}, of the visits {lively['n']} of the last day: {len(wrong)} values differ")
    assert wrong == []
    assert {view for view in VIEWS if compared[view] < ENTITIES} == set()
    assert lively["n"] >= ENTITIES


def wait_for_the_relay(living: Living) -> None:
    """Come back once no message is left in the outbox."""
    until = time.monotonic() + 120
    while living.rows("select 1 as row from shop.outbox where relayed_at is null limit 1"):
        assert time.monotonic() < until, "the relay does not keep up"
        time.sleep(0.1)


def test_materialising_while_serving_two_hundred_requests_a_second(living: Living, tmp_path: Path) -> None:
    stop, said = tmp_path / "stop", tmp_path / "said"
    with said.open("w") as output:  # Feast says much: a pipe would fill up
        writer = subprocess.Popen(
            [sys.executable, "-c", _MATERIALISE, str(stop)], env=living.environment, stdout=output, stderr=output, text=True
        )
    while "ready" not in said.read_text():
        assert writer.poll() is None, said.read_text()
        time.sleep(0.1)
    answers = asyncio.run(ask_at(living, REQUESTS_PER_SECOND, SECONDS))
    stop.touch()
    assert writer.wait(timeout=120) == 0, said.read_text()[-2000:]
    rounds = said.read_text().count("everything is materialised")
    failed = [status for status, _, _ in answers if status != 200]
    degraded = sum(is_degraded for _, is_degraded, _ in answers)
    took = sorted(seconds for _, _, seconds in answers)
    print(
        f"\n{len(answers)} requests at {REQUESTS_PER_SECOND}/s, {rounds} whole materialisations meanwhile: {len(failed)} failed, "
        f"{degraded} without stored features, p50 {took[len(took) // 2] * 1e3:.0f} ms, "
        f"p99 {took[len(took) * 99 // 100] * 1e3:.0f} ms (load {load()})"
    )
    assert rounds > 0
    assert failed == []


async def ask_at(living: Living, rate: int, seconds: int) -> list[tuple[int, bool, float]]:
    """Status, whether stored features were missing, and duration of recommendations asked for at a steady rate."""
    customers = [row["user_id"] for row in living.rows("select user_id from shop.users where role = 'customer' order by 1")]
    answers: list[tuple[int, bool, float]] = []
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=living.settings.services.recommendation.url, timeout=30, limits=limits) as client:

        async def ask(number: int) -> None:
            began = time.monotonic()
            answer = await client.post("/recommend", json={"customer_id": customers[number % len(customers)], "k": 10})
            is_degraded = answer.status_code == 200 and bool(answer.json().get("is_degraded"))
            answers.append((answer.status_code, is_degraded, time.monotonic() - began))

        began = time.monotonic()
        asked = []
        for number in range(rate * seconds):
            await asyncio.sleep(max(began + number / rate - time.monotonic(), 0))
            asked.append(asyncio.create_task(ask(number)))
        await asyncio.gather(*asked)
    return answers


def kill(living: Living, part: str) -> None:
    """kill -9 one part, and wait until it is back."""
    before = part_state(living, part)
    assert before.process is not None
    os.kill(before.process.pid, signal.SIGKILL)
    began = datetime.now(UTC)
    while not (part_state(living, part).restarts > before.restarts and part_state(living, part).health == "healthy"):
        assert (datetime.now(UTC) - began).total_seconds() < 120, part_state(living, part)
        time.sleep(0.1)


def part_state(living: Living, part: str) -> PartState:
    state = read_state(living.state_dir)
    assert state is not None
    return state.parts[part]


def load() -> str:
    return f"{os.getloadavg()[0]:.1f}"
