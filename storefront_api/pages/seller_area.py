"""What the seller's pages share: whose shop, which days, the tabs, and links that keep both.

A new page takes `area: SellerContext`, renders a template that extends `seller/frame.html`, and enters its tab below.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Role
from storefront_api.pages.context import Page, PageContext
from storefront_api.seller_analytics import repository, service
from storefront_api.seller_analytics.periods import Compare, Period, period_of

_MOST_SELLERS = 100


@dataclass(frozen=True)
class Tab:
    """One page of the area; `has_period` where the chooser of days stands above it."""

    name: str
    title: str
    path: str
    has_period: bool = True


TABS = (
    Tab("overview", "Overview", "/seller"),
    Tab("products", "Products", "/seller/products"),
    Tab("customers", "Customers", "/seller/customers"),
    Tab("money", "Money", "/seller/money"),
    Tab("forecast", "Forecast", "/seller/forecast", has_period=False),
    Tab("performance", "Service", "/seller/performance", has_period=False),
    Tab("reviews", "Reviews", "/seller/reviews", has_period=False),
    Tab("peers", "Beside others", "/seller/peers", has_period=False),
    Tab("listings", "Listings", "/seller/listings", has_period=False),
)


@dataclass(frozen=True)
class SellerArea:
    """A request for one of the seller's pages; `period` is None until the pipeline has computed figures."""

    page: Page
    seller: DictRow
    period: Period | None
    sellers: list[DictRow]
    chosen_days: int | None

    @property
    def whose(self) -> dict[str, str]:
        """The parameter that keeps an administrator at the shop that was chosen."""
        return {"seller_id": self.seller["seller_id"]} if self.sellers else {}

    @property
    def said(self) -> dict[str, str]:
        """Shop and days as parameters of an address."""
        if self.period is None:
            return self.whose
        days = self.period.days
        said = self.whose | {"from": str(days.first), "to": str(days.last)}
        return said | ({"compare": self.period.compare} if self.period.compare != "previous" else {})

    def at(self, path: str, **more: Any) -> str:
        """The address of another page of this shop on the same days."""
        return _address(path, self.said | more)

    def days_at(self, path: str, days: int) -> str:
        """The address of a page on the last days with figures."""
        compare = {"compare": self.period.compare} if self.period and self.period.compare != "previous" else {}
        return _address(path, self.whose | {"days": days} | compare)

    @property
    def computed(self) -> Period:
        """The days, where there is nothing to show without figures.

        Raises:
            NotFoundError: the pipeline has not computed any yet.
        """
        if self.period is None:
            raise NotFoundError("your figures have not been computed yet; come back after the next run of the pipeline")
        return self.period

    def not_computed(self, tab: str) -> HTMLResponse:
        """What a page says before the pipeline has computed figures."""
        return self.render("seller/not_computed.html", tab)

    def render(self, template: str, tab: str, status_code: int = 200, /, **values: Any) -> HTMLResponse:
        """The page within the frame of the area; `tab` is the name of the one that is open."""
        chosen = next(one for one in TABS if one.name == tab)
        frame = {"section": "seller", "area": self, "period": self.period, "tabs": TABS, "tab": chosen}
        return self.page.render(template, status_code, **(frame | values))


async def seller_area(
    page: PageContext,
    days: Annotated[int | None, Query(ge=1, le=365)] = None,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    compare: Compare = "previous",
    seller_id: Annotated[str | None, Query(max_length=64)] = None,
    shop: Annotated[str, Query(max_length=100)] = "",
) -> SellerArea:
    """The viewer's own shop and the days in the address; an administrator chooses whose, by name or from a list.

    Raises:
        NotFoundError: the account has no shop, or asked for another's.
        InvalidInputError: the days are no period.
    """
    user = page.need(Role.SELLER, Role.ADMIN)
    sellers = await _choice(page, shop.strip()) if user.role is Role.ADMIN else []
    chosen = seller_id or (sellers[0]["seller_id"] if sellers else user.seller_id)
    if chosen is None:
        raise NotFoundError("this account has no shop")
    seller = await service.seller_of(page.connection, chosen, user=user)
    if sellers and seller["seller_id"] not in {one["seller_id"] for one in sellers}:
        sellers = [seller, *sellers]
    period = await period_of(page.connection, seller, first=_day(first), last=_day(last), day_count=days, compare=compare)
    is_latest = period is not None and period.days.last == period.known.last
    return SellerArea(page, seller, period, sellers, period.days.count if period is not None and is_latest else None)


SellerContext = Annotated[SellerArea, Depends(seller_area, scope="function")]


async def _choice(page: Page, words: str) -> list[DictRow]:
    """The shops that an administrator may choose from: those of this name, otherwise those that sold most lately."""
    named = await repository.sellers_named(page.connection, words, limit=_MOST_SELLERS) if words else []
    return named or await repository.sellers_lately(page.connection, limit=_MOST_SELLERS)


async def shop_of(page: Page, asked: str | None) -> str:
    """Whose a form is: the sender's own shop, or the one that an administrator's form names.

    Raises:
        NotFoundError: the account has no shop, or the form names another's.
    """
    user = page.need(Role.SELLER, Role.ADMIN)
    seller_id = asked or user.seller_id
    if seller_id is None:
        raise NotFoundError("this account has no shop")
    service.check_owner(user, seller_id)
    return seller_id


def _address(path: str, said: dict[str, Any]) -> str:
    return f"{path}?{urlencode(said)}" if said else path


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
