"""The relay's third hand: what was tried at sellers' goods, added up by the hour beside everything else."""

import asyncio

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from storefront_api.database import Database
from storefront_api.fraud.seller_hours import add_up_hours

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 15.0
# Between two steps of a long history, so that others come to their turn.
_BREATH_SECONDS = 0.05


async def add_up_sellers(database: Database) -> None:
    """Work until cancelled; a database that is away is waited for."""
    while True:
        pause = _IDLE_SECONDS
        try:
            async with database.transaction() as connection:
                until = await add_up_hours(connection)
            if until is not None:
                log.info("seller_hours_added_up", until=until.isoformat())
                pause = _BREATH_SECONDS
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.warning("seller_hours_wait", error=type(error).__name__)
        except Exception as error:  # sums that cannot be made must not end the relay: checkout reads the attempts instead
            log.error("seller_hours_failed", error=type(error).__name__, detail=str(error)[:300])
        await asyncio.sleep(pause)
