"""What routes ask for: a transaction, the time, who asks, from which browser, and the model services."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import AuthenticationError, PermissionDeniedError
from marketplace.settings import Settings
from marketplace.top_lists import TopLists
from marketplace.vocabulary import Role
from storefront_api.accounts import cookies, service
from storefront_api.accounts.service import TokenMaker, User
from storefront_api.accounts.visitor import Visitor, read_visitor
from storefront_api.clients import Clients
from storefront_api.database import Database
from storefront_api.problems import wants_page
from storefront_api.security import Signer
from storefront_api.telemetry import Metrics


async def connection(request: Request) -> AsyncIterator[AsyncConnection[DictRow]]:
    """A connection in the request's one transaction, committed before the answer leaves."""
    database: Database = request.app.state.database
    async with database.transaction() as connection:
        yield connection


# Scope "function": the commit happens before the response is sent, so an acknowledged change is a durable one.
Connection = Annotated[AsyncConnection[DictRow], Depends(connection, scope="function")]


async def get_settings(request: Request) -> Settings:
    return request.app.state.settings  # type: ignore[no-any-return]


async def get_signer(request: Request) -> Signer:
    return request.app.state.signer  # type: ignore[no-any-return]


async def get_metrics(request: Request) -> Metrics:
    return request.app.state.metrics  # type: ignore[no-any-return]


async def get_clients(request: Request) -> Clients:
    return request.app.state.clients  # type: ignore[no-any-return]


async def get_top_lists(request: Request) -> TopLists:
    return request.app.state.top_lists  # type: ignore[no-any-return]


async def clock(request: Request) -> datetime:
    """The instant of the request in UTC."""
    return datetime.now(UTC)


AppSettings = Annotated[Settings, Depends(get_settings)]
AppSigner = Annotated[Signer, Depends(get_signer)]
AppMetrics = Annotated[Metrics, Depends(get_metrics)]
PublishedLists = Annotated[TopLists, Depends(get_top_lists)]
ModelClients = Annotated[Clients, Depends(get_clients)]
Now = Annotated[datetime, Depends(clock)]


async def token_maker(settings: AppSettings, signer: AppSigner) -> TokenMaker:
    return TokenMaker(signer=signer, settings=settings.storefront)


Tokeniser = Annotated[TokenMaker, Depends(token_maker)]


async def optional_user(
    request: Request, connection: Connection, settings: AppSettings, signer: AppSigner, tokens: Tokeniser, now: Now
) -> User | None:
    """The signed-in person, None for a guest.

    A browser that opens a page after its access token ran out gets a new one by its refresh cookie. Only whole pages do
    this: fragments and scripts of one page run side by side and would use the same refresh token twice.

    Raises:
        AuthenticationError: a bearer token came and is not valid.
        PermissionDeniedError: a change signed by a cookie came without the CSRF token.
    """
    if request.state.token_error is not None:
        raise request.state.token_error
    claims = request.state.claims
    if claims is not None:
        await cookies.check_csrf(request, signer)
        return await service.load_user(connection, claims["sub"])
    refresh_token = request.cookies.get(cookies.REFRESH_COOKIE)
    if refresh_token and request.method == "GET" and wants_page(request) and "hx-request" not in request.headers:
        if user := await service.user_of_another_tab(connection, refresh_token, now=now):
            return user
        try:
            renewed = await tokens.rotate(connection, refresh_token, now=now)
        except AuthenticationError:
            cookies.sign_out_cookies(request, settings)
            return None
        cookies.sign_in_cookies(request, renewed, settings)
        return await service.load_user(connection, renewed.user.user_id)
    return None


OptionalUser = Annotated[User | None, Depends(optional_user)]


async def current_user(user: OptionalUser) -> User:
    """The signed-in person.

    Raises:
        AuthenticationError: nobody is signed in.
    """
    if user is None:
        raise AuthenticationError("sign in first")
    return user


CurrentUser = Annotated[User, Depends(current_user)]


def require_role(*roles: Role) -> Callable[[User], Awaitable[User]]:
    """A dependency that gives the signed-in person if they have one of the roles, and raises otherwise."""

    async def user_with_role(user: CurrentUser) -> User:
        if user.role not in roles:
            raise PermissionDeniedError(f"this is for the role {' or '.join(roles)}; you are {user.role}")
        return user

    return user_with_role


async def visitor(request: Request, settings: AppSettings, signer: AppSigner) -> Visitor:
    """The browser behind the request; gives it its cookies."""
    return read_visitor(request, signer, settings)


CurrentVisitor = Annotated[Visitor, Depends(visitor)]


async def csrf_token(request: Request, settings: AppSettings, signer: AppSigner) -> str:
    """The token that a page puts into its forms."""
    return cookies.csrf_token(request, signer, settings)


CsrfToken = Annotated[str, Depends(csrf_token)]
