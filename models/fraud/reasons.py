"""Reasons that an analyst can read: what the model weighed and what stands out; checkout adds the rules that fired."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

from marketplace.contracts.fraud import FraudReason

# One unit of `contribution` doubles the odds about one and a half times; less than this says nothing to a person.
MIN_CONTRIBUTION = 0.05


def reasons(
    contributions: Sequence[tuple[str, float]],
    values: Mapping[str, Any],
    *,
    is_cold_start: bool = False,
    limit: int = 5,
) -> list[FraudReason]:
    """The strongest of the model's contributions, raising and lowering alike.

    Args:
        contributions: (feature, signed contribution), strongest first, as `FraudModel.explain` gives them for one attempt.
        values: the attempt's features, and its `anomaly_score`.
        is_cold_start: contributions are then parts of the anomaly score, and said to be so.
    """
    least = 0.0 if is_cold_start else MIN_CONTRIBUTION
    strong = (named for named in contributions if abs(named[1]) > least)
    return [
        FraudReason(
            feature=name,
            sentence=sentence(name, values.get(name)),
            value=_plain(values.get(name)),
            contribution=round(contribution, 4),
            kind="anomaly" if is_cold_start or name == "anomaly_score" else "model",
        )
        for name, contribution in islice(strong, limit)
    ]


def sentence(name: str, value: Any) -> str:
    """What a feature's value says, in words."""
    say = SENTENCES[name]
    return f"{say.subject}: not known" if (plain := _plain(value)) is None else say(plain)


def _plain(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


class Words:
    """A sentence with the value in it; `subject` is what is said where the value is unknown."""

    def __init__(self, template: str, subject: str, form: Callable[[float], Any] = int) -> None:
        self.template, self.subject, self.form = template, subject, form

    def __call__(self, value: float) -> str:
        words = self.template.format(self.form(value))
        return _in_singular(words) if self.form is int and int(value) == 1 else words


# Only what is counted first in a sentence changes its number: "1 account sent goods", "1 earlier attempt".
_COUNTED = re.compile(r"^1 ((?:earlier )?)(account|card|order|attempt|payment|device|item|fraud)s\b")


def _in_singular(words: str) -> str:
    """The sentence about exactly one: 1 account, 1 earlier attempt, this device 1 time."""
    said = _COUNTED.sub(r"1 \1\2", words).replace(" 1 times", " once")
    said = re.sub(r"^(1 earlier fraud .*) are known", r"\1 is known", said)
    return said.replace("1 card were tried", "1 card was tried").replace(" 1 points", " 1 point")


def _money(value: float) -> str:
    return f"{value / 100:,.2f}"


def _km(value: float) -> str:
    return f"{value:,.0f}"


def _age(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.0f} minute{'' if round(hours * 60) == 1 else 's'}"
    return f"{hours:.0f} hour{'' if round(hours) == 1 else 's'}" if hours < 48 else f"{hours / 24:.0f} days"


def _yes(value: float) -> str:
    return "another country than" if value else "the same country as"


SENTENCES: dict[str, Words] = {
    "customer_attempts_1h": Words("{} earlier attempts by this account in the last hour", "this account's attempts"),
    "customer_attempts_24h": Words("{} earlier attempts by this account in the last 24 hours", "this account's attempts"),
    "customer_amount_minor_24h": Words(
        "{} tried by this account in the last 24 hours before this", "this account's amounts", _money
    ),
    "device_attempts_1h": Words("{} earlier attempts on this device in the last hour", "this device's attempts"),
    "device_attempts_24h": Words("{} earlier attempts on this device in the last 24 hours", "this device's attempts"),
    "device_customers_24h": Words(
        "{} accounts paid from this device in the last 24 hours before this", "accounts on this device"
    ),
    "device_cards_24h": Words("{} cards were tried on this device in the last 24 hours before this", "cards on this device"),
    "card_attempts_1h": Words("{} earlier attempts with this card in the last hour", "this card's attempts"),
    "card_attempts_24h": Words("{} earlier attempts with this card in the last 24 hours", "this card's attempts"),
    "card_customers_24h": Words("{} accounts paid with this card in the last 24 hours before this", "accounts on this card"),
    "address_customers_24h": Words(
        "{} accounts sent goods to this address in the last 24 hours before this", "accounts at this address"
    ),
    "customer_attempts_90d": Words("{} earlier attempts by this account in 90 days", "this account's attempts"),
    "customer_device_attempts_90d": Words("this account used this device {} times in 90 days", "this account's devices"),
    "customer_card_attempts_90d": Words("this account used this card {} times in 90 days", "this account's cards"),
    "customer_address_attempts_90d": Words("this account sent to this address {} times in 90 days", "this account's addresses"),
    "device_customers_90d": Words("{} accounts paid from this device in 90 days before this", "accounts on this device"),
    "address_customers_90d": Words("{} accounts sent goods to this address in 90 days before this", "accounts at this address"),
    "customer_travel_kmh": Words("the connection moved at {} km/h since this account's last payment", "the speed of travel", _km),
    "amount_minor": Words("the order is for {}", "the amount", _money),
    "item_count": Words("{} items in the order", "the number of items"),
    "order_count_30d": Words("{} orders in the last 30 days", "recent orders"),
    "order_count_total": Words("{} orders so far", "earlier orders"),
    "spend_minor_30d": Words("{} spent in the last 30 days", "recent spending", _money),
    "order_value_mean_minor": Words("the customer's orders are usually for {}", "the customer's usual order", _money),
    "order_value_max_minor": Words("the customer's largest order was for {}", "the customer's largest order", _money),
    "attempt_count_30d": Words("{} attempts to pay in the last 30 days", "recent attempts"),
    "declined_count_30d": Words("{} payments declined in the last 30 days", "declined payments"),
    "device_count_90d": Words("{} devices used by this customer in 90 days", "the customer's devices"),
    "card_count_90d": Words("{} cards used by this customer in 90 days", "the customer's cards"),
    "fraud_label_count_total": Words("{} earlier frauds of this customer are known", "earlier frauds of this customer"),
    "customer_count_30d": Words("{} accounts used this device in 30 days", "accounts on this device"),
    "attempt_count_7d": Words("{} attempts to pay on this device in 7 days", "attempts on this device"),
    "declined_count_7d": Words("{} payments declined on this device in 7 days", "declined payments on this device"),
    "card_count_30d": Words("{} cards used on this device in 30 days", "cards on this device"),
    "device_fraud_label_count_total": Words("{} earlier frauds on this device are known", "earlier frauds on this device"),
    "amount_ratio_to_mean": Words("{} times the customer's usual order", "the customer's usual order", "{:.1f}".format),
    "amount_ratio_to_max": Words("{} times the customer's largest order", "the customer's largest order", "{:.1f}".format),
    "account_age_hours": Words("the account is {} old", "the account's age", _age),
    "ip_shipping_km": Words("the connection is {} km from the delivery address", "the connection's place", _km),
    "billing_shipping_km": Words("the billing address is {} km from the delivery address", "the billing address", _km),
    "is_ip_country_foreign": Words("the connection comes from {} the delivery address", "the connection's country", _yes),
    "is_billing_country_other": Words("the card is billed in {} the delivery address", "the billing country", _yes),
    "hour_of_day": Words("it is {} o'clock UTC", "the hour"),
    "rule_points": Words("the rules that fire weigh {} points", "the rules"),
    "anomaly_score": Words("how unusual the attempt is as a whole: {} of 1", "how unusual the attempt is", "{:.2f}".format),
}
