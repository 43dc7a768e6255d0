"""Who lives, how fast and what they choose: seeded, and within what the shop allows."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from marketplace.errors import InvalidInputError, NotRunningError
from marketplace.settings import DatabaseSettings, Settings, StorefrontSettings
from marketplace.simulation.live import live
from marketplace.simulation.live.accounts import open_accounts, plan_accounts
from marketplace.simulation.live.pace import Turns, choose_pace
from marketplace.simulation.live.report import Report
from marketplace.simulation.live.shoppers import choices_for
from marketplace.simulation.live.tastes import Tastes

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_equal_seeds_plan_equal_people() -> None:
    assert plan_accounts(30, 5, now=NOW) == plan_accounts(30, 5, now=NOW)
    assert plan_accounts(30, 5, now=NOW) != plan_accounts(30, 6, now=NOW)


def test_fifty_shoppers_hold_two_testers_and_a_ring_of_three() -> None:
    accounts = plan_accounts(50, 5, now=NOW)
    assert Counter(one.kind for one in accounts) == {"honest": 45, "ring": 3, "card_tester": 2}
    ring = [one for one in accounts if one.kind == "ring"]
    assert len({one.door["line_1"] for one in ring}) == 1
    assert all(one.signed_up_at < NOW for one in accounts)


def test_every_account_is_recognisable_and_none_shows_its_kind() -> None:
    for one in plan_accounts(50, 5, now=NOW):
        assert one.user_id == f"living-5-{one.number:04d}"
        assert one.email == f"{one.user_id}@living.example"
        assert one.name == f"Simulated shopper {one.number}"


def test_pace_keeps_below_the_limits_of_one_address() -> None:
    limits = StorefrontSettings(requests_per_minute_per_user=100, requests_per_minute_per_address=1000)
    assert choose_pace(20, None, limits).per_minute == 300  # 15 each
    assert choose_pace(500, None, limits).per_minute == 900  # 90 % of what the address may
    assert choose_pace(5, 5_000, limits).per_minute == 450  # 90 % of what five users may
    assert choose_pace(5, 5_000, limits).was_cut
    assert not choose_pace(20, 60, limits).was_cut


def test_shop_behind_a_proxy_gives_everyone_a_limit_of_their_own() -> None:
    limits = StorefrontSettings(requests_per_minute_per_user=100, requests_per_minute_per_address=1000, trusted_proxies=1)
    pace = choose_pace(500, 20_000, limits)
    assert pace.per_minute == 20_000
    assert pace.has_own_addresses


async def test_turns_are_spaced_evenly() -> None:
    turns = Turns(per_minute=6_000)
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(turns.turn() for _ in range(21)))
    assert asyncio.get_running_loop().time() - began >= 0.19


def card(category: str, price_minor: int = 100_000, colour: str | None = None) -> dict[str, Any]:
    return {"product_id": f"p-{category}", "category_id": category, "price_minor": price_minor, "colour": colour}


def test_shoppers_look_at_what_they_like() -> None:
    tastes = Tastes({"mugs": 0.9, "pens": 0.1}, {"mugs": "Mugs", "pens": "Pens"}, frozenset({"red"}), 100_000)
    rng = np.random.default_rng(1)
    chosen = Counter(tastes.choose([card("lamps"), card("mugs"), card("lamps")], rng) for _ in range(300))
    assert chosen[1] > 200
    assert tastes.liking(card("mugs", colour="red")) > tastes.liking(card("mugs"))
    assert tastes.liking(card("mugs", price_minor=5_000_000)) < tastes.liking(card("mugs"))


def test_required_customisations_are_chosen_as_the_shop_wants_them() -> None:
    options = [
        {"customisation_id": "size", "is_required": True, "kind": "choice", "max_length": None, "choices": [{"value": "small"}]},
        {"customisation_id": "photo", "is_required": True, "kind": "photo", "max_length": None, "choices": []},
        {"customisation_id": "text", "is_required": True, "kind": "text", "max_length": 3, "choices": []},
    ]
    chosen = choices_for({"customisations": options}, np.random.default_rng(2))
    assert chosen["size"] == "small"
    assert chosen["photo"].startswith("https://")
    assert 1 <= len(chosen["text"]) <= 3


def test_report_counts_in_milliseconds() -> None:
    report = Report(2)
    assert report.percentile(95) == 0
    report.latencies.extend([10.0] * 95 + [200.0] * 5)
    assert report.as_dict()["latency_p50_ms"] == 10
    assert report.percentile(99) == 200


def test_accounts_are_opened_once_and_their_truth_lies_apart(database_url: str, tmp_path: Path) -> None:
    settings = Settings(database=DatabaseSettings(url=database_url), state_dir=tmp_path)  # type: ignore[arg-type]
    accounts = plan_accounts(10, 5, now=NOW)
    with pytest.raises(InvalidInputError, match="sells nothing yet"):
        open_accounts(settings, accounts, tmp_path / "truth.json")
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """
            insert into shop.users (user_id, role, email, full_name, signed_up_at)
            values ('o', 'seller', 'o@sellers.example', 'O', now());
            insert into shop.sellers (seller_id, user_id, shop_name, country_code, joined_at) values ('s', 'o', 'S', 'BD', now());
            insert into shop.products (product_id, seller_id, title, price_minor, currency, listed_at)
            values ('p', 's', 'Mug', 100, 'BDT', now())
            """
        )
    for _ in range(2):
        open_accounts(settings, accounts, tmp_path / "truth.json")
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "select count(*), count(password_hash) from shop.users where user_id like 'living-%'"
        ).fetchone()
    assert rows == (10, 10)
    assert '"kind": "card_tester"' in (tmp_path / "truth.json").read_text()


def test_accounts_are_refused_outside_a_local_marketplace(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="only the profile 'local' allows"):
        open_accounts(Settings(profile="production"), [], tmp_path / "truth.json")


def test_nothing_running_is_said() -> None:
    with pytest.raises(NotRunningError, match="no marketplace runs here"):
        live(Settings(database=DatabaseSettings(url="")), 3, seed=1, minutes=1, rate=None)  # type: ignore[arg-type]
    nobody = Settings(database=DatabaseSettings(url="postgresql://nobody@127.0.0.1:1/x"), storefront=StorefrontSettings(port=1))  # type: ignore[arg-type]
    with pytest.raises(NotRunningError, match=r"the storefront at http://127\.0\.0\.1:1 does not answer"):
        live(nobody, 3, seed=1, minutes=1, rate=None)
