"""The queue's filters and rows, and what a decision takes in and gives out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from marketplace.vocabulary import FraudDecision, FraudOutcome
from storefront_api.fraud_reviews.deadlines import DECIDE_WITHIN
from storefront_api.fraud_reviews.risk import RiskLevel, level_of

CaseStatus = Literal["open", "claimed", "snoozed", "closed"]
QueueOrder = Literal["priority", "score", "amount", "oldest", "newest"]
CaseId = Annotated[str, Field(min_length=1, max_length=64)]

MOST_AT_ONCE = 100


class CaseFilters(BaseModel):
    """Which cases; what is left out does not narrow."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    status: CaseStatus | None = Field(
        default=None, description="without it, every case that is not closed; snoozed ones only where one searches"
    )
    risk: RiskLevel | None = Field(default=None, description="band of the score; `unscored` was decided by rules alone")
    min_score: int | None = Field(default=None, ge=0, le=99)
    min_amount_minor: int | None = Field(default=None, ge=0, le=2**53)
    max_amount_minor: int | None = Field(default=None, ge=0, le=2**53)
    opened_from: datetime | None = Field(default=None, description="cases opened at this instant or later")
    opened_before: datetime | None = None
    claimed_by: str | None = Field(default=None, max_length=64, description="the analyst who holds or closed it")
    tag: str | None = Field(default=None, max_length=30, description="one that the case bears")
    search: str | None = Field(
        default=None, max_length=100, description="part of the customer's name, or a whole order or case id"
    )
    order: QueueOrder = "priority"

    @property
    def is_narrow(self) -> bool:
        """Whether some cases may be left out."""
        return bool(self.model_dump(exclude={"order"}, exclude_none=True))


class CaseQuery(CaseFilters):
    """Filters and a page of what they let through."""

    cursor: str | None = Field(default=None, max_length=400)
    limit: int = Field(default=50, ge=1, le=100)


class CaseSummary(BaseModel):
    """One row of the queue; `score` and `probability` are null where only rules decided."""

    fraud_case_id: str
    status: CaseStatus
    priority: int
    opened_at: datetime
    closed_at: datetime | None
    claimed_by: str | None
    claimed_by_name: str | None
    claimed_at: datetime | None
    order_id: str | None
    payment_attempt_id: str
    customer_id: str
    customer_name: str
    amount_minor: int
    currency: str
    method: str
    attempted_at: datetime
    ip_address: str | None
    ip_country_code: str | None
    shipping_country_code: str | None
    device_id: str | None
    device_name: str | None
    decision: FraudDecision | None
    score: int | None
    probability: float | None
    is_fallback: bool
    model_version: str | None
    outcome: FraudOutcome | None
    tags: list[str]
    snoozed_until: datetime | None = Field(description="while the case is snoozed")
    snooze_reason: str | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def risk(self) -> RiskLevel:
        """The band of the score."""
        return level_of(self.score)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def due_at(self) -> datetime:
        """Until when the desk promises a decision."""
        return self.opened_at + DECIDE_WITHIN


class CasePage(BaseModel):
    """One page of the queue; `next_cursor` is null on the last."""

    items: list[CaseSummary]
    next_cursor: str | None


class CaseDecision(BaseModel):
    """What the analyst found, and why; the reason becomes part of the label and of the audit."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    outcome: FraudOutcome
    reason: str = Field(min_length=3, max_length=200)
    comment: str | None = Field(default=None, max_length=2000)
    cancel_order: bool = Field(
        default=True,
        description="on fraud, cancel an order that was approved but not shipped: its pieces and its money go back",
    )


class BulkDecision(CaseDecision):
    """The same finding on several cases."""

    fraud_case_ids: list[CaseId] = Field(min_length=1, max_length=MOST_AT_ONCE)


class NewNote(BaseModel):
    """What an analyst writes for the others; it stays as it is written."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    body: str = Field(min_length=1, max_length=2000)


class Decided(BaseModel):
    """What a decision led to; `next_fraud_case_id` is what the analyst might take now, not yet claimed."""

    fraud_case_id: str
    status: CaseStatus
    outcome: FraudOutcome
    order_status: str | None
    is_order_cancelled: bool = Field(description="whether this decision stopped an order that had been approved")
    next_fraud_case_id: str | None


class RefusedDecision(BaseModel):
    """A case that stayed as it was, and why."""

    fraud_case_id: str
    code: str
    detail: str


class BulkDecided(BaseModel):
    """What became of each case, in the order of their ids."""

    decided: list[str]
    refused: list[RefusedDecision]
