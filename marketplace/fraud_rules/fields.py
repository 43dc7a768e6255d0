"""The facts that a rule may ask about, each with its type, its unit and its words.

Every one of them is known of a past attempt too, as it was then: a rule that cannot be tried on history has no place here.
"""

from dataclasses import dataclass
from typing import Literal

from marketplace.contracts.fraud import Velocity
from marketplace.velocity_counters import read_counter

Unit = Literal["count", "money", "km", "speed", "seconds", "ratio", "hour", "text"]


@dataclass(frozen=True)
class Field:
    """One fact. `is_live` if the request alone says it; the others need the fraud service's answer.

    `unit` decides how a value reads in a sentence; everything but `text` is a number.
    """

    name: str
    title: str
    unit: Unit
    is_live: bool = True

    @property
    def is_text(self) -> bool:
        return self.unit == "text"

    def say(self, value: float | str) -> str:
        """The value in words."""
        if isinstance(value, str):
            return value
        if self.unit == "money":
            return f"{value / 100:,.2f}"
        if self.unit == "seconds":
            return duration(value)
        return f"{value:,.1f}" if self.unit == "ratio" else f"{value:,.0f}"


def duration(seconds: float) -> str:
    """A length of time in its largest unit that is not coarse: 40 seconds, 59 minutes, 5 hours, 12 days."""
    if seconds <= 60:
        return _counted(int(seconds), "second")
    if seconds <= 3600:
        return _counted(int(seconds // 60), "minute")
    return _counted(int(seconds // 3600), "hour") if seconds < 172_800 else _counted(int(seconds // 86_400), "day")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


_WINDOWS = {
    "1h": "in the last hour",
    "6h": "in the last 6 hours",
    "24h": "in the last 24 hours",
    "7d": "in 7 days",
    "30d": "in 30 days",
    "90d": "in 90 days",
}
# What a counter counts, by its name without the window.
COUNTED = {
    "customer_attempts": "earlier attempts by this account",
    "customer_amount_minor": "money tried by this account",
    "customer_devices": "devices that this account paid from",
    "customer_cards": "cards tried by this account",
    "device_attempts": "earlier attempts on this device",
    "device_amount_minor": "money tried on this device",
    "device_customers": "accounts that paid from this device",
    "device_cards": "cards tried on this device",
    "card_attempts": "earlier attempts with this card",
    "card_amount_minor": "money tried with this card",
    "card_customers": "accounts that paid with this card",
    "address_attempts": "earlier attempts to this address",
    "address_amount_minor": "money of earlier attempts to this address",
    "address_customers": "accounts that sent goods to this address",
    "seller_attempts": "earlier attempts at this seller's goods",
    "seller_amount_minor": "money of earlier attempts at this seller's goods",
    "seller_customers": "accounts that tried to buy from this seller",
    "seller_cards": "cards tried at this seller's goods",
    "customer_device_attempts": "earlier attempts by this account on this device",
    "customer_card_attempts": "earlier attempts by this account with this card",
    "customer_address_attempts": "earlier attempts by this account to this address",
}


def _velocity_field(name: str) -> Field:
    subject, _, window = name.rpartition("_")
    title = f"{COUNTED[subject]} {_WINDOWS[window]}{', by whole hours' if read_counter(name).is_in_hours else ''}"
    return Field(name, title, "money" if "amount" in subject else "count")


_ALL = (
    Field("amount_minor", "amount of the order", "money"),
    Field("currency", "currency of the order", "text"),
    Field("method", "way of paying", "text"),
    Field("item_count", "pieces in the order", "count"),
    Field("hour_of_day", "hour of the attempt, UTC", "hour"),
    Field("account_age_seconds", "age of the account", "seconds"),
    Field("ip_country_code", "country of the connection", "text"),
    Field("shipping_country_code", "country of the delivery address", "text"),
    Field("billing_country_code", "country of the billing address", "text"),
    Field("ip_shipping_km", "distance from the connection to the delivery address", "km"),
    Field("billing_shipping_km", "distance from the billing to the delivery address", "km"),
    Field("customer_travel_kmh", "speed since this account's last attempt", "speed"),
    *map(_velocity_field, Velocity.model_fields),
    Field("most_attempts_1h", "earlier attempts in the last hour by account, device or card, whichever made most", "count"),
    Field("order_count_30d", "orders of this customer in 30 days", "count", is_live=False),
    Field("order_count_total", "orders of this customer so far", "count", is_live=False),
    Field("spend_minor_30d", "money spent by this customer in 30 days", "money", is_live=False),
    Field("order_value_mean_minor", "usual order of this customer", "money", is_live=False),
    Field("order_value_max_minor", "largest order of this customer", "money", is_live=False),
    Field("attempt_count_30d", "attempts of this customer in 30 days", "count", is_live=False),
    Field("declined_count_30d", "declined payments of this customer in 30 days", "count", is_live=False),
    Field("device_count_90d", "devices of this customer in 90 days", "count", is_live=False),
    Field("card_count_90d", "cards of this customer in 90 days", "count", is_live=False),
    Field("fraud_label_count_total", "known frauds of this customer", "count", is_live=False),
    Field("ring_customer_count_90d", "accounts in this customer's ring in 90 days", "count", is_live=False),
    Field("ring_fraud_count_90d", "known frauds in this customer's ring in 90 days", "count", is_live=False),
    Field("customer_count_30d", "accounts on this device in 30 days", "count", is_live=False),
    Field("attempt_count_7d", "attempts on this device in 7 days", "count", is_live=False),
    Field("declined_count_7d", "declined payments on this device in 7 days", "count", is_live=False),
    Field("card_count_30d", "cards on this device in 30 days", "count", is_live=False),
    Field("device_fraud_label_count_total", "known frauds on this device", "count", is_live=False),
    Field("device_ring_customer_count_90d", "accounts in this device's ring in 90 days", "count", is_live=False),
    Field("device_ring_fraud_count_90d", "known frauds in this device's ring in 90 days", "count", is_live=False),
    Field("amount_ratio_to_mean", "amount over this customer's usual order", "ratio", is_live=False),
    Field("amount_ratio_to_max", "amount over this customer's largest order", "ratio", is_live=False),
)
FIELDS = {field.name: field for field in _ALL}
ANSWERED_FIELDS = tuple(field.name for field in _ALL if not field.is_live)
