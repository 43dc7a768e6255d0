"""Accounts for living shoppers in a local marketplace: customers who are recognisable as simulated wherever they appear.

Their ids begin with `living-`, their e-mail addresses end in `@living.example`, their names are "Simulated shopper N". What
they were meant to be (honest, tester of cards, member of a ring) is written to a file of its own that nothing reads.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import psycopg

from marketplace.errors import InvalidInputError
from marketplace.settings import Settings
from marketplace.simulation import places

Kind = Literal["honest", "card_tester", "ring"]
DOMAIN = "living.example"
RING_SIZE = 3
_TESTER_SHARE, _RING_SHARE = 1 / 25, 1 / 50  # one tester in 25 shoppers, one ring in 50


@dataclass(frozen=True)
class Account:
    """One living shopper: log-in, door, network address (used only where the shop trusts a proxy), and the planted kind."""

    number: int
    user_id: str
    email: str
    name: str
    kind: Kind
    ring: int | None
    address: str
    door: dict[str, str]
    signed_up_at: datetime


def plan_accounts(count: int, seed: int, *, now: datetime) -> list[Account]:
    """`count` accounts; equal seeds give equal ones, but for their sign-ups, which lie before `now`."""
    rng = np.random.default_rng([seed, 0])
    kinds: list[tuple[Kind, int | None]] = [("honest", None)] * count
    spots = rng.permutation(count).tolist()
    testers = max(1, round(count * _TESTER_SHARE)) if count >= 5 else 0
    rings = max(1, round(count * _RING_SHARE)) if count >= 10 else 0
    for spot in spots[:testers]:
        kinds[spot] = ("card_tester", None)
    for member, spot in enumerate(spots[testers : testers + rings * RING_SIZE]):
        kinds[spot] = ("ring", member // RING_SIZE)
    return [_account(number, seed, kind, ring, rng, now=now) for number, (kind, ring) in enumerate(kinds, 1)]


def _account(number: int, seed: int, kind: Kind, ring: int | None, rng: np.random.Generator, *, now: datetime) -> Account:
    town = int(rng.choice(places.AT_HOME))
    house = int(rng.integers(1, 5000))
    days = float(rng.uniform(5, 400)) if kind == "honest" else float(rng.uniform(0.1, 2))
    if ring is not None:
        town, house = int(places.AT_HOME[ring % len(places.AT_HOME)]), 5000 + ring
    identity = f"living-{seed}-{number:04d}"
    return Account(
        number=number,
        user_id=identity,
        email=f"{identity}@{DOMAIN}",
        name=f"Simulated shopper {number}",
        kind=kind,
        ring=ring,
        address=str(places.addresses_in(np.array([town]), rng.integers(0, 254 * 254, 1))[0]),
        door={
            "recipient_name": f"Simulated shopper {number}",
            "line_1": f"Simulated house {house}",
            "city": str(places.NAMES[town]),
            "region": str(places.REGIONS[town]),
            "country_code": str(places.COUNTRIES[town]),
        },
        signed_up_at=now - timedelta(days=days),
    )


def open_accounts(settings: Settings, accounts: list[Account], truth: Path) -> None:
    """Let `accounts` sign in with the demo password, and write what they are meant to be to `truth`; twice changes nothing.

    Raises:
        InvalidInputError: this marketplace is not a local one, or it sells nothing.
    """
    if settings.profile != "local":
        raise InvalidInputError(
            f"living shoppers sign in with the demo password, which only the profile 'local' allows, not {settings.profile!r}"
        )
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    password_hash = PasswordHash((Argon2Hasher(),)).hash(settings.demo_password.get_secret_value())
    with psycopg.connect(settings.database_url()) as connection:
        if not connection.execute("select 1 from shop.products limit 1").fetchone():
            raise InvalidInputError("this shop sells nothing yet; fill it with `marketplace ingest simulation`")
        connection.cursor().executemany(
            """
            insert into shop.users (user_id, role, email, full_name, password_hash, signed_up_at)
            values (%s, 'customer', %s, %s, %s, %s)
            on conflict (user_id) do update set password_hash = excluded.password_hash
            """,
            [(one.user_id, one.email, one.name, password_hash, one.signed_up_at) for one in accounts],
        )
    truth.parent.mkdir(parents=True, exist_ok=True)
    planted = [{name: asdict(one)[name] for name in ("user_id", "kind", "ring")} for one in accounts]
    truth.write_text(json.dumps(planted, indent=2) + "\n")
