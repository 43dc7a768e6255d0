"""Async tests beside a browser: Playwright's own loop runs in the thread of the tests, where no other can."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from inspect import Parameter, signature
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row


def in_own_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """The async `test` as a plain one, in a thread of its own; its first argument is a connection to the filled shop."""

    def run(*, filled_shop: str, **fixtures: Any) -> None:
        async def connected() -> None:
            async with await AsyncConnection.connect(filled_shop, row_factory=dict_row) as connection:
                await test(connection, **fixtures)

        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(asyncio.run, connected()).result()

    own = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in list(signature(test).parameters.values())[1:]]
    run.__name__, run.__doc__ = test.__name__, test.__doc__
    # pytest reads which fixtures are wanted from here
    run.__signature__ = signature(test).replace(parameters=[Parameter("filled_shop", Parameter.KEYWORD_ONLY), *own])  # type: ignore[attr-defined]
    return run
