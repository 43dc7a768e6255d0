"""Every query on a seller's own listings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.vocabulary import FURTHER, SEVERAL_VALUED
from storefront_api.catalog.product_values import MAIN
from storefront_api.security import new_id

Connection = AsyncConnection[DictRow]

_LISTING = f"""
    select p.product_id, p.seller_id, p.title, p.description, p.price_minor, p.currency, p.language, p.category_id,
        c.path as category_path, p.colour, p.material, p.occasion, p.attributes ->> 'season' as season,
        p.attributes ->> 'gender' as gender, coalesce(p.attributes -> '{FURTHER}', '{{}}') as {FURTHER},
        p.is_active, p.listed_at, coalesce(s.units_on_hand, 0) as units_on_hand,
        exists (select from shop.listing_photos as f where f.listing_id = p.product_id and f.seller_id = p.seller_id)
            as has_photo,
        (select count(*) from shop.tag_suggestions as t where t.product_id = p.product_id and t.seller_id = p.seller_id
            and t.status = 'suggested')::int as waiting_tag_count
    from shop.products as p
    left join shop.categories as c on c.category_id = p.category_id
    left join shop.stock as s on s.product_id = p.product_id
"""
_WRITTEN = "title, description, language, price_minor, category_id, colour, material, occasion, attributes, is_active"


async def listing(connection: Connection, product_id: str, seller_id: str) -> DictRow | None:
    """The seller's own listing."""
    query = _LISTING + " where p.product_id = %s and p.seller_id = %s"
    return await (await connection.execute(query, (product_id, seller_id))).fetchone()


async def lock(connection: Connection, product_id: str, seller_id: str) -> bool:
    """Whether there is such a listing of the seller's; it and its stock stay as they are until the transaction ends."""
    for table, strength in (("products", "no key update"), ("stock", "update")):  # a checkout's lines refer to a locked product
        cursor = await connection.execute(
            f"select from shop.{table} as locked join shop.products as p using (product_id)"  # type: ignore[arg-type]
            f" where p.product_id = %s and p.seller_id = %s for {strength} of locked",
            (product_id, seller_id),
        )
        if table == "products" and await cursor.fetchone() is None:
            return False
    return True


async def page(connection: Connection, seller_id: str, *, after: Sequence[Any] | None, limit: int) -> list[DictRow]:
    """The seller's listings, newest first."""
    beyond = "and (p.listed_at, p.product_id) < (%(after_at)s::timestamptz, %(after_id)s)" if after else ""
    after_at, after_id = after or (None, None)
    cursor = await connection.execute(
        f"{_LISTING} where p.seller_id = %(seller_id)s {beyond} order by p.listed_at desc, p.product_id desc limit %(limit)s",  # type: ignore[arg-type]
        {"seller_id": seller_id, "after_at": after_at, "after_id": after_id, "limit": limit},
    )
    return await cursor.fetchall()


async def insert(connection: Connection, row: dict[str, Any]) -> None:
    """Put a new listing into the shop."""
    await connection.execute(
        f"insert into shop.products (product_id, seller_id, currency, listed_at, {_WRITTEN}) values (%(product_id)s,"  # type: ignore[arg-type]
        " %(seller_id)s, %(currency)s, %(now)s, %(title)s, %(description)s, %(language)s, %(price_minor)s, %(category_id)s,"
        " %(colour)s, %(material)s, %(occasion)s, %(attributes)s, %(is_active)s)",
        row,
    )


async def update(connection: Connection, row: dict[str, Any]) -> None:
    """Write the seller's words over the listing; what else is known of it stays."""
    await connection.execute(
        """
        update shop.products set title = %(title)s, title_is_generated = title_is_generated and title = %(title)s,
            description = %(description)s, price_minor = %(price_minor)s,
            language = case when 'bn' in (%(language)s, language) then %(language)s else language end,
            category_id = %(category_id)s, colour = %(colour)s, material = %(material)s, occasion = %(occasion)s,
            attributes = (attributes - %(written)s::text[]) || %(attributes)s, is_active = %(is_active)s
        where product_id = %(product_id)s
        """,
        row,
    )


async def set_stock(connection: Connection, product_id: str, units: int, *, is_new: bool, now: datetime) -> None:
    """Let so many units be on hand, with the move that explains the change."""
    cursor = await connection.execute("select units_on_hand from shop.stock where product_id = %s for update", (product_id,))
    row = await cursor.fetchone()
    change = units - (row["units_on_hand"] if row else 0)
    await connection.execute(
        "insert into shop.stock (product_id, units_on_hand) values (%s, %s)"
        " on conflict (product_id) do update set units_on_hand = excluded.units_on_hand"
        " where stock.units_on_hand <> excluded.units_on_hand",
        (product_id, units),
    )
    if change:
        reason = "opening" if is_new else "restock" if change > 0 else "correction"
        await connection.execute(
            "insert into shop.stock_moves (stock_move_id, product_id, units_change, reason, moved_at)"
            " values (%s, %s, %s, %s, %s)",
            (new_id("mov"), product_id, change, reason, now),
        )


async def values_in_use(connection: Connection, *, most: int) -> list[DictRow]:
    """The values of what the shop shows: rows of (attribute, value), up to so many of each, the most frequent first."""
    main = ", ".join(f"('{name}', {says})" for name, says in MAIN.items())
    cursor = await connection.execute(
        f"""
        with shown as (
            select p.colour, p.material, p.occasion, p.attributes
            from shop.products as p join shop.sellers as s on s.seller_id = p.seller_id
            where p.is_active and s.status = 'approved'
        ),
        said as (
            select said.attribute, said.value from shown as p cross join lateral (values {main}) as said (attribute, value)
            union all
            select said.attribute, jsonb_array_elements_text(p.attributes -> '{FURTHER}' -> said.attribute)
            from shown as p cross join unnest(%(several)s::text[]) as said (attribute) where p.attributes ? '{FURTHER}'
        )
        select attribute, value
        from (
            select attribute, value, row_number() over (partition by attribute order by count(*) desc, value) as place
            from said where value is not null group by 1, 2
        ) as counted
        where place <= %(most)s order by attribute, place
        """,  # type: ignore[arg-type]
        {"several": list(SEVERAL_VALUED), "most": most},
    )
    return await cursor.fetchall()


async def currency(connection: Connection) -> str:
    """The currency of the marketplace; one that nothing was imported into trades in taka."""
    row = await (await connection.execute("select currency from shop.marketplace")).fetchone()
    return row["currency"] if row else "BDT"
