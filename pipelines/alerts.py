"""Alerts to the log, a webhook and e-mail: each once per sink, tried again until it went through, never in anybody's way.

`monitoring.deliveries` remembers what became of each. A row is locked while it is sent, so two deliverers do not send the
same alert; only a crash between sending and committing sends again, and receivers can tell by the `Idempotency-Key`.
"""

import hashlib
import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate
from typing import Any, cast

import httpx
import psycopg
import structlog
from psycopg.rows import dict_row
from tenacity import RetryError, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from marketplace.settings import AlertSettings, Settings

log = structlog.get_logger(__name__)

_KEY = ("model_name", "feature", "window_start")
_TRIES_AT_ONCE = 3
# After this many turns a sink is given up on for an alert; the log and the page still have it.
_MOST_ATTEMPTS = 50
_LONGEST_ERROR = 300

Row = Mapping[str, Any]
Sink = Callable[[Row], None]


@dataclass(frozen=True)
class Delivered:
    """What one turn did: alerts sent, and sinks that failed with their last error."""

    sent: int
    failed: Mapping[str, str]


def deliver_alerts(settings: Settings, *, first_wait: float = 0.5) -> Delivered:
    """Send every open alert that a sink has not had yet. Failures are recorded and counted, never raised.

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


def has_pending(connection: psycopg.Connection[Any]) -> bool:
    """Whether a delivery failed and waits for its next turn."""
    query = (
        "select from monitoring.deliveries join monitoring.alerts using (model_name, feature, window_start)"
        " where delivered_at is null and resolved_at is null and attempt_count < %s limit 1"
    )
    return connection.execute(query, [_MOST_ATTEMPTS]).fetchone() is not None


_DUE = """
select deliveries.sink, alerts.* from monitoring.deliveries join monitoring.alerts using (model_name, feature, window_start)
where deliveries.delivered_at is null and deliveries.sink = any(%(sinks)s) and deliveries.attempt_count < %(most)s
    and alerts.resolved_at is null
order by alerts.raised_at, alerts.model_name, deliveries.sink
"""


def _note_due(connection: psycopg.Connection[Any], settings: AlertSettings, sinks: list[str]) -> None:
    """A row for each open alert and each sink that is to have it; moderate ones only where they are asked for."""
    query = (
        "insert into monitoring.deliveries (model_name, feature, window_start, sink)"
        " select model_name, feature, window_start, sink from monitoring.alerts, unnest(%s::text[]) as sink"
        " where resolved_at is null and (sink = 'log' or level = 'strong' or %s) on conflict do nothing"
    )
    connection.execute(query, (sinks, settings.page_from == "moderate"))


def _deliver(connection: psycopg.Connection[Any], row: Row, send: Sink) -> str | None:
    """Send one alert to one sink and note what became of it; the error in words, None when it went through."""
    key = {name: row[name] for name in (*_KEY, "sink")}
    where = " where model_name = %(model_name)s and feature = %(feature)s and window_start = %(window_start)s and sink = %(sink)s"
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


def _sinks(settings: AlertSettings, host: str, port: int, *, first_wait: float) -> dict[str, Sink]:
    """The sinks that are set up, by name."""
    page = f"http://{host}:{port}/ops#alerts"
    sinks: dict[str, Sink] = {"log": lambda row: log.warning("drift_alert", **payload(row, page))}
    if settings.webhook_url is not None:
        url = settings.webhook_url.get_secret_value()
        sinks["webhook"] = lambda row: _post(url, payload(row, page), settings, first_wait=first_wait)
    if settings.recipients:
        sinks["email"] = lambda row: _mail(message(row, page, settings), settings)
    return sinks


def payload(row: Row, page: str) -> dict[str, Any]:
    """An alert as a receiver gets it: plain JSON, and `text` for chat programs that show just that."""
    return {
        "id": alert_id(row),
        "text": headline(row),
        "level": row["level"],
        "model": row["model_name"],
        "version": row["model_version"],
        "feature": row["feature"],
        "also": list(row["also"]),
        "window_start": row["window_start"].astimezone(UTC).isoformat(),
        "window_end": row["window_end"].astimezone(UTC).isoformat(),
        "measure": row["measure"],
        "effect": round(row["effect"], 4),
        "threshold": round(row["threshold"], 4),
        "action": row["action"],
        "page": page,
    }


def headline(row: Row) -> str:
    """One line for a subject or a chat."""
    also = f" (and {', '.join(row['also'])})" if row["also"] else ""
    first, last = row["window_start"].astimezone(UTC), row["window_end"].astimezone(UTC)
    return (
        f"{row['model_name']} version {row['model_version']}: {row['feature']}{also} drifted, {row['measure'].replace('_', ' ')}"
        f" {row['effect']:.2f} where {row['threshold']:.2f} is strong, {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    )


def alert_id(row: Row) -> str:
    """The same for the same alert, however often it is sent."""
    text = f"{row['model_name']} {row['feature']} {row['window_start'].astimezone(UTC).isoformat()}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def message(row: Row, page: str, settings: AlertSettings) -> EmailMessage:
    """The e-mail about an alert."""
    mail = EmailMessage()
    mail["Subject"] = f"[{row['level']} drift] {row['model_name']}: {row['feature']}"
    mail["From"], mail["To"] = settings.email_from, ", ".join(settings.recipients)
    mail["Date"] = formatdate(datetime.now(UTC).timestamp())
    mail["Message-ID"] = f"<{alert_id(row)}@marketplace.local>"
    mail.set_content(f"{headline(row)}.\n\nWhat to do: {row['action']}\n\n{page}\n")
    return mail


def _post(url: str, body: dict[str, Any], settings: AlertSettings, *, first_wait: float) -> None:
    for attempt in Retrying(
        stop=stop_after_attempt(_TRIES_AT_ONCE), wait=wait_exponential(multiplier=first_wait), retry=retry_if_exception(_may_pass)
    ):
        with attempt:
            timeout = settings.timeout.total_seconds()
            answer = httpx.post(url, json=body, headers={"Idempotency-Key": body["id"]}, timeout=timeout)
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
