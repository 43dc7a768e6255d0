"""Alerts reach a real HTTP server and a real SMTP server, once each, and a sink that is away is tried again."""

import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr
from structlog.testing import capture_logs

from marketplace.settings import AlertSettings, Settings
from pipelines.alerts import Delivered, deliver_alerts, has_pending
from tests.factories import NOON

Shop = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


class Hook(ThreadingHTTPServer):
    """Answers with the next of `answers`, then with 200, and keeps what it was sent."""

    def __init__(self, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _HookHandler)
        self.answers, self.received, self.keys = list(answers), [], []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/hook?token=secret"


class _HookHandler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.server.keys.append(self.headers["Idempotency-Key"])
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()

    def log_message(self, format: str, *values: Any) -> None:
        pass


class Mailbox(socketserver.ThreadingTCPServer):
    """The few words of SMTP that one message needs (RFC 5321), and the messages that came."""

    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailHandler)
        self.messages: list[Message] = []
        self.recipients: list[str] = []
        self.port = self.server_address[1]


class _MailHandler(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.wfile.write(b"220 mail.test\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                self.server.messages.append(message_from_bytes(b"".join(iter(self.rfile.readline, b".\r\n"))))
            elif word == b"RCPT":
                self.server.recipients.append(line.decode().strip())
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def alert(shop: Shop, **given: Any) -> None:
    row = {
        "model_name": "fraud",
        "model_version": "3",
        "feature": "device_id",
        "also": ["device_customers_90d"],
        "window_start": NOON,
        "window_end": NOON,
        "last_window_start": NOON,
        "level": "strong",
        "measure": "unknown_ids",
        "effect": 0.6,
        "threshold": 0.3,
        "action": "look at the hash",
    }
    names = row | given
    shop.execute(
        f"insert into monitoring.alerts ({', '.join(names)}) values ({', '.join(['%s'] * len(names))})", list(names.values())
    )


def deliver(url: str, **alerts: Any) -> Delivered:
    return deliver_alerts(Settings(database={"url": url}, alerts=alerts), first_wait=0.01)  # type: ignore[arg-type]


SINKS = AlertSettings(webhook_url=SecretStr("http://127.0.0.1:9"))


def resolve(shop: Shop, **given: Any) -> None:
    """The end of every open alert."""
    values = {"resolved_at": NOON, "resolved_window_end": NOON} | given
    changes = ", ".join(f"{name} = %({name})s" for name in values)
    shop.execute(f"update monitoring.alerts set {changes} where resolved_at is null", values)


def deliveries(shop: Shop) -> dict[str, tuple[int, bool, str | None]]:
    rows = shop.execute("select sink, attempt_count, delivered_at is not null as done, error from monitoring.deliveries")
    return {row["sink"]: (row["attempt_count"], row["done"], row["error"]) for row in rows}


def test_every_sink_gets_an_alert_once(shop: Shop, database_url: str) -> None:
    alert(shop)
    with serving(Hook()) as hook, serving(Mailbox()) as mailbox, capture_logs() as logs:
        sinks = {"webhook_url": hook.url, "email_to": "ops@example.org, duty@example.org", "smtp_port": mailbox.port}
        assert deliver(database_url, **sinks) == Delivered(3, {})
        assert deliver(database_url, **sinks) == Delivered(0, {})
    assert [entry["feature"] for entry in logs if entry["event"] == "drift_alert"] == ["device_id"]
    (body,) = hook.received
    assert (body["model"], body["version"], body["feature"], body["also"]) == (
        "fraud",
        "3",
        "device_id",
        ["device_customers_90d"],
    )
    assert (body["effect"], body["action"], body["window_start"]) == (0.6, "look at the hash", NOON.isoformat())
    assert hook.keys == [body["id"]]
    (mail,) = mailbox.messages
    assert mail["Subject"] == "[strong drift] fraud: device_id"
    assert "look at the hash" in mail.get_payload()
    assert mailbox.recipients == ["rcpt TO:<ops@example.org>", "rcpt TO:<duty@example.org>"]
    assert deliveries(shop) == {"log": (1, True, None), "webhook": (1, True, None), "email": (1, True, None)}


def test_a_stumbling_receiver_is_tried_again_within_the_same_turn(shop: Shop, database_url: str) -> None:
    alert(shop)
    with serving(Hook(503, 429)) as hook:
        assert deliver(database_url, webhook_url=hook.url).failed == {}
    assert len(hook.received) == 3
    assert len(set(hook.keys)) == 1


def test_a_sink_that_is_away_is_noted_and_has_its_alert_later_and_the_others_have_it_now(shop: Shop, database_url: str) -> None:
    alert(shop)
    alert(shop, feature="amount_minor")
    port = closed_port()
    with serving(Mailbox()) as mailbox:
        sinks = {"webhook_url": f"http://127.0.0.1:{port}/hook?token=secret", "email_to": "ops@example.org"}
        delivered = deliver(database_url, smtp_port=mailbox.port, **sinks)
        assert (delivered.sent, list(delivered.failed)) == (4, ["webhook"])
        assert len(mailbox.messages) == 2
    assert "secret" not in delivered.failed["webhook"]
    assert has_pending(shop, SINKS)
    assert not has_pending(shop, AlertSettings()), "a sink that nobody wants any more waits for nothing"
    with serving(Hook()) as hook:
        assert deliver(database_url, webhook_url=hook.url) == Delivered(2, {})
        assert not has_pending(shop, SINKS)
    assert {body["feature"] for body in hook.received} == {"device_id", "amount_minor"}
    assert deliveries(shop)["webhook"][1:] == (True, None)


def test_a_refusal_is_not_repeated_within_the_turn(shop: Shop, database_url: str) -> None:
    alert(shop)
    with serving(Hook(404)) as hook:
        assert deliver(database_url, webhook_url=hook.url).failed == {"webhook": "answered 404"}
    assert len(hook.received) == 1


def test_moderate_drift_wakes_nobody_unless_asked_for_and_resolved_drift_never(shop: Shop, database_url: str) -> None:
    alert(shop, level="moderate")
    alert(shop, feature="hour_of_day", resolved_at=NOON)
    with serving(Hook()) as hook:
        assert deliver(database_url, webhook_url=hook.url) == Delivered(1, {})
        assert hook.received == []
        assert deliver(database_url, webhook_url=hook.url, page_from="moderate") == Delivered(1, {})
    assert [body["feature"] for body in hook.received] == ["device_id"]


def test_every_sink_that_was_told_of_an_alert_is_told_once_that_it_is_over(shop: Shop, database_url: str) -> None:
    alert(shop)
    with serving(Hook()) as hook, serving(Mailbox()) as mailbox, capture_logs() as logs:
        sinks = {"webhook_url": hook.url, "email_to": "ops@example.org", "smtp_port": mailbox.port}
        deliver(database_url, **sinks)
        resolve(shop)
        assert deliver(database_url, **sinks) == Delivered(3, {})
        assert deliver(database_url, **sinks) == Delivered(0, {})
    assert [entry["feature"] for entry in logs if entry["event"] == "drift_alert_resolved"] == ["device_id"]
    began, ended = hook.received
    assert (began["status"], ended["status"]) == ("opened", "resolved")
    assert (ended["id"], ended["resolved_at"]) == (began["id"], NOON.isoformat())
    assert "device_id (and device_customers_90d) is as usual again by" in ended["text"]
    assert hook.keys == [began["id"], f"{began['id']}-resolved"]
    first, second = mailbox.messages
    assert second["Subject"] == "[resolved drift] fraud: device_id"
    assert second["In-Reply-To"] == first["Message-ID"] != second["Message-ID"]


def test_the_end_of_an_alert_is_tried_again_and_is_no_news_to_who_never_heard_of_it(shop: Shop, database_url: str) -> None:
    alert(shop)
    alert(shop, feature="hour_of_day", level="moderate")  # only the log is told
    alert(shop, feature="item_count")
    with serving(Hook(200, 404)) as hook:  # the first goes through, the second is refused
        assert deliver(database_url, webhook_url=hook.url).failed == {"webhook": "answered 404"}
        told = {body["feature"] for body in hook.received[:1]}
        resolve(shop, resolved_window_end=None)
        hook.answers = [404]
        assert deliver(database_url, webhook_url=hook.url) == Delivered(3, {"webhook": "answered 404"})
        assert has_pending(shop, SINKS)
        assert deliver(database_url, webhook_url=hook.url) == Delivered(1, {})
        assert not has_pending(shop, SINKS)
    assert {body["feature"] for body in hook.received if body["status"] == "resolved"} == told
    assert "as usual after all: late rows show it" in hook.received[-1]["text"]


def test_a_database_that_is_away_is_said_and_not_raised() -> None:
    assert "database" in deliver(f"postgresql://nobody@127.0.0.1:{closed_port()}/none?connect_timeout=1").failed
