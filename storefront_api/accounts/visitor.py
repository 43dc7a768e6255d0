"""The browser behind a request: its device and its running session, by first-party cookies and no fingerprint."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.settings import Settings
from storefront_api.accounts import repository
from storefront_api.middleware import set_cookie
from storefront_api.security import Signer, new_id, new_token

DEVICE_COOKIE = "cy_device"
SESSION_COOKIE = "cy_session"
PERSONALISATION_COOKIE = "cy_personalisation"
_OFF = "off"
_A_YEAR = 365 * 24 * 3600
_FAMILIES = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
_SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iOS", "iPad": "iOS", "Mac OS": "macOS", "Linux": "Linux"}


@dataclass(frozen=True)
class Visitor:
    """Device and session of one request; nothing is stored until `remember` is called.

    Attributes:
        wants_personalisation: what this browser was told while nobody was signed in; a customer's own choice stands with them.
    """

    session_id: str
    device_id: str
    family: str | None
    operating_system: str | None
    address: str | None
    wants_personalisation: bool = True

    async def remember(self, connection: AsyncConnection[DictRow], *, customer_id: str | None, now: datetime) -> dict[str, Any]:
        """Store the device and the session; gives `country_code`, `latitude` and `longitude` of the address.

        They are None where no known network holds the address, which is neutral.
        """
        await repository.save_device(
            connection,
            {"device_id": self.device_id, "family": self.family, "operating_system": self.operating_system, "now": now},
        )
        known = await repository.network_of(connection, self.address) if self.address else None
        place: dict[str, Any] = known or {"country_code": None, "latitude": None, "longitude": None}
        session = {"session_id": self.session_id, "customer_id": customer_id, "device_id": self.device_id, "now": now}
        await repository.save_session(connection, place | session | {"ip_address": self.address})
        return place


def read_visitor(request: Request, signer: Signer, settings: Settings) -> Visitor:
    """The visitor by their cookies; a new browser gets new ones, and a session goes on while it is not idle too long."""
    is_secure = settings.profile != "local"
    device = signer.unsign("device", request.cookies.get(DEVICE_COOKIE))
    if device is None:
        device = new_token()
        set_cookie(request, DEVICE_COOKIE, signer.sign("device", device), max_age=_A_YEAR, is_secure=is_secure)
    session_id = signer.unsign("session", request.cookies.get(SESSION_COOKIE)) or new_id("ses")
    keep_session(request, signer, settings, session_id)

    agent = request.headers.get("user-agent", "")
    family = next((name for name in _FAMILIES if name in agent), None)
    system = request.headers.get("sec-ch-ua-platform", "").strip('"') or next(
        (system for word, system in _SYSTEMS.items() if word in agent), None
    )
    system = system if system and re.fullmatch(r"[\w .]{1,30}", system) else None
    return Visitor(
        session_id=session_id,
        device_id=f"dev_{signer.keyed_hash('device_id', '|'.join((device, family or '', system or '')))}",
        family=family,
        operating_system=system,
        address=_valid_address(request.state.client_address),
        wants_personalisation=request.cookies.get(PERSONALISATION_COOKIE) != _OFF,
    )


def keep_personalisation(request: Request, settings: Settings, *, is_wanted: bool) -> None:
    """Let the browser remember whether its guest wants shelves of their own; wanting them is how it begins."""
    value, age = ("", 0) if is_wanted else (_OFF, _A_YEAR)
    set_cookie(request, PERSONALISATION_COOKIE, value, max_age=age, is_secure=settings.profile != "local")


def keep_session(request: Request, signer: Signer, settings: Settings, session_id: str) -> None:
    """Let the browser carry this session on."""
    age = int(settings.storefront.session_idle.total_seconds())
    is_secure = settings.profile != "local"
    set_cookie(request, SESSION_COOKIE, signer.sign("session", session_id), max_age=age, is_secure=is_secure)


def _valid_address(address: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address(address or ""))
    except ValueError:
        return None
