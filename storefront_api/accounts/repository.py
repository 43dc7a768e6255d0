"""Every query about people's accounts, their refresh tokens, their devices and sessions."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

_USER = """
    select users.user_id, users.role, users.email, users.full_name, users.locale, users.wants_personalisation,
        users.signed_up_at, users.password_hash, sellers.seller_id
    from shop.users
    left join shop.sellers on sellers.user_id = users.user_id and sellers.status <> 'suspended'
"""


async def user_by_id(connection: AsyncConnection[DictRow], user_id: str) -> DictRow | None:
    """The active user, with the seller that they own if any."""
    query = _USER + " where users.user_id = %s and users.is_active order by sellers.joined_at limit 1"
    return await (await connection.execute(query, (user_id,))).fetchone()


async def user_by_email(connection: AsyncConnection[DictRow], email: str) -> DictRow | None:
    """The active user with this address, however it is capitalised."""
    query = _USER + " where lower(users.email) = lower(%s) and users.is_active order by sellers.joined_at limit 1"
    return await (await connection.execute(query, (email,))).fetchone()


async def set_personalisation(connection: AsyncConnection[DictRow], user_id: str, *, is_wanted: bool) -> None:
    """Remember whether this person wants shelves of their own."""
    await connection.execute("update shop.users set wants_personalisation = %s where user_id = %s", (is_wanted, user_id))


async def add_refresh_token(connection: AsyncConnection[DictRow], row: dict[str, Any]) -> None:
    """Remember a token by its hash."""
    await connection.execute(
        "insert into shop.refresh_tokens (token_hash, family_id, user_id, expires_at, created_at) "
        "values (%(token_hash)s, %(family_id)s, %(user_id)s, %(expires_at)s, %(now)s)",
        row,
    )


async def use_refresh_token(connection: AsyncConnection[DictRow], token_hash: str, *, now: datetime) -> DictRow | None:
    """The token's row, marked used; None unless it was good for exactly this one use."""
    cursor = await connection.execute(
        "update shop.refresh_tokens set used_at = %(now)s "
        "where token_hash = %(hash)s and used_at is null and revoked_at is null and expires_at > %(now)s "
        "returning family_id, user_id",
        {"hash": token_hash, "now": now},
    )
    return await cursor.fetchone()


async def user_of_token_used_since(connection: AsyncConnection[DictRow], token_hash: str, *, since: datetime) -> str | None:
    """Whose token this is, if it was exchanged after `since` and its sign-in still stands."""
    cursor = await connection.execute(
        "select user_id from shop.refresh_tokens where token_hash = %s and used_at > %s and revoked_at is null",
        (token_hash, since),
    )
    row = await cursor.fetchone()
    return row["user_id"] if row else None


async def revoke_family(connection: AsyncConnection[DictRow], token_hash: str, *, now: datetime) -> bool:
    """Whether the token is known; all tokens that descend from the same sign-in stop working."""
    cursor = await connection.execute(
        "update shop.refresh_tokens set revoked_at = coalesce(revoked_at, %(now)s) "
        "where family_id = (select family_id from shop.refresh_tokens where token_hash = %(hash)s)",
        {"hash": token_hash, "now": now},
    )
    return cursor.rowcount > 0


async def network_of(connection: AsyncConnection[DictRow], address: str) -> DictRow | None:
    """Country and place of the smallest known network that holds the address."""
    cursor = await connection.execute(
        "select country_code, latitude, longitude from shop.networks where network >>= %s::inet "
        "order by masklen(network) desc limit 1",
        (address,),
    )
    return await cursor.fetchone()


async def save_device(connection: AsyncConnection[DictRow], row: dict[str, Any]) -> None:
    """Remember the device if it is new."""
    await connection.execute(
        "insert into shop.devices (device_id, family, operating_system, first_seen_at) "
        "values (%(device_id)s, %(family)s, %(operating_system)s, %(now)s) on conflict (device_id) do nothing",
        row,
    )


async def save_session(connection: AsyncConnection[DictRow], row: dict[str, Any]) -> None:
    """Open the session, or note that it goes on; a session that belongs to somebody is never handed to another."""
    await connection.execute(
        """
        insert into shop.sessions (session_id, customer_id, device_id, ip_address, ip_country_code, ip_latitude, ip_longitude,
            started_at, last_seen_at)
        values (%(session_id)s, %(customer_id)s, %(device_id)s, %(ip_address)s, %(country_code)s, %(latitude)s, %(longitude)s,
            %(now)s, %(now)s)
        on conflict (session_id) do update set
            last_seen_at = greatest(shop.sessions.last_seen_at, excluded.last_seen_at),
            customer_id = coalesce(shop.sessions.customer_id, excluded.customer_id)
        """,
        row,
    )


async def session(connection: AsyncConnection[DictRow], session_id: str) -> DictRow | None:
    """Whose the session is, from which device and place."""
    cursor = await connection.execute(
        "select session_id, customer_id, device_id, host(ip_address) as ip_address, ip_country_code, ip_latitude, ip_longitude, "
        "last_seen_at from shop.sessions where session_id = %s",
        (session_id,),
    )
    return await cursor.fetchone()


async def audit(
    connection: AsyncConnection[DictRow],
    *,
    actor_id: str | None,
    action: str,
    object_type: str,
    object_id: str,
    reason: str | None,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Write down who did what to what; the table takes no updates."""
    await connection.execute(
        "insert into shop.audit_log (actor_id, action, object_type, object_id, reason, details, occurred_at) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        (actor_id, action, object_type, object_id, reason, Jsonb(details), now),
    )
