"""Signing in and out by forms, and the persona switch of a local demonstration."""

from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import Response

from marketplace.errors import AuthenticationError, NotFoundError
from storefront_api.accounts import cookies, service
from storefront_api.accounts import repository as accounts
from storefront_api.accounts.sign_in import let_in, sign_in
from storefront_api.accounts.visitor import keep_session
from storefront_api.dependencies import AppSigner, Tokeniser
from storefront_api.pages import repository
from storefront_api.pages.context import Page, PageContext, first_place_of, go_to
from storefront_api.problems import TooManyRequestsError
from storefront_api.security import new_id, token_hash

router = APIRouter(include_in_schema=False)

NextPath = Annotated[str, Form(alias="next", max_length=500)]


@router.get("/sign-in")
async def sign_in_page(page: PageContext, next: str = "/") -> Response:
    """The form; in a local demonstration with every demo log-in beside it."""
    return await _form(page, next_path=next)


@router.post("/sign-in")
async def sign_in_by_form(
    page: PageContext,
    tokens: Tokeniser,
    signer: AppSigner,
    email: Annotated[str, Form(max_length=320)],
    password: Annotated[str, Form(max_length=1024)],
    next_path: NextPath = "/",
) -> Response:
    """Check the password and go where the person wanted to go."""
    try:
        issued = await sign_in(
            page.request,
            page.connection,
            email=email,
            password=password,
            visitor=page.visitor,
            tokens=tokens,
            settings=page.settings,
            signer=signer,
            now=page.now,
        )
    except AuthenticationError as error:
        return await _form(page, next_path=next_path, email=email, problem=str(error), status=401)
    except TooManyRequestsError as error:
        return await _form(page, next_path=next_path, email=email, problem=str(error), status=429)
    return _welcome(await service.load_user(page.connection, issued.user.user_id), next_path)


@router.get("/personas")
async def personas(page: PageContext, next_path: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
    """The people of a local demonstration, for the switch in its bar."""
    known = await repository.demo_accounts(page.connection) if page.is_demo else []
    return page.render("personas.html", personas=known, next_path=own_path(next_path))


@router.post("/personas")
async def switch_persona(
    page: PageContext,
    tokens: Tokeniser,
    signer: AppSigner,
    user_id: Annotated[str, Form(max_length=64)],
    next_path: NextPath = "/",
) -> Response:
    """Sign in as one of the demo accounts by a click; only a local demonstration has this door."""
    known = await repository.demo_accounts(page.connection) if page.is_demo else []
    if user_id not in {account["user_id"] for account in known}:
        raise NotFoundError("no such demo account")
    user = await service.load_user(page.connection, user_id)
    await let_in(
        page.request,
        page.connection,
        user=user,
        visitor=page.visitor,
        tokens=tokens,
        settings=page.settings,
        signer=signer,
        now=page.now,
    )
    return _welcome(user, next_path)


@router.post("/sign-out")
async def sign_out(page: PageContext, signer: AppSigner) -> Response:
    """Forget the log-in, here and on the server, and start a new session."""
    token = page.request.cookies.get(cookies.REFRESH_COOKIE)
    if token:
        await accounts.revoke_family(page.connection, token_hash(token), now=page.now)
    cookies.sign_out_cookies(page.request, page.settings)
    keep_session(page.request, signer, page.settings, new_id("ses"))
    return go_to("/")


def _welcome(user: service.User, next_path: str) -> Response:
    return go_to(first_place_of(user) if next_path == "/" else own_path(next_path))


def own_path(path: str) -> str:
    """The path if it lies in this shop: a link that signs in must not lead to another site."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"


async def _form(page: Page, *, next_path: str, email: str = "", problem: str | None = None, status: int = 200) -> Response:
    return page.render(
        "account/sign_in.html",
        status,
        section="sign-in",
        next_path=own_path(next_path),
        email=email,
        problem=problem,
        accounts=await repository.demo_accounts(page.connection) if page.is_demo else [],
        demo_password=page.settings.demo_password.get_secret_value() if page.is_demo else "",
    )
