"""One event as a browser reports it, and what became of a batch of them."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StringConstraints

from marketplace.vocabulary import EventType

LARGEST_BATCH = 500


def _is_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("give an instant as text, such as 2026-01-31T12:00:00Z")
    return value


def _plain_words(value: Any) -> Any:
    """The text without blanks around it: stripped here, because a length is checked before `strip_whitespace` is applied."""
    if not isinstance(value, str):
        return value
    if "\0" in value:
        raise ValueError("holds NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a surrogate pair") from None
    return value.strip()


Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Phrase = Annotated[str, BeforeValidator(_plain_words), StringConstraints(min_length=1, max_length=200)]


class Event(BaseModel):
    """One step of a shopper; whose session and device it was is known from the request, not told by the event.

    `event_id` is the sender's own: sent twice it counts once. Purchases are written when an order is placed, not sent.
    """

    model_config = ConfigDict(extra="forbid")

    event_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    event_type: Literal[
        "page_view",
        "product_view",
        "search",
        "cart_add",
        "cart_remove",
        "checkout_start",
        "wishlist_add",
        "recommendation_click",
        "review",
        "message",
        "location",
    ]
    occurred_at: Annotated[AwareDatetime, BeforeValidator(_is_text)]
    product_id: Word | None = None
    quantity: StrictInt | None = Field(default=None, ge=1, le=999)
    search_query: Phrase | None = None
    request_id: Word | None = None
    shelf: Word | None = None
    position: StrictInt | None = Field(default=None, ge=0, le=1000)


PRODUCT_EVENTS = frozenset(
    {
        EventType.PRODUCT_VIEW,
        EventType.CART_ADD,
        EventType.CART_REMOVE,
        EventType.WISHLIST_ADD,
        EventType.RECOMMENDATION_CLICK,
    }
)


class QuarantinedEvent(BaseModel):
    """Which event of the batch was set aside, and why."""

    index: int
    reason: str


class BatchResult(BaseModel):
    """What became of a batch: durable, known already, set aside."""

    accepted: int
    duplicates: int
    quarantined: int
    problems: list[QuarantinedEvent]


# The route reads its body itself, because one bad event must not spoil the batch: so the document is told here.
REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "title": "EventBatch",
                "required": ["events"],
                "additionalProperties": False,
                "properties": {
                    "events": {
                        "type": "array",
                        "maxItems": LARGEST_BATCH,
                        "items": Event.model_json_schema(),
                    }
                },
            }
        }
    },
}
