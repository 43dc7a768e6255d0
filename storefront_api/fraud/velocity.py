"""How often customer, device, card and address were used shortly before: a query over the live attempts.

The definitions are those of `marketplace.contracts.fraud.Velocity`; training counts the same over a whole history.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.fraud import Velocity
from marketplace.vocabulary import EntityKind

_COUNT = """
with earlier as (
    select customer_id, device_id, card_token, shipping_address_hash, amount_minor,
        attempted_at > %(at)s - interval '24 hours' as is_last_day,
        attempted_at > %(at)s - interval '1 hour' as is_last_hour
    from shop.payment_attempts
    where attempted_at > %(at)s - interval '90 days' and attempted_at < %(at)s
        and (customer_id = %(customer_id)s or device_id = %(device_id)s or card_token = %(card_token)s
            or shipping_address_hash = %(address_hash)s)
)
select
    count(*) filter (where customer_id = %(customer_id)s and is_last_hour) as customer_attempts_1h,
    count(*) filter (where customer_id = %(customer_id)s and is_last_day) as customer_attempts_24h,
    coalesce(sum(amount_minor) filter (where customer_id = %(customer_id)s and is_last_day), 0)::bigint
        as customer_amount_minor_24h,
    count(*) filter (where device_id = %(device_id)s and is_last_hour) as device_attempts_1h,
    count(*) filter (where device_id = %(device_id)s and is_last_day) as device_attempts_24h,
    count(distinct customer_id) filter (where device_id = %(device_id)s and is_last_day) as device_customers_24h,
    count(distinct card_token) filter (where device_id = %(device_id)s and is_last_day) as device_cards_24h,
    count(*) filter (where card_token = %(card_token)s and is_last_hour) as card_attempts_1h,
    count(*) filter (where card_token = %(card_token)s and is_last_day) as card_attempts_24h,
    count(distinct customer_id) filter (where card_token = %(card_token)s and is_last_day) as card_customers_24h,
    count(distinct customer_id) filter (where shipping_address_hash = %(address_hash)s and is_last_day) as address_customers_24h,
    count(*) filter (where customer_id = %(customer_id)s) as customer_attempts_90d,
    count(*) filter (where customer_id = %(customer_id)s and device_id = %(device_id)s) as customer_device_attempts_90d,
    count(*) filter (where customer_id = %(customer_id)s and card_token = %(card_token)s) as customer_card_attempts_90d,
    count(*) filter (where customer_id = %(customer_id)s and shipping_address_hash = %(address_hash)s)
        as customer_address_attempts_90d,
    count(distinct customer_id) filter (where device_id = %(device_id)s) as device_customers_90d,
    count(distinct customer_id) filter (where shipping_address_hash = %(address_hash)s) as address_customers_90d
from earlier
"""


@dataclass(frozen=True)
class Identities:
    """What one attempt may share with others; None is unknown and shared with nobody."""

    customer_id: str
    device_id: str | None
    card_token: str | None
    address_hash: str | None

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
        """A number for each identity, in an order that is the same for everybody, so that no two can deadlock."""
        named = vars(self).items()
        words = [f"attempt\n{name}\n{value}".encode() for name, value in named if value is not None]
        return sorted(int.from_bytes(hashlib.blake2b(word, digest_size=8).digest(), "big", signed=True) for word in words)


async def lock_identities(connection: AsyncConnection[DictRow], identities: Identities) -> datetime:
    """The attempt's instant: from now until the transaction ends nobody else attempts with one of its identities.

    So every attempt sees those before it, whoever many come at once, and its count is the one that training will find.
    """
    await connection.execute(
        "select pg_advisory_xact_lock(key) from unnest(%s::bigint[]) with ordinality as keys (key, number) order by number",
        (identities.lock_keys(),),
    )
    row = await (await connection.execute("select clock_timestamp() as at")).fetchone()
    assert row is not None
    at: datetime = row["at"]
    return at


async def velocity(connection: AsyncConnection[DictRow], identities: Identities, *, at: datetime) -> Velocity:
    """Earlier attempts in the windows before `at`, an attempt at exactly `at` not counted."""
    row = await (await connection.execute(_COUNT, {**vars(identities), "at": at})).fetchone()
    return Velocity.model_validate(row)
