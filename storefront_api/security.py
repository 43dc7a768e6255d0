"""Keyed hashes, signed values and tokens; everything here is derived from the one secret of the storefront."""

import hashlib
import hmac
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

import jwt

from marketplace.errors import AuthenticationError
from marketplace.vocabulary import Role

_ALGORITHM = "HS256"
_ISSUER = "customiseyou"
# A few hundred bytes each; they are forgotten together, which costs each of them one more check.
_MOST_READ = 20_000


class Signer:
    """Hashes and signatures under one secret; `purpose` keeps a value made for one use from fitting another."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._read: dict[str, dict[str, Any]] = {}

    def keyed_hash(self, purpose: str, value: str) -> str:
        """A hash of `value` that nobody without the secret can recompute, 40 hexadecimal digits."""
        return hmac.new(self._secret, f"{purpose}\0{value}".encode(), hashlib.sha256).hexdigest()[:40]

    def sign(self, purpose: str, value: str) -> str:
        """`value` with its signature behind a dot, for a cookie."""
        return f"{value}.{self.keyed_hash(purpose, value)}"

    def unsign(self, purpose: str, signed: str | None) -> str | None:
        """The value that `sign` was given, or None if the signature is not ours."""
        value, _, signature = (signed or "").rpartition(".")
        if value and hmac.compare_digest(signature.encode(), self.keyed_hash(purpose, value).encode()):
            return value
        return None

    def access_token(self, user_id: str, role: Role, *, now: datetime, lifetime: timedelta) -> str:
        """A JWT that says who asks until `now + lifetime`."""
        claims = {"iss": _ISSUER, "sub": user_id, "role": role, "iat": now, "exp": now + lifetime, "use": "access"}
        return jwt.encode(claims, self._secret, algorithm=_ALGORITHM)

    def read_access_token(self, token: str) -> dict[str, Any]:
        """The claims of a valid access token.

        A signature that was found good stays good: it is checked once, the time at every reading.

        Raises:
            AuthenticationError: forged, expired, unsigned or made for another use.
        """
        known = self._read.get(token)
        if known is not None and known["exp"] > time.time():
            return known
        claims = self._decoded(token)
        if len(self._read) >= _MOST_READ:
            self._read.clear()
        self._read[token] = claims
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(
                token, self._secret, algorithms=[_ALGORITHM], issuer=_ISSUER, options={"require": ["exp", "sub", "role"]}
            )
        except jwt.ExpiredSignatureError as error:
            raise AuthenticationError("the access token has expired; refresh it or sign in again") from error
        except jwt.InvalidTokenError as error:
            raise AuthenticationError("the access token is not valid; sign in again") from error
        if claims.get("use") != "access":
            raise AuthenticationError("this token is not an access token")
        return dict(claims)


def new_token() -> str:
    """256 random bits for a refresh token or a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a random token: a leak of the table opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_id(prefix: str) -> str:
    """A fresh identifier of a row: prefix, underscore, 48 bits of milliseconds as in a UUID of version 7, 80 random bits.

    Rows made together lie together in every index of identifiers, where random ones would each touch a page of their own.
    """
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{secrets.token_hex(10)}"
