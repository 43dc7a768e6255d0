"""The rules of signing in: passwords, token rotation, and who somebody is."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pwdlib import PasswordHash

from marketplace.errors import AuthenticationError
from marketplace.settings import StorefrontSettings
from marketplace.vocabulary import Role
from storefront_api.accounts import repository
from storefront_api.accounts.schemas import Me, Tokens
from storefront_api.security import Signer, new_id, new_token, token_hash

_SAME_MOMENT = timedelta(seconds=10)
_WRONG = "the e-mail address or the password is wrong"


@dataclass(frozen=True)
class User:
    """The signed-in person, fresh from the database on every request."""

    user_id: str
    role: Role
    email: str
    full_name: str
    locale: str
    wants_personalisation: bool
    signed_up_at: datetime
    seller_id: str | None

    def me(self) -> Me:
        """What the person may see of themselves."""
        return Me(
            user_id=self.user_id,
            role=self.role,
            full_name=self.full_name,
            email=self.email,
            locale=self.locale,
            wants_personalisation=self.wants_personalisation,
            seller_id=self.seller_id,
        )


@dataclass(frozen=True)
class TokenMaker:
    """Signs and stores tokens with this storefront's secret and lifetimes."""

    signer: Signer
    settings: StorefrontSettings

    async def issue(
        self, connection: AsyncConnection[DictRow], user: User, *, now: datetime, family_id: str | None = None
    ) -> Tokens:
        """A new pair; without a family it starts one."""
        refresh_token = new_token()
        await repository.add_refresh_token(
            connection,
            {
                "token_hash": token_hash(refresh_token),
                "family_id": family_id or new_id("family"),
                "user_id": user.user_id,
                "expires_at": now + self.settings.refresh_token_lifetime,
                "now": now,
            },
        )
        lifetime: timedelta = self.settings.access_token_lifetime
        return Tokens(
            access_token=self.signer.access_token(user.user_id, user.role, now=now, lifetime=lifetime),
            expires_at=now + lifetime,
            refresh_token=refresh_token,
            user=user.me(),
        )

    async def rotate(self, connection: AsyncConnection[DictRow], refresh_token: str, *, now: datetime) -> Tokens:
        """A new pair for a refresh token, which is thereby used up.

        Raises:
            AuthenticationError: unknown, expired or used before. A token that comes twice was copied: then every token
                of that sign-in is revoked, the thief's and the owner's alike.
        """
        hashed = token_hash(refresh_token)
        row = await repository.use_refresh_token(connection, hashed, now=now)
        if row is None:
            if await repository.revoke_family(connection, hashed, now=now):
                await connection.commit()  # the error below rolls the request's transaction back; the revocation must stay
            raise AuthenticationError("the refresh token is not valid any more; sign in again")
        return await self.issue(connection, await load_user(connection, row["user_id"]), now=now, family_id=row["family_id"])


async def user_of_another_tab(connection: AsyncConnection[DictRow], refresh_token: str, *, now: datetime) -> User | None:
    """The user whose token another tab of the same browser exchanged a moment ago; that tab gets the new one.

    A browser that opens several pages at once sends the same token with each. Such a page is shown and nothing issued, so
    whoever copied a token gains a look in these seconds but no token; exchanging it a second time ends the sign-in.
    """
    user_id = await repository.user_of_token_used_since(connection, token_hash(refresh_token), since=now - _SAME_MOMENT)
    return await load_user(connection, user_id) if user_id else None


async def load_user(connection: AsyncConnection[DictRow], user_id: str) -> User:
    """The active user.

    Raises:
        AuthenticationError: the account is gone or closed.
    """
    row = await repository.user_by_id(connection, user_id)
    if row is None:
        raise AuthenticationError("this account is closed")
    return _user(row)


async def sign_out(connection: AsyncConnection[DictRow], refresh_token: str | None, *, now: datetime) -> None:
    """End the sign-in that this token descends from; an unknown token ends nothing."""
    if refresh_token:
        await repository.revoke_family(connection, token_hash(refresh_token), now=now)


async def check_password(connection: AsyncConnection[DictRow], email: str, password: str) -> User:
    """The user whose password this is.

    Raises:
        AuthenticationError: in the same words and after the same work whether the address or the password is wrong.
    """
    row = await repository.user_by_email(connection, email)
    stored = row["password_hash"] if row is not None and row["password_hash"] else _nobodys_hash()
    is_right = await asyncio.to_thread(_verify, password, stored)
    if row is None or not is_right:
        raise AuthenticationError(_WRONG)
    return _user(row)


def _verify(password: str, stored: str) -> bool:
    return _hasher().verify(password, stored)


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash(new_token())


def _user(row: DictRow) -> User:
    return User(
        user_id=row["user_id"],
        role=Role(row["role"]),
        email=row["email"],
        full_name=row["full_name"],
        locale=row["locale"],
        wants_personalisation=row["wants_personalisation"],
        signed_up_at=row["signed_up_at"],
        seller_id=row["seller_id"],
    )
