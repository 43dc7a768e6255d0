"""HTTP to our own services over connections that stay open, as a transport of httpx.

httpx's own transport spends most of a call on the same machine parsing in Python; this one has the parser of our server. Only
what our services speak is spoken: HTTP/1.1 without TLS, answers that say how long they are.
"""

import asyncio
import time
from collections import deque
from typing import cast

import httptools
import httpx

# Services hold an idle connection for 75 seconds: whoever lets go first must not be the one who answers.
_IDLE_SECONDS = 30.0


class KeptOpen(httpx.AsyncBaseTransport):
    """A connection for each request under way, kept for the next one; of use to one event loop.

    The `read` timeout of a request is that of the whole exchange, connecting included. A request whose connection is lost is
    not sent again: nobody knows whether it was answered.
    """

    def __init__(self) -> None:
        self._idle: deque[tuple[float, _Connection]] = deque()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The whole answer.

        Raises:
            httpx.TransportError: no connection, or it was lost; `httpx.ReadTimeout` when it takes too long.
        """
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("read")):
                return await self._answer(request)
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error

    async def aclose(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        connection = self._kept() or await _connect(request.url)
        try:
            response = await connection.ask(request)
        except BaseException:  # given up half way: the rest of this answer must not become the next one
            connection.close()
            raise
        if connection.is_open:
            self._idle.append((time.monotonic() + _IDLE_SECONDS, connection))
        return response

    def _kept(self) -> "_Connection | None":
        while self._idle:
            good_until, connection = self._idle.pop()
            if connection.is_open and time.monotonic() < good_until:
                return connection
            connection.close()
        return None


async def _connect(url: httpx.URL) -> "_Connection":
    _, connection = await asyncio.get_running_loop().create_connection(_Connection, url.host, url.port or 80)
    return connection


class _Connection(asyncio.Protocol):
    """One connection, which answers one request at a time; httptools calls the `on_` methods."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[httpx.Response] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    async def ask(self, request: httpx.Request) -> httpx.Response:
        """The answer to the request, whose body must be at hand."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(_message(request))
        return await self._answer

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's is of no class of asyncio's
        self._transport, self.is_open = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._lost(httpx.RemoteProtocolError(f"not HTTP: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(httpx.ReadError(f"the connection was lost: {error or 'the service hung up'}"))

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
        self._headers, self._body = [], bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        assert self._answer is not None
        if self._parser.get_status_code() < 200:
            return  # the answer itself is still to come
        if not self._parser.should_keep_alive():
            self.close()
        if not self._answer.done():
            status = self._parser.get_status_code()
            self._answer.set_result(httpx.Response(status, headers=self._headers, content=bytes(self._body)))

    def _lost(self, error: httpx.TransportError) -> None:
        self.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


def _message(request: httpx.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join([*lines, b"", request.content])
