"""The log-in of pages: access and refresh token as cookies that scripts cannot read, and the CSRF token that they must."""

import hmac
import secrets

from fastapi import Request

from marketplace.errors import PermissionDeniedError
from marketplace.settings import Settings
from storefront_api.accounts.schemas import Tokens
from storefront_api.middleware import ACCESS_COOKIE, set_cookie
from storefront_api.security import Signer

REFRESH_COOKIE = "cy_refresh"
CSRF_COOKIE = "cy_csrf"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"


def sign_in_cookies(request: Request, tokens: Tokens, settings: Settings) -> None:
    """Let the browser carry the log-in."""
    is_secure = settings.profile != "local"
    ages = {
        ACCESS_COOKIE: (tokens.access_token, settings.storefront.access_token_lifetime),
        REFRESH_COOKIE: (tokens.refresh_token, settings.storefront.refresh_token_lifetime),
    }
    for name, (value, age) in ages.items():
        set_cookie(request, name, value, max_age=int(age.total_seconds()), is_secure=is_secure)


def sign_out_cookies(request: Request, settings: Settings) -> None:
    """Make the browser forget the log-in."""
    for name in (ACCESS_COOKIE, REFRESH_COOKIE):
        set_cookie(request, name, "", max_age=0, is_secure=settings.profile != "local")


def csrf_token(request: Request, signer: Signer, settings: Settings) -> str:
    """The token that a page puts into its forms (`csrf_token`) and scripts into the header `X-CSRF-Token`."""
    token = request.cookies.get(CSRF_COOKIE)
    if signer.unsign("csrf", token) is None:
        token = signer.sign("csrf", secrets.token_urlsafe(18))
        request.cookies[CSRF_COOKIE] = token  # so that a second call for the same page gives the same token
    assert token is not None
    set_cookie(request, CSRF_COOKIE, token, max_age=None, is_secure=settings.profile != "local", http_only=False)
    return token


async def check_csrf(request: Request, signer: Signer) -> None:
    """Raise `PermissionDeniedError` where a cookie signs a change that our own page did not send.

    A bearer token is not sent by browsers on their own, so only log-ins by cookie are asked for the token.
    """
    if request.method in ("GET", "HEAD", "OPTIONS") or request.state.claims_from != "cookie":
        return
    cookie = request.cookies.get(CSRF_COOKIE, "")
    sent = request.headers.get(CSRF_HEADER) or await _form_token(request)
    if signer.unsign("csrf", cookie) is None or not hmac.compare_digest(cookie.encode(), sent.encode()):
        raise PermissionDeniedError("the CSRF token is missing or old; load the page again")


async def _form_token(request: Request) -> str:
    kind = request.headers.get("content-type", "")
    if not kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return ""
    value = (await request.form()).get(CSRF_FIELD, "")
    return value if isinstance(value, str) else ""
