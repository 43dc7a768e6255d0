"""What the seller's pages share: whose shop, which days, the tabs, and links that keep both.

A new page takes `area: SellerContext`, renders a template that extends `seller/frame.html`, and enters its tab below.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse
from psycopg.rows import DictRow

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Role
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.dated_area import DatedArea, DaysInAddress, Tab
from storefront_api.seller_analytics import repository, service
from storefront_api.seller_analytics.periods import Period, period_of

_MOST_SELLERS = 100


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
class SellerArea(DatedArea[Period]):
    """A request for one of the seller's pages; `sellers` are those that an administrator may choose from.

    Attributes:
        not_found: what an administrator searched for where no shop's name holds it.
        is_computed: whether the pipeline has run; a shop without a visit or a sale has no period even then.
    """

    page: Page
    seller: DictRow
    sellers: list[DictRow]
    not_found: str
    is_computed: bool

    @property
    def whose(self) -> dict[str, str]:
        """The parameter that keeps an administrator at the shop that was chosen."""
        return {"seller_id": self.seller["seller_id"]} if self.sellers else {}

    def not_computed(self, tab: str) -> HTMLResponse:
        """What a page says before the pipeline has computed figures."""
        return self.render("seller/not_computed.html", tab)

    def render(self, template: str, tab: str, status_code: int = 200, /, **values: Any) -> HTMLResponse:
        """The page within the frame of the area, its times on the seller's clock; `tab` is the name of the one that is open."""
        chosen = next(one for one in TABS if one.name == tab)
        shop = self.page.shop | {"time_zone": self.seller["time_zone"]}
        frame = {"section": "seller", "shop": shop, "area": self, "period": self.period, "tabs": TABS, "tab": chosen}
        return self.page.render(template, status_code, **(frame | values))


async def seller_area(
    page: PageContext,
    asked: DaysInAddress,
    seller_id: Annotated[str | None, Query(max_length=64)] = None,
    shop: Annotated[str, Query(max_length=100)] = "",
) -> SellerArea:
    """The viewer's own shop and the days in the address; an administrator chooses whose, by name or from a list.

    Raises:
        NotFoundError: the account has no shop, or asked for another's.
        InvalidInputError: the days are no period.
    """
    user = page.need(Role.SELLER, Role.ADMIN)
    sellers, not_found = await _choice(page, shop.strip()) if user.role is Role.ADMIN else ([], "")
    chosen = seller_id or (sellers[0]["seller_id"] if sellers else user.seller_id)
    if chosen is None:
        raise NotFoundError("this account has no shop")
    seller = await service.seller_of(page.connection, chosen, user=user)
    if sellers and seller["seller_id"] not in {one["seller_id"] for one in sellers}:
        sellers = [seller, *sellers]
    period = await period_of(
        page.connection, seller, first=asked.first, last=asked.last, day_count=asked.day_count, compare=asked.compare
    )
    return SellerArea(
        period,
        page,
        seller,
        sellers,
        not_found=not_found,
        is_computed=period is not None or await repository.is_computed(page.connection),
    )


SellerContext = Annotated[SellerArea, Depends(seller_area, scope="function")]


async def _choice(page: Page, words: str) -> tuple[list[DictRow], str]:
    """The shops that an administrator may choose from, and the words that no shop's name holds.

    The shops are those of this name, otherwise those that sold most lately.
    """
    if words and (named := await repository.sellers_named(page.connection, words, limit=_MOST_SELLERS)):
        return named, ""
    return await repository.sellers_lately(page.connection, limit=_MOST_SELLERS), words


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
