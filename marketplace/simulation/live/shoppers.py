"""Honest living shoppers: they come, look around by their tastes, click, fill carts and sometimes pay.

They are more eager than real people (a cart at one view in six, not in forty), so that a few minutes show the whole way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from marketplace.simulation.live.accounts import Account
from marketplace.simulation.live.browser import Browser, RefusedError
from marketplace.simulation.live.report import Report
from marketplace.simulation.live.tastes import Card, Tastes

GUEST_SHARE = 0.25
CART_CHANCE = 0.16
CHECKOUT_CHANCE = 0.7
VIEWS_PER_VISIT = 6.0
_LONGEST_VISIT = 20
_ENGRAVED = ("Ma", "Baba", "Home", "A + R", "মা", "Happy Eid")


@dataclass
class Shelf:
    """Goods in sight, and where they stand; `request_id` where a model proposed them."""

    cards: list[Card]
    name: str | None = None
    request_id: str | None = None


@dataclass
class Shopper:
    """One living shopper; `stopping` ends a visit between two steps, `pause` is waited between steps."""

    account: Account
    password: str
    browser: Browser
    report: Report
    rng: np.random.Generator
    tastes: Tastes
    stopping: asyncio.Event
    pause: Callable[..., Awaitable[None]]
    run: str
    is_signed_in: bool = False
    cart: int = 0
    seen: list[str] = field(default_factory=list)
    events_sent: int = 0
    rests: float = 2.0  # between visits, in usual pauses

    async def visit(self) -> None:
        """One visit from the front page to leaving or paying; raises what the browser raises."""
        self.browser.new_visit()
        self.is_signed_in = self.rng.random() >= GUEST_SHARE
        self.cart, self.seen = 0, []
        self.report.visits += 1
        if self.is_signed_in:
            await self.browser.sign_in(self.account.email, self.password)
        shelf = await self._another_shelf()
        for _ in range(min(int(self.rng.geometric(1 / VIEWS_PER_VISIT)), _LONGEST_VISIT)):
            if self.stopping.is_set():
                return
            await self.pause()
            shelf = await self._look_at_one_of(shelf)
        if self.cart and self.is_signed_in and self.rng.random() < CHECKOUT_CHANCE and not self.stopping.is_set():
            await self.pause()
            await self._pay()

    async def _look_at_one_of(self, shelf: Shelf) -> Shelf:
        """View a product, perhaps take it; where the shopper looks next."""
        fresh = [place for place, card in enumerate(shelf.cards) if card["product_id"] not in self.seen]
        if not fresh:
            return await self._another_shelf()
        place = fresh[self.tastes.choose([shelf.cards[spot] for spot in fresh], self.rng)]
        card = shelf.cards[place]
        self.seen.append(card["product_id"])
        product = await self.browser.get(f"/v1/products/{card['product_id']}")
        steps = [{"event_type": "product_view", "product_id": card["product_id"]}]
        if shelf.request_id is not None:
            clicked = {"request_id": shelf.request_id, "shelf": shelf.name, "position": place + 1}
            steps.insert(0, {"event_type": "recommendation_click", "product_id": card["product_id"]} | clicked)
        liking = min(self.tastes.liking(card) / 4, 2.0)
        if self.rng.random() < CART_CHANCE * liking and card["units_on_hand"] > 0:
            steps += await self._take(product)
        elif self.rng.random() < 0.05 and self.is_signed_in:
            steps.append({"event_type": "wishlist_add", "product_id": card["product_id"]})
        await self._tell(*steps)
        draw = self.rng.random()
        if draw < 0.35:
            return await self._shelf(f"/v1/products/{card['product_id']}/similar", k=12)
        return shelf if draw < 0.7 else await self._another_shelf()

    async def _another_shelf(self) -> Shelf:
        """For you, popular, a favourite category, or a search for one."""
        draw = self.rng.random()
        if draw < 0.45:
            return await self._shelf("/v1/recommendations", k=12)
        if draw < 0.55:
            return await self._shelf("/v1/trending", k=12)
        category = self.tastes.favourite(self.rng)
        if draw < 0.8:
            return await self._list(category_id=category, in_stock=True)
        words = self.tastes.names[category]
        await self._tell({"event_type": "search", "search_query": words})
        return await self._list(query=words)

    async def _shelf(self, path: str, **asked: Any) -> Shelf:
        answer = await self.browser.get(path, **asked)
        return Shelf([item["product"] for item in answer["items"]], answer["name"], answer["request_id"])

    async def _list(self, **asked: Any) -> Shelf:
        return Shelf((await self.browser.get("/v1/products", limit=24, **asked))["items"])

    async def _take(self, product: dict[str, Any]) -> list[dict[str, Any]]:
        """Put the product into the cart, customised as it must be; the event to tell, none when the shop would not."""
        line = {"product_id": product["product_id"], "quantity": 1, "choices": choices_for(product, self.rng)}
        try:
            await self.browser.post("/v1/cart/items", line, is_repeatable=False)
        except RefusedError as refused:
            self.report.refusals[refused.code] += 1
            return []
        self.cart += 1
        self.report.carts += 1
        return [{"event_type": "cart_add", "product_id": product["product_id"], "quantity": 1}]

    async def _pay(self) -> None:
        """Order the cart; each shopper keeps to one card or wallet."""
        await self._tell({"event_type": "checkout_start"})
        method = ("card", "card", "card", "bkash", "cod")[self.account.number % 5]
        token = None if method == "cod" else f"tok_sim_{self.account.user_id.replace('-', '_')}"
        await order(self, {"payment": {"method": method, "token": token}})

    async def _tell(self, *steps: dict[str, Any]) -> None:
        """Report steps to the shop, as a browser does."""
        now = datetime.now(UTC).isoformat()
        events = []
        for step in steps:
            self.events_sent += 1
            identity = f"sim-{self.run}-{self.account.number}-{self.events_sent}"
            events.append({"event_id": identity, "occurred_at": now} | step)
        answer = await self.browser.post("/v1/events", {"events": events})
        self.report.events += answer["accepted"]
        if answer["quarantined"]:
            self.report.errors["quarantined event"] += answer["quarantined"]


async def order(shopper: Shopper, wanted: dict[str, Any]) -> str | None:
    """Place an order to the shopper's own door; its status, or None when the shop refused."""
    orders = sum(shopper.report.orders.values())
    key = f"sim-{shopper.run}-{shopper.account.number}-{shopper.report.requests}-{orders}"
    try:
        placed = await shopper.browser.post("/v1/orders", wanted | {"shipping_address": shopper.account.door}, key=key)
    except RefusedError as refused:
        shopper.report.refusals[refused.code] += 1
        return None
    shopper.report.orders[placed["status"]] += 1
    return str(placed["status"])


def choices_for(product: dict[str, Any], rng: np.random.Generator) -> dict[str, str]:
    """What must be chosen about the product, and some of what may be."""
    chosen = {}
    for option in product["customisations"]:
        if not option["is_required"] and rng.random() > 0.4:
            continue
        if option["kind"] == "choice":
            value = str(option["choices"][int(rng.integers(len(option["choices"])))]["value"]) if option["choices"] else ""
        elif option["kind"] == "photo":
            value = "https://photos.example/simulated.jpg"
        else:
            value = _ENGRAVED[int(rng.integers(len(_ENGRAVED)))][: option["max_length"] or 20]
        chosen[option["customisation_id"]] = value
    return chosen
