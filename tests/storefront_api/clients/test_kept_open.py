"""Connections to a service stay open, and whatever goes wrong on one is told as httpx tells it and hurts no later answer."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import uvloop

from storefront_api.clients.kept_open import KeptOpen


class Service:
    """Answers each request by `answer`, which gets its head and body; counts the connections and what was asked."""

    def __init__(self) -> None:
        self.connections = 0
        self.asked: list[tuple[bytes, bytes]] = []
        self.answer: Callable[[bytes], bytes] = lambda body: b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        self.pause = 0.0
        self.hangs_up = False
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int([*head.lower().split(b"content-length: "), b"0"][1].split(b"\r")[0])
                body = await reader.readexactly(length)
                self.asked.append((head, body))
                await asyncio.sleep(self.pause)
                answer = self.answer(body)
                for piece in (answer[:40], answer[40:]):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0.005)
                if self.hangs_up or b"connection: close" in answer or not answer.endswith(body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=service.url, timeout=2, transport=KeptOpen()) as client:
        yield client


async def test_requests_that_follow_each_other_share_a_connection_and_those_at_once_do_not(
    service: Service, client: httpx.AsyncClient
) -> None:
    for word in (b"one", b"two"):
        answer = await client.post("/say?loud=1", content=word, headers={"content-type": "text/plain"})
        assert (answer.status_code, answer.content) == (200, word)
    assert service.connections == 1
    head, body = service.asked[0]
    assert head.startswith(b"POST /say?loud=1 HTTP/1.1\r\n")
    assert b"\r\ncontent-type: text/plain\r\n" in head
    assert b"\r\nHost: 127.0.0.1:" in head
    assert body == b"one"
    service.pause = 0.05
    answers = await asyncio.gather(*(client.post("/say", content=b"%d" % number) for number in range(5)))
    assert [answer.content for answer in answers] == [b"0", b"1", b"2", b"3", b"4"]
    assert service.connections == 5


async def test_answer_in_pieces_and_its_status_are_read_whole(service: Service, client: httpx.AsyncClient) -> None:
    service.answer = lambda body: b"HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.content) == (503, b"abcdefg")


async def test_connection_that_the_service_closed_meanwhile_is_replaced(service: Service, client: httpx.AsyncClient) -> None:
    service.hangs_up = True
    for _ in range(3):
        assert (await client.post("/say", content=b"x")).is_success
        await asyncio.sleep(0.03)
    assert service.connections == 3


async def test_connection_that_is_said_to_be_closed_is_not_used_again(service: Service, client: httpx.AsyncClient) -> None:
    service.answer = lambda body: b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    for _ in range(2):
        assert (await client.post("/say", content=b"x")).is_success
    assert service.connections == 2


async def test_answer_after_an_early_hint_is_the_answer_and_one_too_many_is_nobodys(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.answer = lambda body: (
        b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n" + body
    )
    answer = await client.post("/say", content=b"x")
    assert (answer.status_code, answer.content) == (200, b"x")
    surplus = b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n"
    service.answer = lambda body: surplus + body + surplus + body
    for word in (b"1", b"2", b"3"):
        assert (await client.post("/say", content=word)).content == word


async def test_lost_connection_late_answer_garbage_and_nobody_there_are_told_as_httpx_does(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.answer = lambda body: b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
    with pytest.raises(httpx.ReadError):
        await client.post("/say", content=b"x")
    service.answer = lambda body: b"220 mail.example ESMTP\r\n\r\n"
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("/say", content=b"x")
    service.pause = 1
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/say", content=b"x", timeout=0.05)
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9", transport=KeptOpen()) as nobody:
        with pytest.raises(httpx.ConnectError):
            await nobody.get("/readyz")


async def test_answer_that_was_given_up_on_never_reaches_the_next_request(service: Service, client: httpx.AsyncClient) -> None:
    service.pause = 0.1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.03):
            await client.post("/say", content=b"first")
    service.pause = 0.0
    await asyncio.sleep(0.15)
    assert (await client.post("/say", content=b"second")).content == b"second"
    assert service.connections == 2


def test_loop_of_the_server_carries_it_as_well() -> None:
    async def ask() -> list[bytes]:
        service = Service()
        async with await asyncio.start_server(service.serve, "127.0.0.1", 0) as server:
            service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with httpx.AsyncClient(base_url=service.url, timeout=2, transport=KeptOpen()) as client:
                return [(await client.post("/say", content=word)).content for word in (b"one", b"two")]

    assert uvloop.run(ask()) == [b"one", b"two"]
