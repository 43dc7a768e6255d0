"""What one customised piece costs: the one place where customisation prices are added up.

The product page's live price, the quote endpoint, the cart and checkout all call `price_choices`, so a shopper pays what was
shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from marketplace.errors import InvalidInputError

_LONGEST_TEXT = 200
_LONGEST_LINK = 500


class InvalidChoicesError(InvalidInputError):
    """Chosen customisations that this product cannot have; `fields` maps a customisation id to what is wrong."""

    code = "invalid_choices"

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(self.fields.values()))


@dataclass(frozen=True)
class PricedChoice:
    """One customisation as chosen, with what it adds per unit."""

    customisation_id: str
    name: str
    value: str
    label: str
    price_minor: int


def price_choices(customisations: Sequence[Mapping[str, Any]], choices: Mapping[str, str]) -> list[PricedChoice]:
    """The chosen customisations in the product's order, each with its price per unit; blank values count as not chosen.

    Args:
        customisations: rows of `shop.customisations` of one product.
        choices: `{customisation_id: value}` as the shopper sent it.
    Raises:
        InvalidChoicesError: an unknown customisation, a required one left out, or a value that is too long or not offered.
    """
    chosen = {key: value.strip() for key, value in choices.items() if value and value.strip()}
    known = {row["customisation_id"] for row in customisations}
    problems = {key: "this product has no such customisation" for key in chosen if key not in known}
    priced = []
    for row in customisations:
        key = row["customisation_id"]
        if key not in chosen:
            if row["is_required"]:
                problems[key] = f"{row['name']} is needed"
            continue
        try:
            priced.append(_price(row, chosen[key]))
        except InvalidInputError as error:
            problems[key] = str(error)
    if problems:
        raise InvalidChoicesError(problems)
    return priced


def _price(row: Mapping[str, Any], value: str) -> PricedChoice:
    label, extra = value, 0
    if row["kind"] == "choice":
        offered = {choice["value"]: choice for choice in row["choices"]}
        if value not in offered:
            raise InvalidInputError(f"{row['name']}: {value!r} is not offered; choose one of {', '.join(offered)}")
        label, extra = offered[value].get("label") or value, int(offered[value].get("price_minor") or 0)
    elif row["kind"] == "photo":
        if len(value) > _LONGEST_LINK or urlsplit(value).scheme != "https" or not urlsplit(value).netloc:
            raise InvalidInputError(f"{row['name']}: give the link of your photo, starting with https://")
    elif len(value) > (row["max_length"] or _LONGEST_TEXT):
        raise InvalidInputError(f"{row['name']}: at most {row['max_length'] or _LONGEST_TEXT} characters, this has {len(value)}")
    return PricedChoice(row["customisation_id"], row["name"], value, label, row["price_minor"] + extra)
