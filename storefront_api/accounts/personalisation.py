"""Whether shelves may follow what somebody did: a customer's choice stands with their account, a guest's in their browser."""

from fastapi import Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.settings import Settings
from storefront_api.accounts import repository
from storefront_api.accounts.service import User
from storefront_api.accounts.visitor import keep_personalisation


async def choose(
    request: Request, connection: AsyncConnection[DictRow], user: User | None, settings: Settings, *, is_wanted: bool
) -> None:
    """Remember the choice, from the next request on."""
    if user is None:
        keep_personalisation(request, settings, is_wanted=is_wanted)
    else:
        await repository.set_personalisation(connection, user.user_id, is_wanted=is_wanted)
