"""The pool of database connections; one request borrows one connection for one transaction."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

# Long enough to queue behind a burst, short enough that nobody stares at a page while the database restarts.
_WAIT_SECONDS = 5.0
# Once somebody has waited in vain, those who come in the next seconds are told sooner.
_DOUBT_SECONDS = 3.0
_WAIT_IN_DOUBT_SECONDS = 0.5
# After this the pool stops trying by itself and the next request makes it try again: never a minute of back-off.
_RECONNECT_SECONDS = 3.0


class Database:
    """Connections to the operational database that come back by themselves after it was away."""

    def __init__(self, url: str, *, pool_size: int, application_name: str = "storefront") -> None:
        self._doubtful_until = 0.0
        self._pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            url,
            kwargs={
                "row_factory": dict_row,
                "options": "-c timezone=UTC",
                "connect_timeout": 2,
                "application_name": application_name,
            },
            min_size=min(2, pool_size),
            max_size=pool_size,
            open=False,
            timeout=_WAIT_SECONDS,
            reconnect_timeout=_RECONNECT_SECONDS,
            check=AsyncConnectionPool.check_connection,
            name=application_name,
        )

    async def open(self) -> None:
        """Start filling the pool without waiting: the storefront comes up before its database does."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Give every connection back to the server."""
        await self._pool.close(timeout=2)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A connection whose block is one transaction: committed at the end, rolled back on an error.

        Raises:
            psycopg_pool.PoolTimeout: the database is away or every connection stayed busy; answered with 503.
        """
        is_doubtful = time.monotonic() < self._doubtful_until
        try:
            async with self._pool.connection(_WAIT_IN_DOUBT_SECONDS if is_doubtful else _WAIT_SECONDS) as connection:
                yield connection
        except PoolTimeout:
            self._doubtful_until = time.monotonic() + _DOUBT_SECONDS
            raise
