"""The fraud service: the risk of one payment attempt, with reasons."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from marketplace.contracts.answer import Answer, Contract
from marketplace.vocabulary import FraudDecision

Count = Annotated[int, Field(ge=0)]


class Velocity(Contract):
    """Earlier payment attempts that share an identity with this one; this one is not counted.

    Windows look back from the attempt, exclusive at the far end: (attempted_at - window, attempted_at); those of the order's main
    seller end a minute before the attempt, and from 24 hours on begin with the UTC hour in which their far end lies.
    `marketplace.velocity_counters` reads the names.
    """

    customer_attempts_1h: Count = 0
    customer_attempts_6h: Count = 0
    customer_attempts_24h: Count = 0
    customer_attempts_7d: Count = 0
    customer_attempts_30d: Count = 0
    customer_amount_minor_1h: Count = 0
    customer_amount_minor_6h: Count = 0
    customer_amount_minor_24h: Count = 0
    customer_amount_minor_7d: Count = 0
    customer_amount_minor_30d: Count = 0
    customer_devices_1h: Count = 0
    customer_devices_6h: Count = 0
    customer_devices_24h: Count = 0
    customer_devices_7d: Count = 0
    customer_devices_30d: Count = 0
    customer_cards_1h: Count = 0
    customer_cards_6h: Count = 0
    customer_cards_24h: Count = 0
    customer_cards_7d: Count = 0
    customer_cards_30d: Count = 0
    customer_attempts_90d: Count = 0
    device_attempts_1h: Count = 0
    device_attempts_6h: Count = 0
    device_attempts_24h: Count = 0
    device_attempts_7d: Count = 0
    device_attempts_30d: Count = 0
    device_amount_minor_1h: Count = 0
    device_amount_minor_6h: Count = 0
    device_amount_minor_24h: Count = 0
    device_amount_minor_7d: Count = 0
    device_amount_minor_30d: Count = 0
    device_customers_1h: Count = 0
    device_customers_6h: Count = 0
    device_customers_24h: Count = 0
    device_customers_7d: Count = 0
    device_customers_30d: Count = 0
    device_cards_1h: Count = 0
    device_cards_6h: Count = 0
    device_cards_24h: Count = 0
    device_cards_7d: Count = 0
    device_cards_30d: Count = 0
    customer_device_attempts_90d: Count = 0
    device_customers_90d: Count = 0
    card_attempts_1h: Count = 0
    card_attempts_6h: Count = 0
    card_attempts_24h: Count = 0
    card_attempts_7d: Count = 0
    card_attempts_30d: Count = 0
    card_amount_minor_1h: Count = 0
    card_amount_minor_6h: Count = 0
    card_amount_minor_24h: Count = 0
    card_amount_minor_7d: Count = 0
    card_amount_minor_30d: Count = 0
    card_customers_1h: Count = 0
    card_customers_6h: Count = 0
    card_customers_24h: Count = 0
    card_customers_7d: Count = 0
    card_customers_30d: Count = 0
    customer_card_attempts_90d: Count = 0
    address_attempts_1h: Count = 0
    address_attempts_6h: Count = 0
    address_attempts_24h: Count = 0
    address_attempts_7d: Count = 0
    address_attempts_30d: Count = 0
    address_amount_minor_1h: Count = 0
    address_amount_minor_6h: Count = 0
    address_amount_minor_24h: Count = 0
    address_amount_minor_7d: Count = 0
    address_amount_minor_30d: Count = 0
    address_customers_1h: Count = 0
    address_customers_6h: Count = 0
    address_customers_24h: Count = 0
    address_customers_7d: Count = 0
    address_customers_30d: Count = 0
    customer_address_attempts_90d: Count = 0
    address_customers_90d: Count = 0
    seller_attempts_1h: Count = 0
    seller_attempts_6h: Count = 0
    seller_attempts_24h: Count = 0
    seller_attempts_7d: Count = 0
    seller_attempts_30d: Count = 0
    seller_amount_minor_1h: Count = 0
    seller_amount_minor_6h: Count = 0
    seller_amount_minor_24h: Count = 0
    seller_amount_minor_7d: Count = 0
    seller_amount_minor_30d: Count = 0
    seller_customers_1h: Count = 0
    seller_customers_6h: Count = 0
    seller_customers_24h: Count = 0
    seller_customers_7d: Count = 0
    seller_customers_30d: Count = 0
    seller_cards_1h: Count = 0
    seller_cards_6h: Count = 0
    seller_cards_24h: Count = 0
    seller_cards_7d: Count = 0
    seller_cards_30d: Count = 0


class FraudScoreRequest(Contract):
    """One attempt to pay as checkout knows it; ids are the shop's, card and device come as hashes.

    Coordinates are degrees and None where unknown, which is neutral, never an error. `customer_travel_kmh` is the speed at which
    the customer's network came here since their last attempt of 90 days.
    """

    payment_attempt_id: str
    customer_id: str
    seller_ids: list[str] = Field(default_factory=list)
    device_id: str | None = None
    method: str = "card"
    amount_minor: int = Field(ge=0)
    currency: str
    attempted_at: AwareDatetime
    signed_up_at: AwareDatetime | None = None
    item_count: int = Field(default=1, ge=0)
    ip_country_code: str | None = None
    billing_country_code: str | None = None
    shipping_country_code: str | None = None
    ip_latitude: float | None = None
    ip_longitude: float | None = None
    shipping_latitude: float | None = None
    shipping_longitude: float | None = None
    billing_latitude: float | None = None
    billing_longitude: float | None = None
    customer_travel_kmh: float | None = Field(default=None, ge=0)
    velocity: Velocity = Field(default_factory=Velocity)


class FraudReason(Contract):
    """One thing that moved the score: `contribution` is signed, in log-odds; rules carry none."""

    feature: str
    sentence: str
    value: float | str | None = None
    contribution: float | None = None
    kind: Literal["model", "rule", "anomaly"] = "model"


class ShadowAttempt(Contract):
    """A decided attempt with the features that its decision was made of."""

    payment_attempt_id: str
    amount_minor: int = Field(ge=0)
    features: dict[str, float | str | None]


class ShadowRequest(Contract):
    """Attempts that the challenger is asked about, after checkout has decided them."""

    attempts: list[ShadowAttempt] = Field(default_factory=list, max_length=500)


class ShadowDecision(Contract):
    """What the challenger alone would have asked for."""

    payment_attempt_id: str
    probability: float = Field(ge=0, le=1)
    score: int = Field(ge=0, le=99)
    decision: FraudDecision


class ShadowResponse(Contract):
    """`version` is the challenger's, None where there is none to be tried.

    `features` are those that it reads; attempts that lack one are left out, so nobody need ask about them.
    """

    version: str | None
    features: list[str] = Field(default_factory=list)
    decisions: list[ShadowDecision] = Field(default_factory=list)


class FraudScoreResponse(Answer):
    """`probability` is calibrated; `score` is 0 to 99; `decision` is what the model asks for, by its thresholds.

    `rules_version` names the shipped rules whose points are a feature of the model; the shop's own decide in checkout.
    """

    payment_attempt_id: str
    probability: float = Field(ge=0, le=1)
    score: int = Field(ge=0, le=99)
    anomaly_score: float
    decision: FraudDecision
    reasons: list[FraudReason]
    rules_version: str
    features: dict[str, float | str | None]
    decided_at: datetime
