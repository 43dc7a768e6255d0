"""`/v1/sign-in`, `/v1/refresh`, `/v1/sign-out`, `/v1/me`: the log-in, as tokens and as cookies at once."""

from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from marketplace.errors import AuthenticationError
from storefront_api.accounts import cookies, service
from storefront_api.accounts.schemas import Me, Refresh, SignIn, Tokens
from storefront_api.accounts.sign_in import sign_in as sign_in_visitor
from storefront_api.accounts.visitor import keep_session
from storefront_api.dependencies import AppSettings, AppSigner, Connection, CurrentUser, CurrentVisitor, Now, Tokeniser
from storefront_api.problems import problem_responses
from storefront_api.security import new_id

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.post("/sign-in", summary="Sign in", responses=problem_responses(401, 422, 429))
async def sign_in(
    request: Request,
    body: SignIn,
    connection: Connection,
    visitor: CurrentVisitor,
    tokens: Tokeniser,
    settings: AppSettings,
    signer: AppSigner,
    now: Now,
) -> Tokens:
    """Tokens for programs; the same log-in is set as cookies for a browser. A guest's cart becomes the customer's."""
    return await sign_in_visitor(
        request,
        connection,
        email=body.email,
        password=body.password.get_secret_value(),
        visitor=visitor,
        tokens=tokens,
        settings=settings,
        signer=signer,
        now=now,
    )


@router.post("/refresh", summary="Exchange a refresh token for a new pair", responses=problem_responses(401, 403, 422))
async def refresh(
    request: Request,
    connection: Connection,
    tokens: Tokeniser,
    settings: AppSettings,
    signer: AppSigner,
    now: Now,
    body: Annotated[Refresh | None, Body()] = None,
) -> Tokens:
    """The token is taken from the body or from the cookie. It works once: coming twice ends the whole sign-in."""
    given = body.refresh_token if body else None
    token = given or request.cookies.get(cookies.REFRESH_COOKIE)
    if not token:
        raise AuthenticationError("no refresh token came, neither in the body nor as a cookie")
    await cookies.check_csrf(request, signer)
    renewed = await tokens.rotate(connection, token, now=now)
    if given is None:
        cookies.sign_in_cookies(request, renewed, settings)
    return renewed


@router.post("/sign-out", summary="Sign out", status_code=204, responses=problem_responses(403))
async def sign_out(
    request: Request,
    connection: Connection,
    settings: AppSettings,
    signer: AppSigner,
    now: Now,
    body: Annotated[Refresh | None, Body()] = None,
) -> Response:
    """Every refresh token of this sign-in stops working; a browser forgets its cookies and starts a new session."""
    await cookies.check_csrf(request, signer)
    token = (body.refresh_token if body else None) or request.cookies.get(cookies.REFRESH_COOKIE)
    await service.sign_out(connection, token, now=now)
    cookies.sign_out_cookies(request, settings)
    keep_session(request, signer, settings, new_id("ses"))
    return Response(status_code=204)


@router.get("/me", summary="Who am I", responses=problem_responses(401))
async def me(user: CurrentUser) -> Me:
    """The signed-in person."""
    return user.me()
