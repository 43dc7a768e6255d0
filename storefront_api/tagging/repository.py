"""Every query on tag suggestions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

Connection = AsyncConnection[DictRow]

# The attributes that are columns of a product, so that an accepted value can be written where the shop reads it.
PRODUCT_COLUMNS = {"category": "category_id", "colour": "colour", "material": "material", "occasion": "occasion"}


async def is_product_of(connection: Connection, product_id: str, seller_id: str) -> bool:
    """Whether the product is the seller's."""
    cursor = await connection.execute(
        "select 1 from shop.products where product_id = %s and seller_id = %s", (product_id, seller_id)
    )
    return await cursor.fetchone() is not None


async def is_category(connection: Connection, category_id: str) -> bool:
    """Whether there is such a category."""
    cursor = await connection.execute("select 1 from shop.categories where category_id = %s", (category_id,))
    return await cursor.fetchone() is not None


async def add(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Remember what was suggested."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            """
            insert into shop.tag_suggestions (tag_suggestion_id, product_id, seller_id, attribute, suggested_value, probability,
                evidence, model_version, suggested_at)
            values (%(tag_suggestion_id)s, %(product_id)s, %(seller_id)s, %(attribute)s, %(value)s, %(probability)s,
                %(evidence)s, %(version)s, %(now)s)
            """,
            rows,
        )


async def lock(connection: Connection, tag_suggestion_id: str, seller_id: str) -> DictRow | None:
    """The seller's own suggestion, locked until the transaction ends."""
    cursor = await connection.execute(
        "select tag_suggestion_id, product_id, attribute, suggested_value, status from shop.tag_suggestions "
        "where tag_suggestion_id = %s and seller_id = %s for update",
        (tag_suggestion_id, seller_id),
    )
    return await cursor.fetchone()


async def set_answer(
    connection: Connection, tag_suggestion_id: str, *, status: str, final_value: str | None, now: datetime
) -> None:
    """Write the seller's answer down."""
    await connection.execute(
        "update shop.tag_suggestions set status = %s, final_value = %s, answered_at = %s where tag_suggestion_id = %s",
        (status, final_value, now, tag_suggestion_id),
    )


async def set_product_attribute(connection: Connection, product_id: str, attribute: str, value: str) -> None:
    """Give the product the value: in its column where it has one, among its other attributes else."""
    column = PRODUCT_COLUMNS.get(attribute)
    if column is not None:
        await connection.execute(
            f"update shop.products set {column} = %s where product_id = %s",  # type: ignore[arg-type]
            (value, product_id),
        )
    else:
        await connection.execute(
            "update shop.products set attributes = attributes || jsonb_build_object(%s::text, %s::text) where product_id = %s",
            (attribute, value, product_id),
        )
