"""What every page needs before its own content: who looks, the shop's frame, the cart's count, and a way to answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from marketplace.errors import AuthenticationError, PermissionDeniedError
from marketplace.settings import Settings
from marketplace.vocabulary import Role
from storefront_api.accounts.service import User
from storefront_api.accounts.visitor import Visitor
from storefront_api.clients import Clients
from storefront_api.dependencies import (
    AppSettings,
    Connection,
    CsrfToken,
    CurrentVisitor,
    ModelClients,
    Now,
    OptionalUser,
)
from storefront_api.pages import repository
from storefront_api.pages.templating import environment

_NO_SHOP: dict[str, Any] = {"source": "", "currency": "BDT", "time_zone": "Asia/Dhaka", "is_simulated": False, "data_until": None}

_WORKPLACES = (
    ({Role.SELLER}, {"name": "Your shop", "href": "/seller", "section": "seller"}),
    ({Role.ANALYST, Role.ADMIN}, {"name": "Fraud review", "href": "/fraud", "section": "fraud"}),
    ({Role.ANALYST, Role.ADMIN}, {"name": "Operations", "href": "/ops", "section": "ops"}),
    ({Role.ADMIN}, {"name": "Platform", "href": "/platform", "section": "platform"}),
    ({Role.ADMIN}, {"name": "Shops", "href": "/seller", "section": "seller"}),
)
# where signing in leads, for those who have more than one place to work
_FIRST_PLACE = {Role.SELLER: "/seller", Role.ANALYST: "/fraud", Role.ADMIN: "/ops"}


@dataclass(frozen=True)
class Page:
    """One request for a page: everything its route hands to services, and the renderer."""

    request: Request
    connection: AsyncConnection[DictRow]
    viewer: User | None
    visitor: Visitor
    settings: Settings
    clients: Clients
    csrf_token: str
    now: datetime
    shop: dict[str, Any]
    cart_count: int
    persona: dict[str, Any] | None

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of a page that is already there."""
        return "hx-request" in self.request.headers and "hx-boosted" not in self.request.headers

    @property
    def here(self) -> str:
        """Where a form of the frame leads back to: this page, or the shop where it was no page that one looks at."""
        url = self.request.url
        return (f"{url.path}?{url.query}" if url.query else url.path) if self.request.method == "GET" else "/"

    @property
    def is_demo(self) -> bool:
        """Whether this is a local demonstration, in which one may be several people."""
        return self.settings.profile == "local"

    @property
    def currency(self) -> str:
        """The shop's currency."""
        return str(self.shop["currency"])

    def need(self, *roles: Role) -> User:
        """The viewer, if signed in with one of the roles (any, when none is named).

        Raises:
            AuthenticationError: nobody is signed in; the browser is sent to the sign-in page.
            PermissionDeniedError: signed in with another role.
        """
        if self.viewer is None:
            raise AuthenticationError("sign in first")
        if roles and self.viewer.role not in roles:
            raise PermissionDeniedError(
                f"this page is for the role {' or '.join(roles)}; you are signed in as {self.viewer.role}"
            )
        return self.viewer

    def render(self, template: str, status_code: int = 200, /, **values: Any) -> HTMLResponse:
        """The page, never kept by shared caches: it says who looks."""
        frame = {
            "viewer": self.viewer,
            "shop": self.shop,
            "cart_count": self.cart_count,
            "csrf_token": self.csrf_token,
            "now": self.now,
            "workplaces": workplaces_of(self.viewer.role if self.viewer else None),
            "section": None,
            "is_demo": self.is_demo,
            "persona": self.persona,
            "here": self.here,
            "query": None,
        }
        body = environment().get_template(template).render(frame | values)
        return HTMLResponse(body, status_code=status_code, headers={"Cache-Control": "no-store", "Vary": "HX-Request"})


def workplaces_of(role: Role | None) -> list[dict[str, str]]:
    """The working pages that a role opens."""
    return [place for roles, place in _WORKPLACES if role in roles]


def first_place_of(viewer: User) -> str:
    """Where this person's work begins; for a customer that is the shop."""
    return _FIRST_PLACE.get(viewer.role, "/")


def go_to(path: str, **parameters: Any) -> RedirectResponse:
    """Send the browser on after a form: it loads the next page with GET, so reloading sends nothing twice."""
    said = {name: value for name, value in parameters.items() if value is not None}
    return RedirectResponse(f"{path}?{urlencode(said)}" if said else path, status_code=303)


async def page(
    request: Request,
    connection: Connection,
    viewer: OptionalUser,
    visitor: CurrentVisitor,
    settings: AppSettings,
    clients: ModelClients,
    csrf_token: CsrfToken,
    now: Now,
) -> Page:
    """The page context of a request."""
    shop = await repository.shop(connection) or _NO_SHOP
    count = await repository.cart_count(connection, customer_id=viewer.user_id if viewer else None, session_id=visitor.session_id)
    persona = None
    if settings.profile == "local" and viewer is not None:
        persona = await repository.demo_account(connection, viewer.user_id)
    return Page(
        request=request,
        connection=connection,
        viewer=viewer,
        visitor=visitor,
        settings=settings,
        clients=clients,
        csrf_token=csrf_token,
        now=now,
        shop=shop,
        cart_count=count,
        persona=persona,
    )


PageContext = Annotated[Page, Depends(page, scope="function")]
