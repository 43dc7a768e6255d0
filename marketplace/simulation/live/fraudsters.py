"""Living fraud: testers of stolen cards, and rings that share a device, a door and a card.

Only what a real shop would see gives them away; their accounts are named as everybody's.
"""

from dataclasses import dataclass

from marketplace.simulation.live.shoppers import Shopper, choices_for, order

_DECLINED = ("tok_declined", "tok_declined", "tok_insufficient_funds")


@dataclass
class CardTester(Shopper):
    """Tries one card after the other on cheap goods; most are refused."""

    rests: float = 40.0

    async def visit(self) -> None:
        self.browser.new_visit()
        self.report.visits += 1
        await self.browser.sign_in(self.account.email, self.password)
        cheap = (await self.browser.get("/v1/products", order="price", in_stock=True, limit=24))["items"]
        for number in range(int(self.rng.integers(4, 9))):
            if self.stopping.is_set() or not cheap:
                return
            await self.pause()
            card = cheap[int(self.rng.integers(len(cheap)))]
            product = await self.browser.get(f"/v1/products/{card['product_id']}")
            is_good = self.rng.random() < 0.2
            token = f"tok_sim_{self.run}_{self.account.number}_{number}" if is_good else _DECLINED[number % len(_DECLINED)]
            line = {"product_id": product["product_id"], "quantity": 1, "choices": choices_for(product, self.rng)}
            await order(self, {"items": [line], "payment": {"method": "card", "token": token}})


@dataclass
class RingMember(Shopper):
    """Buys dear goods on the ring's one device, card and door; `devices` is shared by the ring's members."""

    rests: float = 40.0
    devices: dict[int, str] | None = None

    async def visit(self) -> None:
        assert self.devices is not None
        assert self.account.ring is not None
        self.browser.new_visit(self.devices.get(self.account.ring))
        self.report.visits += 1
        await self.browser.sign_in(self.account.email, self.password)
        if device := self.browser.device:
            self.devices.setdefault(self.account.ring, device)
        dear = (await self.browser.get("/v1/products", order="-price", in_stock=True, limit=24))["items"]
        for _ in range(int(self.rng.integers(1, 4))):
            if self.stopping.is_set() or not dear:
                return
            await self.pause()
            card = dear[int(self.rng.integers(len(dear)))]
            product = await self.browser.get(f"/v1/products/{card['product_id']}")
            line = {"product_id": product["product_id"], "quantity": 1, "choices": choices_for(product, self.rng)}
            token = f"tok_sim_{self.run}_{self.account.ring}_shared"
            await order(self, {"items": [line], "payment": {"method": "card", "token": token}})
