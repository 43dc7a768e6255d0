"""What was shortly before: how often customer, device, card, address and seller were met, and where the customer was last.

One query over the live attempts. Its definitions are those of `marketplace.velocity_counters` and `marketplace.travel`, and
training computes the same of a whole history.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from marketplace.contracts.fraud import Velocity
from marketplace.travel import LOOK_BACK, travel_kmh
from marketplace.velocity_counters import COUNTERS, IDENTITY_COLUMNS, LONGEST_ATTEMPT, SELLER, WINDOWS, Counter
from marketplace.vocabulary import EntityKind
from storefront_api.fraud.seller_velocity import SELLER_COUNTS, SELLER_STEPS, counted_where, seller_windows

_PARAMETERS = {"customer": "customer_id", "device": "device_id", "card": "card_token", "address": "address_hash"}


def _query() -> str:
    """One row with a column per counter, and the customer's last place; what is shared and which windows reach so far back is
    judged once per attempt."""
    shared = {who: f"{IDENTITY_COLUMNS[who]} = %({parameter})s" for who, parameter in _PARAMETERS.items()}
    owned = [IDENTITY_COLUMNS[who] for who in shared]
    columns = ("payment_attempt_id", "attempted_at", *owned, "amount_minor", "ip_latitude", "ip_longitude")
    flags = [f"{test} as is_by_{who}" for who, test in shared.items()]
    flags += [f"{_is_within(span)} as in_{name}" for name, span in WINDOWS.items()]
    counters = [counter for counter in COUNTERS if SELLER not in counter.shared]
    return f"""
        with earlier as materialized (
            select {", ".join((*columns, *flags))}
            from shop.payment_attempts
            where {_is_within(max(LOOK_BACK, *WINDOWS.values()))} and attempted_at < %(at)s and ({" or ".join(shared.values())})
        ), {SELLER_STEPS}
        select counts.*, seller_counts.*, last.* from (
            select {", ".join(f"{_counted(counter)} as {counter.name}" for counter in counters)} from earlier
        ) as counts
        cross join ({SELLER_COUNTS}) as seller_counts
        left join (
            select attempted_at as last_at, ip_latitude as last_latitude, ip_longitude as last_longitude from earlier
            where is_by_customer and {_is_within(LOOK_BACK)} and ip_latitude is not null and ip_longitude is not null
            order by attempted_at desc, payment_attempt_id collate "C" desc limit 1
        ) as last on true
    """


def _is_within(window: timedelta) -> str:
    return f"attempted_at > %(at)s::timestamptz - interval '{window.total_seconds():.0f} seconds'"


def _counted(counter: Counter) -> str:
    window = next(name for name, span in WINDOWS.items() if span == counter.window)
    return counted_where(counter.counted, " and ".join((*(f"is_by_{who}" for who in counter.shared), f"in_{window}")))


_PAST = _query()
_LOCK = """
with locked as materialized (
    select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) with ordinality as keys (key, number) order by number
)
select clock_timestamp() as at, case when current_setting('transaction_timeout', true) is not null
    then set_config('transaction_timeout', %s, true) end from (select count(*) from locked) as all_of_them
"""


@dataclass(frozen=True)
class Identities:
    """What one attempt may share with others; None is unknown and shared with nobody."""

    customer_id: str
    device_id: str | None
    card_token: str | None
    address_hash: str | None
    seller_id: str | None = None

    def entities(self, address: str | None) -> dict[EntityKind, str | None]:
        """The same by kind, with the connection's address: what lists and snoozes are about."""
        return {
            EntityKind.CUSTOMER: self.customer_id,
            EntityKind.DEVICE: self.device_id,
            EntityKind.CARD: self.card_token,
            EntityKind.ADDRESS: self.address_hash,
            EntityKind.IP_ADDRESS: address,
        }

    def lock_keys(self) -> list[int]:
        """A number for each identity but the seller, in an order that is the same for everybody, so that no two can deadlock."""
        named = [(name, getattr(self, name)) for name in _PARAMETERS.values()]
        words = [f"attempt\n{name}\n{value}".encode() for name, value in named if value is not None]
        return sorted(int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "big", signed=True) for word in words)


async def lock_identities(connection: AsyncConnection[DictRow], identities: Identities) -> datetime:
    """The attempt's instant: from now until the transaction ends nobody else attempts with one of its identities.

    So every attempt sees those before it, whoever many come at once, and its count is the one that training will find. Those at
    the same seller do not wait: from now on the transaction may last `LONGEST_ATTEMPT`, or is undone, so that whoever counts the
    seller's attempts a little later misses none. (Postgres knows such a limit from 17 on; before, a slower one is missed.)
    """
    longest = f"{LONGEST_ATTEMPT.total_seconds():.0f}s"
    row = await (await connection.execute(_LOCK, (identities.lock_keys(), longest))).fetchone()
    assert row is not None
    at: datetime = row["at"]
    return at


@dataclass(frozen=True)
class Past:
    """Attempts before one: their counters, and when and where the customer's last one of known place came from."""

    velocity: Velocity
    last_at: datetime | None
    last_latitude: float | None
    last_longitude: float | None

    def travel_kmh(self, latitude: float | None, longitude: float | None, *, at: datetime) -> float | None:
        """How fast somebody came from there to a place in degrees; None where either is unknown."""
        if self.last_at is None:
            return None
        return travel_kmh(self.last_latitude, self.last_longitude, latitude, longitude, at - self.last_at)


async def past_of(connection: AsyncConnection[DictRow], identities: Identities, *, at: datetime) -> Past:
    """What happened in the windows before `at`; an attempt at exactly `at` is not counted."""
    return read_past(await (await ask_for_past(connection, identities, at=at)).fetchone())


async def ask_for_past(connection: AsyncConnection[DictRow], identities: Identities, *, at: datetime) -> AsyncCursor[DictRow]:
    """The question behind `past_of`, for a pipeline; `read_past` reads its one row."""
    return await connection.execute(_PAST, {**vars(identities), **seller_windows(at), "at": at})


def read_past(row: DictRow | None) -> Past:
    """What the row of `ask_for_past` says."""
    assert row is not None
    last = {name: row.pop(name) for name in ("last_at", "last_latitude", "last_longitude")}
    return Past(Velocity.model_validate(row), **last)
