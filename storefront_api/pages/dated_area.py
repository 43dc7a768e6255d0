"""What areas of pages about days share: tabs, the days in an address, and links that keep them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query

from marketplace.errors import NotFoundError
from storefront_api.analytics.days import Compare, Days


@dataclass(frozen=True)
class Tab:
    """One page of the area; `has_period` where the chooser of days stands above it."""

    name: str
    title: str
    path: str
    has_period: bool = True


@dataclass(frozen=True)
class AskedDays:
    """The days in an address, as far as it names any."""

    first: date | None
    last: date | None
    day_count: int | None
    compare: Compare


def asked_days(
    days: Annotated[int | None, Query(ge=1, le=365)] = None,
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
    compare: Compare = "previous",
) -> AskedDays:
    """So many days until the last known one, or those from one date to another; a date that is none counts as not said."""
    return AskedDays(day_in(first), day_in(last), days, compare)


DaysInAddress = Annotated[AskedDays, Depends(asked_days)]


class Dated(Protocol):
    """A period that pages are about."""

    @property
    def days(self) -> Days:
        """The days shown."""

    @property
    def known(self) -> Days:
        """The days that have figures."""

    @property
    def compare(self) -> Compare:
        """What they stand beside."""


P = TypeVar("P", bound=Dated)


@dataclass(frozen=True)
class DatedArea(Generic[P]):
    """A request for one page of the area; `period` is None until the pipeline has computed figures."""

    period: P | None

    @property
    def whose(self) -> dict[str, str]:
        """What a form keeps beside the days."""
        return {}

    @property
    def said(self) -> dict[str, str]:
        """`whose` and the days as parameters of an address."""
        if self.period is None:
            return self.whose
        days = self.period.days
        return self.whose | {"from": str(days.first), "to": str(days.last)} | self._compare

    @property
    def chosen_days(self) -> int | None:
        """How many days are shown where they end with the last known one."""
        if self.period is None or self.period.days.last != self.period.known.last:
            return None
        return self.period.days.count

    @property
    def computed(self) -> P:
        """The days, where there is nothing to show without figures.

        Raises:
            NotFoundError: the pipeline has not computed any yet.
        """
        if self.period is None:
            raise NotFoundError("these figures have not been computed yet; come back after the next run of the pipeline")
        return self.period

    def at(self, path: str, **more: Any) -> str:
        """The address of another page on the same days."""
        return _address(path, self.said | more)

    def days_at(self, path: str, days: int) -> str:
        """The address of a page on the last days with figures."""
        return _address(path, self.whose | {"days": days} | self._compare)

    @property
    def _compare(self) -> dict[str, str]:
        return {"compare": self.period.compare} if self.period is not None and self.period.compare != "previous" else {}


def day_in(text: str) -> date | None:
    """The day that a form sent, None for nothing or nonsense."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _address(path: str, said: dict[str, Any]) -> str:
    return f"{path}?{urlencode(said)}" if said else path
