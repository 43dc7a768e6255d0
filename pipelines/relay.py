"""The worker behind the outbox: what shoppers just did becomes a feature within a second, without waiting for a run.

A message is done when its transaction commits, and that is after the feature was pushed: a crash between the two pushes
again, which changes nothing, because a push carries the session's whole state and not a step. So nothing is lost, nothing
counts twice, and several relays may run side by side.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from psycopg_pool import PoolTimeout

from marketplace.errors import MarketplaceError
from marketplace.settings import Settings
from pipelines.seller_hours import add_up_sellers
from pipelines.tagging_jobs import tag_catalogues
from storefront_api.clients import Clients
from storefront_api.database import Database
from storefront_api.fraud.rescoring import rescore_fallbacks
from storefront_api.fraud.shadow import shadow_decisions
from storefront_api.listings import photos

if TYPE_CHECKING:
    import pandas as pd

log = structlog.get_logger(__name__)

APPLICATION_NAME = "relay"
SESSION_EVENTS = "session_events"
_BATCH = 500
_IDLE_SECONDS = 0.2
_AFTER_ERROR_SECONDS = 1.0
_RESCORE_EVERY_SECONDS = 5.0
_KEYS_LIVE = timedelta(hours=24)
_DRAFTS_LIVE = timedelta(days=30)

# The columns and definitions of features.session_activity, for whole sessions up to now.
_SESSION_ACTIVITY = """
with products as (
    select session_id, product_id, max(occurred_at) as last_at,
        count(*) filter (where event_type = 'product_view') as views,
        count(*) filter (where event_type = 'cart_add') as carts
    from shop.events
    where session_id = any(%s) and event_type in ('product_view', 'cart_add') and product_id is not null
    group by 1, 2
)
select session_id, max(last_at) as event_timestamp, sum(views)::int as view_count, sum(carts)::int as cart_count,
    (array_agg(product_id order by last_at desc, product_id))[1:20] as recent_product_ids,
    (array_agg(product_id order by last_at desc, product_id))[1] as last_product_id
from products
group by session_id
"""


class Relay:
    """Empties the outbox; `push` makes a frame of `session_activity` rows readable online.

    `resend` sends rows of the quarantine again that were corrected on their page, and returns how many.
    """

    def __init__(
        self,
        database: Database,
        clients: Clients,
        *,
        push: Callable[["pd.DataFrame"], None],
        resend: Callable[[], int] = lambda: 0,
    ) -> None:
        self._database = database
        self._clients = clients
        self._push = push
        self._resend = resend
        self._rescored_at = float("-inf")

    async def run(self) -> None:
        """Work until cancelled; a database or feature store that is away is waited for."""
        while True:
            try:
                count = await self.turn()
                pause = 0.0 if count else _IDLE_SECONDS
            except (psycopg.OperationalError, PoolTimeout, MarketplaceError) as error:
                log.warning("relay_waits", error=type(error).__name__)
                pause = _AFTER_ERROR_SECONDS
            except Exception as error:  # a feature store fails in its own ways; the messages stay and are tried again
                log.error("relay_failed", error=type(error).__name__, detail=str(error)[:300])
                pause = _AFTER_ERROR_SECONDS
            await asyncio.sleep(pause)

    async def warm(self) -> None:
        """Push the latest session again: it changes nothing, and the first shopper does not wait for the first connection."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute("select session_id from shop.events order by updated_at desc limit 1")
            latest = await cursor.fetchone()
            if latest is not None:
                await asyncio.to_thread(self._push_rows, await session_activity(connection, [latest["session_id"]]))

    async def turn(self) -> int:
        """How many messages were relayed; what else waits is done when there are none."""
        count = await self._relay_batch()
        if count == 0 and time.monotonic() - self._rescored_at > _RESCORE_EVERY_SECONDS:
            self._rescored_at = time.monotonic()
            await self._tidy()
        return count

    async def _relay_batch(self) -> int:
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "select outbox_id, topic, key from shop.outbox where relayed_at is null "
                "order by outbox_id limit %s for update skip locked",
                (_BATCH,),
            )
            messages = await cursor.fetchall()
            if not messages:
                return 0
            sessions = sorted({message["key"] for message in messages if message["topic"] == SESSION_EVENTS})
            if sessions:
                rows = await session_activity(connection, sessions)
                await asyncio.to_thread(self._push_rows, rows)
            await connection.execute(
                "update shop.outbox set relayed_at = clock_timestamp() where outbox_id = any(%s)",
                ([message["outbox_id"] for message in messages],),
            )
        return len(messages)

    def _push_rows(self, rows: list[dict[str, Any]]) -> None:
        import pandas as pd

        if rows:
            frame = pd.DataFrame(rows)
            frame["created_at"] = pd.Timestamp.now(tz="UTC")
            self._push(frame)

    async def _tidy(self) -> None:
        now = datetime.now(UTC)
        count = await rescore_fallbacks(self._database, self._clients.fraud, now=now)
        if count:
            log.info("fallback_decisions_scored_again", count=count)
        if shadowed := await shadow_decisions(self._database, self._clients.fraud_shadow, now=now):
            log.info("challenger_asked_about_live_attempts", count=shadowed)
        if corrected := await asyncio.to_thread(self._resend):
            log.info("corrected_rows_sent_again", count=corrected)
        async with self._database.transaction() as connection:
            await connection.execute("delete from shop.idempotency_keys where created_at < %s", (now - _KEYS_LIVE,))
            await photos.forget_drafts(connection, before=now - _DRAFTS_LIVE)


async def session_activity(connection: AsyncConnection[DictRow], session_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The newest `session_activity` row of each of these sessions that has looked at something."""
    cursor = await connection.execute(_SESSION_ACTIVITY, (list(session_ids),))
    return list(await cursor.fetchall())


def _resend_corrected(settings: Settings) -> int:
    """How many corrected rows were sent again; the readers are loaded when there is one."""
    with psycopg.connect(settings.database_url()) as connection:
        waiting = connection.execute("select exists (select from quarantine.rows where correction is not null)").fetchone()
    if not (waiting and waiting[0]):
        return 0
    from pipelines.sources.resending import resend_waiting

    return len(resend_waiting(settings.database_url()))


async def relay(settings: Settings) -> None:
    """Empty the outbox of the marketplace that the settings name, until cancelled."""
    from feature_repo import retrieval

    database = Database(settings.database_url(), pool_size=3, application_name=APPLICATION_NAME)
    await database.open()
    clients = Clients(settings.services)
    try:
        # Opening the feature store takes seconds: better now than while the first shopper waits.
        worker = Relay(
            database,
            clients,
            push=lambda frame: retrieval.push_session_events(frame, settings=settings),
            resend=lambda: _resend_corrected(settings),
        )
        with suppress(Exception):  # not ready yet: each push says so in the log, and tries again
            await asyncio.to_thread(lambda: retrieval.reader(settings).store)
            await worker.warm()
        log.info("relay_ready")
        await asyncio.gather(worker.run(), tag_catalogues(database, clients.catalogue_tagging), add_up_sellers(database))
    finally:
        await clients.close()
        await database.close()
