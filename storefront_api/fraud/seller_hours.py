"""What was tried at each seller's goods, added up by whole hours in the background, so that checkout need not read it all.

An hour is added up once it is over for so long that no attempt can come into it any more. One transaction adds some hours and
says that it did, so a job that dies, or two at once, lose and double nothing; until it has come so far, checkout reads the
attempts themselves (`storefront_api.fraud.seller_velocity`). Accounts and cards are counted in the hour in which they were last
met, and move on when they are met again. What is older than the longest window is forgotten, once a day.
"""

from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.velocity_counters import LONGEST_ATTEMPT, SELLER_LAG
from storefront_api.fraud.seller_velocity import LONGEST

# Before this nobody who attempts can write, nor read, behind what is added up.
SETTLED_AFTER = SELLER_LAG + LONGEST_ATTEMPT + timedelta(seconds=15)
_KEPT = LONGEST + timedelta(days=1)
_AT_ONCE = timedelta(hours=6)

_STATE = """
    select added_up_from, added_up_until, date_trunc('hour', clock_timestamp() - %s, 'UTC') as settled_until
    from shop.seller_hours_added_up for update skip locked
"""
_ADD_UP = """
    with tried as materialized (
        select seller_id, date_trunc('hour', attempted_at, 'UTC') as hour, customer_id, card_token, amount_minor
        from shop.payment_attempts
        where attempted_at >= %(begin)s and attempted_at < %(until)s and seller_id is not null
    ), met as materialized (
        select seller_id, kind, value, max(hour) as last_hour
        from tried cross join lateral (values ('customer', customer_id), ('card', card_token)) as identities (kind, value)
        where value is not null
        group by 1, 2, 3
    ), leaving as (
        select seller_id, before.last_hour as hour, count(*) filter (where kind = 'customer') as customer_count,
            count(*) filter (where kind = 'card') as card_count
        from met join shop.seller_last_hours as before using (seller_id, kind, value)
        group by 1, 2
    ), left_behind as (
        update shop.seller_hours as hours set last_customer_count = last_customer_count - leaving.customer_count,
            last_card_count = last_card_count - leaving.card_count
        from leaving where hours.seller_id = leaving.seller_id and hours.hour = leaving.hour
    ), moved as (
        insert into shop.seller_last_hours (seller_id, kind, value, last_hour) select * from met
        on conflict (seller_id, kind, value) do update set last_hour = excluded.last_hour
    ), sums as (
        select seller_id, hour, count(*) as attempt_count, sum(amount_minor) as amount_minor from tried group by 1, 2
    ), arriving as (
        select seller_id, last_hour as hour, count(*) filter (where kind = 'customer') as customer_count,
            count(*) filter (where kind = 'card') as card_count
        from met group by 1, 2
    )
    insert into shop.seller_hours (seller_id, hour, attempt_count, amount_minor, last_customer_count, last_card_count)
    select seller_id, hour, attempt_count, amount_minor, coalesce(customer_count, 0), coalesce(card_count, 0)
    from sums left join arriving using (seller_id, hour)
"""


async def add_up_hours(connection: AsyncConnection[DictRow]) -> datetime | None:
    """The instant up to which attempts are added up now; None if there was nothing to add, or somebody else is at it.

    A few hours at a time, in the caller's transaction.
    """
    state = await (await connection.execute(_STATE, (settled_after(connection.info.server_version),))).fetchone()
    if state is None:
        return None
    since, begin, settled = state["added_up_from"], state["added_up_until"], state["settled_until"]
    if begin is None or begin < settled - _KEPT:
        since = begin = settled - _KEPT
        await _forget(connection, before="infinity")
    if begin >= settled:
        return None
    until: datetime = min(begin + _AT_ONCE, settled)
    await connection.execute(_ADD_UP, {"begin": begin, "until": until})
    if since < until - _KEPT:
        since = until - LONGEST
        await _forget(connection, before=since)
    await connection.execute("update shop.seller_hours_added_up set added_up_from = %s, added_up_until = %s", (since, until))
    return until


def settled_after(server_version: int) -> timedelta:
    """How long an hour is over before it is added up: Postgres before 17 undoes no attempt that lasts too long, so it waits."""
    return SETTLED_AFTER if server_version >= 170_000 else SETTLED_AFTER + timedelta(hours=1)


def add_up_again(connection: psycopg.Connection[Any]) -> None:
    """Add up anew what is added up already: for whoever writes attempts of the past, after them and in the same transaction.

    Until that commits, the job waits and checkout sees neither.
    """
    state = connection.execute("select added_up_from, added_up_until from shop.seller_hours_added_up for update").fetchone()
    assert state is not None
    begin, until = state
    if begin is not None:
        connection.execute("delete from shop.seller_hours")
        connection.execute("delete from shop.seller_last_hours")
        connection.execute(_ADD_UP, {"begin": begin, "until": until})


async def _forget(connection: AsyncConnection[DictRow], *, before: datetime | str) -> None:
    await connection.execute("delete from shop.seller_hours where hour < %s", (before,))
    await connection.execute("delete from shop.seller_last_hours where last_hour < %s", (before,))
