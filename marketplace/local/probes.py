"""Questions whose answer says whether a part works: does it accept, does it answer, does its heart beat."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

Probe = Callable[[], Awaitable[str | None]]
"""Comes back with None when the part works, with what is wrong otherwise."""


def accepts_tcp(host: str, port: int, *, timeout: float = 2.0) -> Probe:
    """Something listens at `host:port`."""

    async def probe() -> str | None:
        try:
            async with asyncio.timeout(timeout):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as error:
            return f"nothing accepts at {host}:{port} ({type(error).__name__})"
        writer.close()
        return None

    return probe


def answers_http(host: str, port: int, path: str, *, timeout: float = 5.0) -> Probe:
    """`GET path` is answered with a status below 400."""

    async def probe() -> str | None:
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
                status_line = (await reader.readline()).decode(errors="replace").split()
        except (OSError, TimeoutError) as error:
            return f"http://{host}:{port}{path} does not answer ({type(error).__name__})"
        finally:
            if writer is not None:
                writer.close()
        status = int(status_line[1]) if len(status_line) > 1 and status_line[1].isdigit() else 0
        return None if 200 <= status < 400 else f"http://{host}:{port}{path} answers {status or 'no HTTP'}"

    return probe


def all_of(*probes: Probe) -> Probe:
    """Every one of `probes` is content; otherwise the first complaint."""

    async def probe() -> str | None:
        complaints = await asyncio.gather(*(one() for one in probes))
        return next((complaint for complaint in complaints if complaint), None)

    return probe


def answers_query(url: Callable[[], str], query: str = "select true", *, timeout: float = 5.0) -> Probe:
    """The database answers `query` with true; `url` is asked each time."""

    def ask() -> str | None:
        import psycopg

        with psycopg.connect(url(), connect_timeout=int(timeout), autocommit=True) as connection:
            row = connection.execute(query).fetchone()  # type: ignore[arg-type]
            return None if row and row[0] else "the database answers, but not what is wanted yet"

    async def probe() -> str | None:
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.to_thread(ask)
        except Exception as error:
            return f"the database does not answer ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"

    return probe


def has_lived(seconds: float) -> Probe:
    """Nothing but time: for a part without an address, that it did not die at once. One probe serves one start."""
    started = time.monotonic()

    async def probe() -> str | None:
        return None if time.monotonic() - started >= seconds else "just started"

    return probe


async def wait_for(probe: Probe, *, every: float = 0.1) -> None:
    """Return when `probe` is content; cancel it to stop waiting."""
    with suppress(asyncio.CancelledError):
        while await probe() is not None:
            await asyncio.sleep(every)
        return
    raise asyncio.CancelledError
