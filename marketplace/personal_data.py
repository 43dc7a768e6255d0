"""Fields that name or reach a person, and how a page shows a row that holds them."""

from typing import Any

PERSONAL_FIELDS = frozenset(
    {
        "email", "phone", "full_name", "owner_name", "recipient_name", "password_hash", "line_1", "line_2", "postcode",
        "ip_address", "body",
    }
)  # fmt: skip
HIDDEN = "•••"
_OF_PEOPLE = ("customers", "sellers", "users", "addresses", "messages")  # files and tables


def hide(payload: Any) -> Any:
    """The payload with `HIDDEN` for every personal value, at any depth."""
    if isinstance(payload, dict):
        return {name: HIDDEN if name in PERSONAL_FIELDS and value is not None else hide(value) for name, value in payload.items()}
    if isinstance(payload, list):
        return [hide(value) for value in payload]
    return payload


def hide_row(payload: Any, object_: str) -> Any:
    """A row of the quarantine as a page shows it: one of people that is not yet columns is hidden as a whole."""
    hidden = hide(payload)
    if isinstance(hidden, dict) and object_.startswith(_OF_PEOPLE):
        return {name: HIDDEN if name in ("cells", "text") else value for name, value in hidden.items()}
    return hidden


def restore(corrected: Any, stored: Any) -> Any:
    """`corrected` with the stored value wherever it still says `HIDDEN`."""
    if isinstance(corrected, dict) and isinstance(stored, dict):
        return {
            name: stored.get(name) if value == HIDDEN and name in PERSONAL_FIELDS else restore(value, stored.get(name))
            for name, value in corrected.items()
        }
    if isinstance(corrected, list) and isinstance(stored, list):
        return [restore(*pair) for pair in zip(corrected, [*stored, *[None] * len(corrected)], strict=False)]
    return corrected
