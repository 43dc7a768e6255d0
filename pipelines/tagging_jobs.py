"""The relay's second hand: catalogues that sellers want tagged, batch by batch, beside the outbox and not before it."""

import asyncio
from datetime import UTC, datetime

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from marketplace.errors import MarketplaceError
from storefront_api.clients import CatalogueTaggingClient
from storefront_api.database import Database
from storefront_api.tagging import jobs

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 1.0
# Between two batches, so that a seller who types is not behind a whole catalogue.
_BREATH_SECONDS = 0.05


async def tag_catalogues(database: Database, client: CatalogueTaggingClient) -> None:
    """Work until cancelled; a database or service that is away is waited for."""
    while True:
        pause = _IDLE_SECONDS
        try:
            if await jobs.work(database, client, now=datetime.now(UTC)):
                pause = _BREATH_SECONDS
        except (psycopg.OperationalError, PoolTimeout, MarketplaceError) as error:
            log.warning("tagging_jobs_wait", error=type(error).__name__)
        except Exception as error:  # one catalogue's trouble must not end the relay
            log.error("tagging_job_failed", error=type(error).__name__, detail=str(error)[:300])
        await asyncio.sleep(pause)
