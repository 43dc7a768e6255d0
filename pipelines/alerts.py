"""Alerts to the log, a webhook and e-mail: that each began and that it ended, once per sink, tried again until it went through.

`monitoring.deliveries` remembers what became of each. A row is locked while it is sent, so two deliverers do not send the
same news; only a crash between sending and committing sends again, and receivers can tell by the `Idempotency-Key`. Who was
not told that an alert began is not told that it ended.
"""

import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate
from enum import StrEnum
from typing import Any, cast

import httpx
import psycopg
import structlog
from psycopg.rows import dict_row
from tenacity import RetryError, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from marketplace.alert_pages import alert_page
from marketplace.settings import AlertSettings, Settings
from marketplace.vocabulary import Stream

log = structlog.get_logger(__name__)

_KEY = ("model_name", "stream", "feature", "window_start")
_TRIES_AT_ONCE = 3
# After this many turns a sink is given up on for one piece of news; the log and the page still have it.
_MOST_ATTEMPTS = 50
_LONGEST_ERROR = 300

Row = Mapping[str, Any]
Sink = Callable[[Row], None]


class News(StrEnum):
    """What a sink is told of an alert."""

    OPENED = "opened"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Delivered:
    """What one turn did: messages sent, and sinks that failed with their last error."""

    sent: int
    failed: Mapping[str, str]


def deliver_alerts(settings: Settings, *, first_wait: float = 0.5) -> Delivered:
    """Tell every sink what it does not know yet: alerts that opened, and of those it was told, which are over.

    Failures are recorded and counted, never raised.

    Args:
        first_wait: seconds before the webhook is tried a second time within this turn; it doubles.
    """
    sinks = _sinks(settings.alerts, settings.storefront.host, settings.storefront.port, first_wait=first_wait)
    sent, failed = 0, {}
    try:
        with psycopg.connect(settings.database_url(), autocommit=True, row_factory=dict_row) as connection:
            _note_due(connection, settings.alerts, list(sinks))
            due = connection.execute(_DUE, {"sinks": list(sinks), "most": _MOST_ATTEMPTS}).fetchall()
            for row in due:
                if row["sink"] in failed:
                    continue  # one failure is enough to know that this sink is away; the next turn tries again
                error = _deliver(connection, row, sinks[row["sink"]])
                if error:
                    failed[row["sink"]] = error
                else:
                    sent += 1
    except psycopg.Error as error:
        log.error("alerts_not_delivered", error=str(error)[:_LONGEST_ERROR])
        failed["database"] = str(error)[:_LONGEST_ERROR]
    return Delivered(sent, failed)


def has_pending(connection: psycopg.Connection[Any], settings: AlertSettings) -> bool:
    """Whether a delivery failed and waits for its next turn, to a sink that is still set up."""
    query = f"select from {_DUE_ROWS} limit 1".encode()
    return connection.execute(query, {"sinks": _names(settings), "most": _MOST_ATTEMPTS}).fetchone() is not None


# An alert that is over before its beginning went through is news to nobody; one that opened again is not over.
_DUE_ROWS = """
monitoring.deliveries join monitoring.alerts using (model_name, stream, feature, window_start)
where deliveries.delivered_at is null and deliveries.sink = any(%(sinks)s) and deliveries.attempt_count < %(most)s
    and (deliveries.news = 'opened') = (alerts.resolved_at is null)
"""
_DUE = f"""
select deliveries.sink, deliveries.news, alerts.* from {_DUE_ROWS}
order by alerts.raised_at, alerts.model_name, deliveries.news, deliveries.sink
"""
_NOTE_OPENED = """
insert into monitoring.deliveries (model_name, stream, feature, window_start, sink)
select model_name, stream, feature, window_start, sink from monitoring.alerts, unnest(%(sinks)s::text[]) as sink
where resolved_at is null and (sink = 'log' or level = 'strong' or %(also_moderate)s) on conflict do nothing
"""
_NOTE_RESOLVED = """
insert into monitoring.deliveries (model_name, stream, feature, window_start, sink, news)
select model_name, stream, feature, window_start, sink, 'resolved'
from monitoring.deliveries join monitoring.alerts using (model_name, stream, feature, window_start)
where news = 'opened' and delivered_at is not null and resolved_at is not null on conflict do nothing
"""


def _note_due(connection: psycopg.Connection[Any], settings: AlertSettings, sinks: list[str]) -> None:
    """A row for each open alert and sink that is to have it, moderate ones only where they are asked for; and for each end."""
    connection.execute(_NOTE_OPENED, {"sinks": sinks, "also_moderate": settings.page_from == "moderate"})
    connection.execute(_NOTE_RESOLVED)


def _deliver(connection: psycopg.Connection[Any], row: Row, send: Sink) -> str | None:
    """Tell one sink one piece of news and note what became of it; the error in words, None when it went through."""
    key = {name: row[name] for name in (*_KEY, "sink", "news")}
    where = f" where {' and '.join(f'{name} = %({name})s' for name in key)}"
    with connection.transaction():
        locked = connection.execute(
            f"select from monitoring.deliveries{where} and delivered_at is null for update skip locked".encode(), key
        ).fetchone()
        if locked is None:
            return None
        error = _error_of(send, row)
        done = "delivered_at = now(), error = null" if error is None else "error = %(error)s"
        connection.execute(
            f"update monitoring.deliveries set attempt_count = attempt_count + 1, attempted_at = now(), {done}{where}".encode(),
            key | {"error": error},
        )
    if error is not None:
        log.warning("alert_not_delivered", sink=row["sink"], model=row["model_name"], feature=row["feature"], error=error)
    return error


def _error_of(send: Sink, row: Row) -> str | None:
    try:
        send(row)
    except RetryError as error:
        return _words(cast(BaseException, error.last_attempt.exception()))
    except Exception as error:  # a sink fails in its own ways; none of them may stop the pipeline
        return _words(error)
    return None


def _words(error: BaseException) -> str:
    """The kind of error and what it says, without the address, which may hold a token."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"answered {error.response.status_code}"
    said = "" if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol) else f": {error}"
    return f"{type(error).__name__}{said}"[:_LONGEST_ERROR]


def _names(settings: AlertSettings) -> list[str]:
    """The sinks that are set up."""
    named = (("log", True), ("webhook", settings.webhook_url is not None), ("email", bool(settings.recipients)))
    return [name for name, is_set_up in named if is_set_up]


def _sinks(settings: AlertSettings, host: str, port: int, *, first_wait: float) -> dict[str, Sink]:
    """How to tell each sink that is set up, by its name."""

    def page_of(row: Row) -> str:
        return f"http://{host}:{port}{alert_page(Stream(row['stream']), row['window_end'])}"

    url = settings.webhook_url.get_secret_value() if settings.webhook_url is not None else ""
    ways: dict[str, Sink] = {
        "log": lambda row: _log(row, page_of(row)),
        "webhook": lambda row: _post(url, payload(row, page_of(row)), settings, key=news_id(row), first_wait=first_wait),
        "email": lambda row: _mail(message(row, page_of(row), settings), settings),
    }
    return {name: ways[name] for name in _names(settings)}


def _log(row: Row, page: str) -> None:
    if row["news"] == News.RESOLVED:
        log.info("drift_alert_resolved", **payload(row, page))
    else:
        log.warning("drift_alert", **payload(row, page))


def payload(row: Row, page: str) -> dict[str, Any]:
    """News of an alert as a receiver gets it: plain JSON, and `text` for chat programs that show just that.

    `id` is the alert's own, the same when it begins and when it ends, so that a receiver can close what it opened; another one
    where it opens again after its end.
    """
    return {
        "id": row["alert_id"],
        "status": row["news"],
        "text": headline(row),
        "level": row["level"],
        "model": row["model_name"],
        "version": row["model_version"],
        "stream": row["stream"],
        "feature": row["feature"],
        "also": list(row["also"]),
        "window_start": _iso(row["window_start"]),
        "window_end": _iso(row["window_end"]),
        "measure": row["measure"],
        "effect": round(row["effect"], 4),
        "threshold": round(row["threshold"], 4),
        "action": _action(row),
        "raised_at": _iso(row["raised_at"]),
        "resolved_at": _iso(row["resolved_at"]),
        "page": page,
    }


def headline(row: Row) -> str:
    """One line for a subject or a chat."""
    also = f" (and {', '.join(row['also'])})" if row["also"] else ""
    first, last = row["window_start"].astimezone(UTC), row["window_end"].astimezone(UTC)
    what = f"{row['model_name']} version {row['model_version']}: {_STREAMS[row['stream']]}{row['feature']}{also}"
    if row["news"] == News.RESOLVED:
        calm = row["resolved_window_end"]
        since = f"as usual again by {calm.astimezone(UTC):%Y-%m-%d}" if calm else "as usual after all: late rows show it"
        return f"{what} is {since}; the alert was raised at {row['raised_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return (
        f"{what} drifted, {row['measure'].replace('_', ' ')} {row['effect']:.2f} where {row['threshold']:.2f} is strong,"
        f" {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    )


_STREAMS = {
    Stream.INPUTS: "",
    Stream.DECISIONS: "live decisions, ",
    Stream.IMPRESSIONS: "shown shelves, ",
    Stream.ESTIMATES: "estimated ",
    Stream.REALISED: "realised ",
}


def _action(row: Row) -> str:
    return "Nothing to do: it is over." if row["news"] == News.RESOLVED else str(row["action"])


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant is not None else None


def news_id(row: Row) -> str:
    """The same for the same message, by which a receiver knows one that it had before."""
    return str(row["alert_id"]) if row["news"] == News.OPENED else f"{row['alert_id']}-{row['news']}"


def message(row: Row, page: str, settings: AlertSettings) -> EmailMessage:
    """The e-mail about an alert; the one that it is over answers the one that it began."""
    mail = EmailMessage()
    is_over = row["news"] == News.RESOLVED
    mail["Subject"] = f"[{'resolved' if is_over else row['level']} drift] {row['model_name']}: {row['feature']}"
    mail["From"], mail["To"] = settings.email_from, ", ".join(settings.recipients)
    mail["Date"] = formatdate(datetime.now(UTC).timestamp())
    mail["Message-ID"] = f"<{news_id(row)}@marketplace.local>"
    if is_over:
        mail["In-Reply-To"] = mail["References"] = f"<{row['alert_id']}@marketplace.local>"
    mail.set_content(f"{headline(row)}.\n\nWhat to do: {_action(row)}\n\n{page}\n")
    return mail


def _post(url: str, body: dict[str, Any], settings: AlertSettings, *, key: str, first_wait: float) -> None:
    for attempt in Retrying(
        stop=stop_after_attempt(_TRIES_AT_ONCE), wait=wait_exponential(multiplier=first_wait), retry=retry_if_exception(_may_pass)
    ):
        with attempt:
            timeout = settings.timeout.total_seconds()
            answer = httpx.post(url, json=body, headers={"Idempotency-Key": key}, timeout=timeout)
            answer.raise_for_status()


def _may_pass(error: BaseException) -> bool:
    """Whether trying again can help: not when the receiver says that the request itself is wrong."""
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code >= 500 or error.response.status_code in (408, 429)
    return isinstance(error, httpx.TransportError)


def _mail(mail: EmailMessage, settings: AlertSettings) -> None:
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=settings.timeout.total_seconds()) as server:
        if settings.smtp_starttls:
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(mail)
