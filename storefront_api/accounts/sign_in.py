"""One sign-in from password to cookies, shared by the API and the page."""

from dataclasses import replace
from datetime import datetime

from fastapi import Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import AuthenticationError
from marketplace.settings import Settings
from storefront_api.accounts import cookies, repository, service
from storefront_api.accounts.schemas import Tokens
from storefront_api.accounts.service import TokenMaker, User
from storefront_api.accounts.throttle import SignInThrottle
from storefront_api.accounts.visitor import Visitor, keep_session
from storefront_api.cart import service as cart
from storefront_api.recommendations import dismissals
from storefront_api.security import Signer, new_id


async def sign_in(
    request: Request,
    connection: AsyncConnection[DictRow],
    *,
    email: str,
    password: str,
    visitor: Visitor,
    tokens: TokenMaker,
    settings: Settings,
    signer: Signer,
    now: datetime,
) -> Tokens:
    """Tokens for the person whose password this is; the browser gets them as cookies, the session gets its owner.

    Raises:
        AuthenticationError: wrong address or password.
        TooManyRequestsError: after failures, until the wait is over.
    """
    throttle: SignInThrottle = request.app.state.throttle
    keys = (f"account:{email.strip().lower()}", f"address:{request.state.client_address}")
    throttle.check(*keys, now=now)
    try:
        user = await service.check_password(connection, email.strip(), password)
    except AuthenticationError:
        throttle.failed(*keys, now=now)
        raise
    throttle.succeeded(*keys)
    return await let_in(request, connection, user, visitor=visitor, tokens=tokens, settings=settings, signer=signer, now=now)


async def let_in(
    request: Request,
    connection: AsyncConnection[DictRow],
    user: User,
    *,
    visitor: Visitor,
    tokens: TokenMaker,
    settings: Settings,
    signer: Signer,
    now: datetime,
) -> Tokens:
    """Tokens for somebody who has proved who they are: the session gets its owner, the guest's cart and dismissals theirs."""
    known = await repository.session(connection, visitor.session_id)
    if known is not None and known["customer_id"] not in (None, user.user_id):
        # A session belongs to one person: whoever signs in next in the same browser starts another.
        visitor = replace(visitor, session_id=new_id("ses"))
        keep_session(request, signer, settings, visitor.session_id)
    await visitor.remember(connection, customer_id=user.user_id, now=now)
    await cart.merge(connection, session_id=visitor.session_id, customer_id=user.user_id)
    await dismissals.adopt(connection, session_id=visitor.session_id, customer_id=user.user_id)
    issued = await tokens.issue(connection, user, now=now)
    cookies.sign_in_cookies(request, issued, settings)
    cookies.csrf_token(request, signer, settings)
    return issued
