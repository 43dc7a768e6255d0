"""What a page notes about its visitor: the same events, by the same checks, as those that clients report."""

from typing import Any

import orjson

from marketplace.vocabulary import EventType
from storefront_api.events.service import capture
from storefront_api.pages.context import Page
from storefront_api.security import new_id


async def note(page: Page, *events: dict[str, Any]) -> None:
    """Store events of this request; a browser that only fetches ahead has seen nothing yet."""
    if "prefetch" in (page.request.headers.get("sec-purpose") or page.request.headers.get("purpose") or ""):
        return
    batch = [{"event_id": new_id("evt"), "occurred_at": page.now.isoformat(), **event} for event in events]
    customer_id = page.viewer.user_id if page.viewer else None
    await capture(page.connection, orjson.dumps({"events": batch}), visitor=page.visitor, customer_id=customer_id, now=page.now)


def product_view(product_id: str) -> dict[str, Any]:
    """The visitor looks at a product."""
    return {"event_type": EventType.PRODUCT_VIEW, "product_id": product_id}


def recommendation_click(product_id: str, *, request_id: str, shelf: str, position: int) -> dict[str, Any]:
    """The visitor came from a shelf."""
    return {
        "event_type": EventType.RECOMMENDATION_CLICK,
        "product_id": product_id,
        "request_id": request_id,
        "shelf": shelf,
        "position": position,
    }


def search(query: str) -> dict[str, Any]:
    """The visitor looked for something."""
    return {"event_type": EventType.SEARCH, "search_query": query}


def cart_add(product_id: str, quantity: int) -> dict[str, Any]:
    """The visitor put something into the cart."""
    return {"event_type": EventType.CART_ADD, "product_id": product_id, "quantity": quantity}


def cart_remove(product_id: str) -> dict[str, Any]:
    """The visitor took something out of the cart."""
    return {"event_type": EventType.CART_REMOVE, "product_id": product_id}


def checkout_start() -> dict[str, Any]:
    """The visitor opened checkout."""
    return {"event_type": EventType.CHECKOUT_START}
