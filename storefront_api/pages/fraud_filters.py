"""The queue's filters as an analyst sets them: whole amounts and the shop's days, carried from page to page in the address."""

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Query

from storefront_api.fraud_reviews.risk import RiskLevel
from storefront_api.fraud_reviews.schemas import CaseFilters, QueueOrder
from storefront_api.pages.dated_area import day_in

_AMOUNT = Query(pattern="^[0-9]{0,9}$")
_DAY = Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")


@dataclass(frozen=True)
class QueueView:
    """What the form of the queue holds; empty texts do not narrow."""

    status: str
    risk: str
    claimed_by: str
    amount_from: str
    amount_to: str
    opened_from: str
    opened_to: str
    tag: str
    search: str
    order: QueueOrder

    @property
    def said(self) -> dict[str, str]:
        """What differs from the plain queue, by parameter."""
        return {name: value for name, value in asdict(self).items() if value and (name, value) != ("order", "priority")}

    @property
    def at(self) -> str:
        """The filters as the end of an address, so that the next page is of the same queue; nothing for the plain queue."""
        return f"?{urlencode(self.said)}" if self.said else ""

    def more(self, cursor: str) -> str:
        """The end of the address of the next cases."""
        return f"?{urlencode(self.said | {'cursor': cursor})}"

    def filters(self, *, time_zone: str, viewer_id: str) -> CaseFilters:
        """The same for the queue's service: minor units and instants; days are the shop's."""
        zone = ZoneInfo(time_zone)
        first, last = day_in(self.opened_from), day_in(self.opened_to)
        return CaseFilters(
            status=self.status or None,  # type: ignore[arg-type]
            risk=RiskLevel(self.risk) if self.risk else None,
            min_amount_minor=int(self.amount_from) * 100 if self.amount_from else None,
            max_amount_minor=int(self.amount_to) * 100 if self.amount_to else None,
            opened_from=datetime.combine(first, time.min, zone) if first else None,
            opened_before=datetime.combine(last + timedelta(days=1), time.min, zone) if last else None,
            claimed_by=viewer_id if self.claimed_by == "me" else self.claimed_by or None,
            tag=self.tag.strip().lower() or None,
            search=self.search.strip() or None,
            order=self.order,
        )


def queue_view(
    status: Annotated[Literal["", "open", "claimed", "snoozed", "closed"], Query()] = "",
    risk: Annotated[Literal["", "highest", "elevated", "normal", "unscored"], Query()] = "",
    claimed_by: Annotated[str, Query(max_length=64)] = "",
    amount_from: Annotated[str, _AMOUNT] = "",
    amount_to: Annotated[str, _AMOUNT] = "",
    opened_from: Annotated[str, _DAY] = "",
    opened_to: Annotated[str, _DAY] = "",
    tag: Annotated[str, Query(max_length=30)] = "",
    search: Annotated[str, Query(max_length=100)] = "",
    order: QueueOrder = "priority",
) -> QueueView:
    """The filters in the address."""
    return QueueView(status, risk, claimed_by, amount_from, amount_to, opened_from, opened_to, tag, search, order)


QueueFilters = Annotated[QueueView, Depends(queue_view)]
