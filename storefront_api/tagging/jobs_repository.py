"""Every query on tagging jobs and the listings that they go through."""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from storefront_api.tagging.repository import PRODUCT_VALUES

Connection = AsyncConnection[DictRow]


async def insert_unless_open(connection: Connection, row: dict[str, Any]) -> None:
    """A new job over the seller's listings, unless one of theirs is under way."""
    await connection.execute(
        """
        insert into shop.tagging_jobs (tagging_job_id, seller_id, requested_by, product_count, started_at)
        select %(tagging_job_id)s, %(seller_id)s, %(requested_by)s, count(*)::int, %(now)s
        from shop.products where seller_id = %(seller_id)s and not title_is_generated and title <> ''
        on conflict (seller_id) where finished_at is null do nothing
        """,
        row,
    )


async def newest(connection: Connection, seller_id: str) -> DictRow | None:
    """The seller's job that was started last."""
    cursor = await connection.execute(
        "select * from shop.tagging_jobs where seller_id = %s order by started_at desc, tagging_job_id limit 1", (seller_id,)
    )
    return await cursor.fetchone()


async def job(connection: Connection, tagging_job_id: str, seller_id: str) -> DictRow | None:
    """The seller's own job."""
    cursor = await connection.execute(
        "select * from shop.tagging_jobs where tagging_job_id = %s and seller_id = %s", (tagging_job_id, seller_id)
    )
    return await cursor.fetchone()


async def claim(connection: Connection) -> DictRow | None:
    """The open job whose turn is longest ago, locked until the transaction ends; None when there is none to work on."""
    cursor = await connection.execute(
        "select * from shop.tagging_jobs where finished_at is null order by updated_at limit 1 for update skip locked"
    )
    return await cursor.fetchone()


async def next_listings(connection: Connection, seller_id: str, *, after: str | None, limit: int) -> list[DictRow]:
    """The seller's next listings by id; titles that an importer made up say nothing, and are left out."""
    cursor = await connection.execute(
        f"""
        select p.product_id, p.title, p.description, p.language, p.category_id, {PRODUCT_VALUES} as values, f.thumbnail
        from shop.products as p
        left join shop.listing_photos as f on f.listing_id = p.product_id and f.seller_id = p.seller_id
        where p.seller_id = %s and not p.title_is_generated and p.title <> '' and p.product_id > %s
        order by p.product_id limit %s
        """,  # type: ignore[arg-type]
        (seller_id, after or "", limit),
    )
    return await cursor.fetchall()


async def advance(
    connection: Connection, tagging_job_id: str, *, last_product_id: str, done: int, suggestions: int, version: str
) -> None:
    """Note that the job is done up to and including this product."""
    await connection.execute(
        "update shop.tagging_jobs set last_product_id = %s, done_count = done_count + %s,"
        " product_count = greatest(product_count, done_count + %s), suggestion_count = suggestion_count + %s,"
        " model_version = %s, waiting_since = null where tagging_job_id = %s",
        (last_product_id, done, done, suggestions, version, tagging_job_id),
    )


async def wait(connection: Connection, tagging_job_id: str, *, now: datetime) -> None:
    """Note that the job cannot go on now; other sellers' jobs have their turn before this one is tried again."""
    await connection.execute(
        "update shop.tagging_jobs set waiting_since = coalesce(waiting_since, %s) where tagging_job_id = %s",
        (now, tagging_job_id),
    )


async def finish(connection: Connection, tagging_job_id: str, *, now: datetime) -> None:
    """Note that nothing is left to tag."""
    await connection.execute(
        "update shop.tagging_jobs set finished_at = %s, waiting_since = null, product_count = done_count"
        " where tagging_job_id = %s",
        (now, tagging_job_id),
    )
