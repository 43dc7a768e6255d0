"""What the platform's pages share: administrators alone, which days, the tabs, and links that keep the days.

A new page takes `area: PlatformContext`, renders a template that extends `platform/frame.html`, and enters its tab below.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.responses import HTMLResponse

from marketplace.vocabulary import Role
from storefront_api.pages.context import Page, PageContext
from storefront_api.pages.dated_area import DatedArea, DaysInAddress, Tab, day_in
from storefront_api.platform_analytics.periods import Grain, PlatformPeriod, platform_period_of

TABS = (
    Tab("revenue", "Revenue", "/platform"),
    Tab("funnel", "Funnel", "/platform/funnel"),
    Tab("cohorts", "Cohorts", "/platform/cohorts"),
    Tab("league", "Sellers", "/platform/sellers"),
    Tab("customers", "Customers ahead", "/platform/customers-ahead"),
    Tab("sellers", "Sellers ahead", "/platform/sellers-ahead"),
)


@dataclass(frozen=True)
class PlatformArea(DatedArea[PlatformPeriod]):
    """A request for one of the platform's pages."""

    page: Page

    @property
    def whose(self) -> dict[str, str]:
        """The currency where there are several, and how days are put together."""
        if self.period is None:
            return {}
        period = self.period
        currency = {"currency": period.currency} if period.currency != period.currencies[0] else {}
        return currency | ({"by": period.grain} if period.grain != "day" else {})

    @property
    def said(self) -> dict[str, str]:
        """Days, month and currency as parameters of an address."""
        if self.period is None or self.period.month == self.period.months[0]:
            return super().said
        return super().said | {"month": str(self.period.month)}

    def render(self, template: str, tab: str, **values: Any) -> HTMLResponse:
        """The page within the frame of the area, or what it says before there are figures."""
        chosen = next(one for one in TABS if one.name == tab)
        shown = template if self.period is not None else "platform/not_computed.html"
        return self.page.render(shown, section="platform", area=self, period=self.period, tabs=TABS, tab=chosen, **values)


async def platform_area(
    page: PageContext,
    asked: DaysInAddress,
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
        first=asked.first,
        last=asked.last,
        day_count=asked.day_count,
        compare=asked.compare,
        grain=by,
        month=day_in(month),
        currency=currency,
    )
    return PlatformArea(period, page)


PlatformContext = Annotated[PlatformArea, Depends(platform_area, scope="function")]
