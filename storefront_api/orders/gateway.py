"""A payment gateway that lives here: it authorises by the token that it would have given out, and moves no money.

A real gateway takes the card number in the browser and gives a token back. No card number ever reaches this storefront: a
token that looks like one is refused.
"""

import re
from dataclasses import dataclass
from typing import Literal

PaymentMethod = Literal["card", "bkash", "cod"]

# Tokens with a fate, as real gateways offer them for tests; every other token is authorised.
TEST_TOKENS = {
    "tok_visa": "authorised",
    "tok_mastercard": "authorised",
    "tok_declined": "declined: the bank refused",
    "tok_insufficient_funds": "declined: not enough funds",
}
# Twelve to nineteen digits, with the spaces and dashes that people type; within a word of digits and letters they are the
# token's own.
_LOOKS_LIKE_A_CARD = re.compile(r"(?<![A-Za-z0-9])\d(?:[ -]?\d){11,18}(?![A-Za-z0-9])")


@dataclass(frozen=True)
class Authorisation:
    """The gateway's word on one payment."""

    is_authorised: bool
    reason: str | None = None


def authorise(method: PaymentMethod, token: str | None) -> Authorisation:
    """Whether the payment is good for its amount; cash on delivery always is, until the door."""
    if method == "cod":
        return Authorisation(is_authorised=True)
    fate, _, reason = TEST_TOKENS.get(token or "", "authorised").partition(": ")
    return Authorisation(is_authorised=fate == "authorised", reason=reason or None)


def looks_like_card_number(token: str) -> bool:
    """Whether somebody sent a card number where a token belongs."""
    return _LOOKS_LIKE_A_CARD.search(token) is not None
