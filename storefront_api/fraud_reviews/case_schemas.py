"""Everything an analyst sees of one case."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from marketplace.vocabulary import FraudDecision, FraudOutcome
from storefront_api.fraud_reviews.schemas import CaseStatus, CaseSummary

# An airliner's cruise; a customer who was faster was two people, or hides where they are.
FASTEST_KM_PER_HOUR = 900


class Reason(BaseModel):
    """One thing that moved the score; a positive contribution speaks for fraud, rules carry none."""

    feature: str
    sentence: str
    value: float | str | None = None
    contribution: float | None = None
    kind: str = "model"


class Decision(BaseModel):
    """One decision of checkout, with the versions that made it."""

    decision: FraudDecision
    probability: float | None
    score: int | None
    reasons: list[Reason]
    features: dict[str, Any]
    model_name: str | None
    model_version: str | None
    rules_version: str
    is_fallback: bool
    latency_ms: float
    decided_at: datetime


class Place(BaseModel):
    """Where something is, as far as is known."""

    name: Literal["ip", "shipping", "billing"]
    country_code: str | None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None

    @property
    def word(self) -> str:
        """What an analyst calls it."""
        return {"ip": "network", "shipping": "parcel", "billing": "card"}[self.name]


class Distance(BaseModel):
    """Great-circle distance between two of the places."""

    between: str
    km: float


class Travel(BaseModel):
    """How far and how fast the customer came since their last attempt to pay; above 900 km/h nobody travels."""

    previous_at: datetime
    km: float
    km_per_hour: float

    @property
    def is_impossible(self) -> bool:
        return self.km_per_hour > FASTEST_KM_PER_HOUR


class Moment(BaseModel):
    """One entry of the case's timeline."""

    at: datetime
    title: str
    detail: str | None = None
    kind: Literal["plain", "good", "bad", "now"] = "plain"


class Label(BaseModel):
    """What was found out about the attempt, by whom and when."""

    outcome: FraudOutcome
    label_source: str
    reason: str | None
    comment: str | None
    labelled_at: datetime
    labelled_by_name: str | None


class Note(BaseModel):
    """What an analyst wrote for the others."""

    fraud_case_note_id: str
    body: str
    written_by_name: str
    written_at: datetime


class LinkedAccount(BaseModel):
    """Another customer who shares a device, card or address with this one, or, which says little, a connection."""

    customer_id: str
    customer_name: str
    signed_up_at: datetime
    attempt_count: int
    has_same_device: bool
    has_same_card: bool
    has_same_address: bool
    has_same_connection: bool
    fraud_count: int


class Ring(BaseModel):
    """Customers who hung together by what had happened in the 90 days before the attempt's day, and frauds known by then."""

    customer_count: int
    fraud_count: int


class Rings(BaseModel):
    """Those of the customer and of the device; None where nobody had paid with it before that day."""

    customer: Ring | None
    device: Ring | None


class RelatedAttempt(BaseModel):
    """Another attempt to pay by the same customer, device, card, to the same address, or from the same connection."""

    payment_attempt_id: str
    order_id: str | None
    customer_id: str
    customer_name: str
    amount_minor: int
    currency: str
    method: str
    outcome: str
    attempted_at: datetime
    order_status: str | None
    fraud_case_id: str | None
    case_status: CaseStatus | None
    label: FraudOutcome | None
    has_same_customer: bool
    has_same_device: bool
    has_same_card: bool
    has_same_address: bool
    has_same_connection: bool


class CustomerHistory(BaseModel):
    """What the customer had done before this attempt."""

    signed_up_at: datetime
    order_count: int
    spend_minor: int
    failed_order_count: int
    refund_count: int
    chargeback_count: int
    review_count: int
    last_ordered_at: datetime | None


class Device(BaseModel):
    """The browser that paid; its id is a keyed hash, never the raw fingerprint."""

    device_id: str | None
    family: str | None
    operating_system: str | None
    first_seen_at: datetime | None


class OrderLine(BaseModel):
    """One line of the order."""

    product_id: str
    title: str
    quantity: int
    total_minor: int
    currency: str
    shop_name: str


class Case(CaseSummary):
    """Everything an analyst sees of a case."""

    order_status: str | None
    viewed_page_count: int
    session_started_at: datetime | None
    decisions: list[Decision]
    velocity: dict[str, int]
    places: list[Place]
    distances: list[Distance]
    travel: Travel | None
    device: Device
    history: CustomerHistory
    linked_accounts: list[LinkedAccount]
    rings: Rings
    related_attempts: list[RelatedAttempt]
    lines: list[OrderLine]
    labels: list[Label]
    notes: list[Note]
    timeline: list[Moment]
