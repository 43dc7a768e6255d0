"""A whole catalogue on its way through the tagging model: batch by batch, each one transaction, so a killed worker loses none.

The storefront starts a job; the relay's process works on it. What a batch suggests and how far the job is are committed
together, so after a crash the next worker begins where the last batch ended, and no listing is asked about twice.
"""

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.contracts.tagging import TagManyRequest, TagManyResponse, TagRequest
from marketplace.errors import ModelUnavailableError, NotFoundError
from marketplace.vocabulary import TagStatus
from storefront_api.accounts.service import User
from storefront_api.clients import CatalogueTaggingClient
from storefront_api.database import Database
from storefront_api.security import new_id
from storefront_api.tagging import jobs_repository, repository
from storefront_api.tagging.questions import questions
from storefront_api.tagging.schemas import TaggingJob
from storefront_api.tagging.service import in_this_shop, known_of, rows_of

Connection = AsyncConnection[DictRow]

BATCH = 50
# What the contract takes; an importer may have stored longer ones.
_LONGEST_TITLE, _LONGEST_DESCRIPTION, _LONGEST_LANGUAGE, _LONGEST_CATEGORY = 500, 20_000, 35, 200


async def start(connection: Connection, *, by: User, seller_id: str, now: datetime) -> TaggingJob:
    """The seller's job, a new one unless one is under way."""
    row = {"tagging_job_id": new_id("job"), "seller_id": seller_id, "requested_by": by.user_id, "now": now}
    await jobs_repository.insert_unless_open(connection, row)
    started = await newest(connection, seller_id)
    assert started is not None
    return started


async def newest(connection: Connection, seller_id: str) -> TaggingJob | None:
    """The seller's job that was started last."""
    row = await jobs_repository.newest(connection, seller_id)
    return _job(row) if row else None


async def get(connection: Connection, tagging_job_id: str, *, seller_id: str) -> TaggingJob:
    """The seller's own job.

    Raises:
        NotFoundError: no such job, or another's.
    """
    row = await jobs_repository.job(connection, tagging_job_id, seller_id)
    if row is None:
        raise NotFoundError(f"no tagging job {tagging_job_id!r} of yours")
    return _job(row)


async def work(database: Database, client: CatalogueTaggingClient, *, now: datetime, batch: int = BATCH) -> int:
    """How many listings were tagged: one batch of the job that waits longest; 0 when there is none, or no service.

    Several workers may do this side by side; a job that another one works on is passed over. One that fails waits until the
    others had their turn, and its error is raised.
    """
    job = None
    try:
        async with database.transaction() as connection:
            job = await jobs_repository.claim(connection)
            return await _work_on(connection, job, client, now=now, batch=batch) if job else 0
    except Exception:
        if job is not None:
            async with database.transaction() as connection:
                await jobs_repository.wait(connection, job["tagging_job_id"], now=now)
        raise


async def _work_on(connection: Connection, job: DictRow, client: CatalogueTaggingClient, *, now: datetime, batch: int) -> int:
    listings = await jobs_repository.next_listings(connection, job["seller_id"], after=job["last_product_id"], limit=batch)
    if not listings:
        await jobs_repository.finish(connection, job["tagging_job_id"], now=now)
        return 0
    try:
        answer = await client.tag_many(TagManyRequest(listings=[_request(row) for row in listings]))
    except ModelUnavailableError:
        await jobs_repository.wait(connection, job["tagging_job_id"], now=now)
        return 0
    asked = await _remember(connection, job, listings, answer, now=now)
    await jobs_repository.advance(
        connection,
        job["tagging_job_id"],
        last_product_id=listings[-1]["product_id"],
        done=len(listings),
        suggestions=asked,
        version=answer.version,
    )
    return len(listings)


def _request(row: DictRow) -> TagRequest:
    picture = base64.b64encode(row["thumbnail"]).decode() if row["thumbnail"] is not None else None
    return TagRequest(
        title=row["title"][:_LONGEST_TITLE],
        description=row["description"][:_LONGEST_DESCRIPTION],
        picture=picture,
        language=_fitting(row["language"], _LONGEST_LANGUAGE),
        category_id=_fitting(row["category_id"], _LONGEST_CATEGORY),
    )


def _fitting(word: str | None, longest: int) -> str | None:
    """The word, or None where it is too long: cut, it would be another one."""
    return word if word is None or len(word) <= longest else None


async def _remember(
    connection: Connection, job: DictRow, listings: Sequence[DictRow], answer: TagManyResponse, *, now: datetime
) -> int:
    """How many questions the batch has for the seller; what older versions asked and nobody answered is taken back."""
    seller_id, values = job["seller_id"], {row["product_id"]: row["values"] for row in listings}
    known = await known_of(connection, seller_id, values)
    answers = await in_this_shop(connection, answer.listings)
    rows: list[dict[str, Any]] = []
    for listing, tags in zip(listings, answers, strict=True):
        product_id = listing["product_id"]
        about = {"seller_id": seller_id, "product_id": product_id, "listing_id": product_id, "now": now}
        about |= {"tagging_job_id": job["tagging_job_id"], "version": answer.version, "category_id": listing["category_id"]}
        rows += rows_of(questions(tags, known[product_id]), tags, about)
    stored = await repository.remember(connection, rows)
    await repository.supersede(connection, seller_id, list(values), but=[row["tag_suggestion_id"] for row in stored])
    return sum(row["status"] == TagStatus.SUGGESTED for row in stored)


def _job(row: DictRow) -> TaggingJob:
    status = "done" if row["finished_at"] else "waiting" if row["waiting_since"] else "running"
    return TaggingJob.model_validate({**row, "status": status, "version": row["model_version"]})
