"""What the platform's pages share: administrators alone, which days, the tabs, and links that keep the days.

A new page takes `area: PlatformContext`, renders a template that extends `platform/frame.html`, and enters its tab below.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse

from marketplace.errors import NotFoundError
from marketplace.vocabulary import Role
from storefront_api.pages.context import Page, PageContext
from storefront_api.platform_analytics.periods import Grain, PlatformPeriod, platform_period_of
from storefront_api.seller_analytics.periods import Compare


@dataclass(frozen=True)
class Tab:
    """One page of the area."""

    name: str
    title: str
    path: str


TABS = (
    Tab("revenue", "Revenue", "/platform"),
    Tab("funnel", "Funnel", "/platform/funnel"),
    Tab("cohorts", "Cohorts", "/platform/cohorts"),
    Tab("league", "Sellers", "/platform/sellers"),
    Tab("customers", "Customers ahead", "/platform/customers-ahead"),
    Tab("sellers", "Sellers ahead", "/platform/sellers-ahead"),
)


@dataclass(frozen=True)
class PlatformArea:
    """A request for one of the platform's pages; `period` is None until the pipeline has computed figures."""

    page: Page
    period: PlatformPeriod | None
    chosen_days: int | None

    @property
    def whose(self) -> dict[str, str]:
        """What a form keeps beside the days: the currency where there are several, and how days are put together."""
        if self.period is None:
            return {}
        period = self.period
        currency = {"currency": period.currency} if period.currency != period.currencies[0] else {}
        return currency | ({"by": period.grain} if period.grain != "day" else {})

    @property
    def said(self) -> dict[str, str]:
        """Days, month and currency as parameters of an address."""
        if self.period is None:
            return {}
        period = self.period
        said = self.whose | {"from": str(period.days.first), "to": str(period.days.last)}
        if period.month != period.months[0]:
            said |= {"month": str(period.month)}
        return said | ({"compare": period.compare} if period.compare != "previous" else {})

    def at(self, path: str, **more: Any) -> str:
        """The address of another page on the same days."""
        return _address(path, self.said | more)

    def days_at(self, path: str, days: int) -> str:
        """The address of a page on the last days with figures."""
        compare = {"compare": self.period.compare} if self.period and self.period.compare != "previous" else {}
        return _address(path, self.whose | {"days": days} | compare)

    @property
    def computed(self) -> PlatformPeriod:
        """The days, where there is nothing to show without figures.

        Raises:
            NotFoundError: the pipeline has not computed any yet.
        """
        if self.period is None:
            raise NotFoundError("the platform’s figures have not been computed yet; come back after the next run of the pipeline")
        return self.period

    def render(self, template: str, tab: str, **values: Any) -> HTMLResponse:
        """The page within the frame of the area, or what it says before there are figures."""
        chosen = next(one for one in TABS if one.name == tab)
        shown = template if self.period is not None else "platform/not_computed.html"
        return self.page.render(shown, section="platform", area=self, period=self.period, tabs=TABS, tab=chosen, **values)


async def platform_area(
    page: PageContext,
    days: Annotated[int | None, Query(ge=1, le=365)] = None,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    compare: Compare = "previous",
    by: Grain = "day",
    month: Annotated[str, Query(max_length=10)] = "",
    currency: Annotated[str | None, Query(max_length=3)] = None,
) -> PlatformArea:
    """The days in the address, for an administrator.

    Raises:
        AuthenticationError, PermissionDeniedError: nobody, or somebody else, is signed in.
        InvalidInputError: the days are no period.
    """
    page.need(Role.ADMIN)
    period = await platform_period_of(
        page.connection,
        first=_day(first),
        last=_day(last),
        day_count=days,
        compare=compare,
        grain=by,
        month=_day(month),
        currency=currency,
    )
    is_latest = period is not None and period.days.last == period.known.last
    return PlatformArea(page, period, period.days.count if period is not None and is_latest else None)


PlatformContext = Annotated[PlatformArea, Depends(platform_area, scope="function")]


def _address(path: str, said: dict[str, Any]) -> str:
    return f"{path}?{urlencode(said)}" if said else path


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
