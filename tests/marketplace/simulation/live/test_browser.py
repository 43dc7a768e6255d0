"""A living shopper's browser against a small server that answers as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from marketplace.simulation.live.browser import Browser, GaveUpError, RefusedError
from marketplace.simulation.live.report import Report


class Server(ThreadingHTTPServer):
    """Gives `answers` (status, headers, body) one after the other, the last one for ever; None closes the connection."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, dict[str, str], object] | None] = []
        self.seen: list[tuple[str, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        answer = self.server.answers.pop(0) if len(self.server.answers) > 1 else self.server.answers[0]
        if answer is None:
            self.connection.close()
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        content = json.dumps(body).encode()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """Tests print nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def report() -> Report:
    return Report(1)


@pytest.fixture
async def browser(server: Server, report: Report) -> Browser:
    async def turn() -> None:
        """At once."""

    return Browser(server.url, report, turn)


async def test_asks_again_after_as_long_as_the_shop_wants(server: Server, browser: Browser, report: Report) -> None:
    server.answers = [(429, {"Retry-After": "2"}, {"code": "too_many_requests"}), (200, {}, {"fine": True})]
    began = time.monotonic()
    assert await browser.get("/v1/trending", k=12, category_id=None) == {"fine": True}
    assert time.monotonic() - began >= 2
    assert [path for path, _ in server.seen] == ["/v1/trending?k=12"] * 2
    assert (report.requests, report.retries) == (2, 1)


async def test_no_is_an_answer_with_the_shops_own_code(server: Server, browser: Browser) -> None:
    server.answers = [(409, {}, {"code": "out_of_stock"})]
    with pytest.raises(RefusedError) as refused:
        await browser.post("/v1/orders", {}, key="sim-1")
    assert refused.value.code == "out_of_stock"
    assert len(server.seen) == 1


async def test_broken_answer_is_not_asked_for_again(server: Server, browser: Browser) -> None:
    server.answers = [(500, {}, {"code": "internal_error"})]
    with pytest.raises(GaveUpError, match="500"):
        await browser.get("/v1/trending")
    assert len(server.seen) == 1


async def test_lost_answer_is_asked_for_again_only_where_that_is_harmless(server: Server, browser: Browser) -> None:
    server.answers = [None]
    with pytest.raises(GaveUpError):
        await browser.post("/v1/cart/items", {}, is_repeatable=False)
    assert len(server.seen) == 1
    server.answers = [None, (200, {}, {"accepted": 1})]
    assert await browser.post("/v1/events", {"events": []}) == {"accepted": 1}


async def test_new_visit_keeps_the_device_and_forgets_the_rest(server: Server, browser: Browser) -> None:
    server.answers = [(200, {"Set-Cookie": "cy_device=this-device; Path=/"}, {"access_token": "secret"}), (200, {}, {})]
    await browser.sign_in("living-1-0001@living.example", "password")
    await browser.get("/v1/trending")
    browser.new_visit()
    await browser.get("/v1/trending")
    browser.new_visit("ring-device")
    await browser.get("/v1/trending")
    signed_in, guest, ring = (headers for _, headers in server.seen[1:])
    assert signed_in["authorization"] == "Bearer secret"
    assert "authorization" not in guest
    assert guest["cookie"] == "cy_device=this-device"
    assert ring["cookie"] == "cy_device=ring-device"
    assert guest["sec-ch-ua-platform"] == '"Simulated"'
