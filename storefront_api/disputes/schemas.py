"""What the endpoints on chargebacks and disputes take in and give out."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from marketplace.vocabulary import AWAITING_SHIPMENT, FraudOutcome

Reason = Annotated[str, Field(min_length=3, max_length=200)]
CancelOrder = Annotated[
    bool, Field(description="cancel the order if it was approved but not shipped: its pieces and the rest of its money go back")
]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewChargeback(_Sent):
    """A bank took money back; `chargeback_id` is its own reference, so that it can be told twice."""

    chargeback_id: str = Field(min_length=1, max_length=64)
    order_id: str = Field(min_length=1, max_length=64)
    amount_minor: int = Field(gt=0, le=10**12)
    reason: Reason
    cancel_order: CancelOrder = False


class Chargeback(BaseModel):
    """A chargeback; from `received_at` on training knows that the attempt was fraud."""

    chargeback_id: str
    order_id: str
    payment_attempt_id: str | None
    amount_minor: int
    currency: str
    reason: str
    received_at: datetime


class NewDispute(_Sent):
    """Why the order is not the customer's."""

    reason: Reason


class Dispute(BaseModel):
    """A customer's claim that an order is not theirs; `outcome` is null until somebody has looked."""

    dispute_id: str
    order_id: str
    payment_attempt_id: str
    reason: str
    opened_at: datetime
    outcome: Literal[FraudOutcome.FRAUD, FraudOutcome.LEGITIMATE] | None
    decided_at: datetime | None


class DisputeOutcome(_Sent):
    """What was found, and why; it becomes a label of the payment attempt."""

    outcome: Literal[FraudOutcome.FRAUD, FraudOutcome.LEGITIMATE]
    reason: Reason
    comment: str | None = Field(default=None, max_length=2000)
    cancel_order: CancelOrder = False


class OnTheDesk(BaseModel):
    """What analysts see beside a dispute or chargeback; `fraud_case_id` is null where its attempt never was an alert."""

    fraud_case_id: str | None
    customer_name: str
    order_status: str

    @property
    def may_stop(self) -> bool:
        """Whether its order was approved and is not shipped."""
        return self.order_status in AWAITING_SHIPMENT


class DeskDispute(Dispute, OnTheDesk):
    """A dispute as analysts see it."""


class DeskChargeback(Chargeback, OnTheDesk):
    """A chargeback as analysts see it."""
