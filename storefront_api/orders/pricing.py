"""What an order costs, line by line, in minor units; pure sums over rows that were read before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketplace.errors import OutOfStockError
from storefront_api.catalog.pricing import InvalidChoicesError, PricedChoice, price_choices
from storefront_api.problems import FieldError

_BASIS_POINTS = 10_000


@dataclass(frozen=True)
class WantedLine:
    """So many pieces of a product, customised like this: `{customisation_id: value}`."""

    product_id: str
    quantity: int
    choices: Mapping[str, str]


@dataclass(frozen=True)
class PricedLine:
    """One line of an order; `customisation_minor` is per unit, the other sums are for the line."""

    product_id: str
    seller_id: str
    title: str
    quantity: int
    choices: list[PricedChoice]
    unit_price_minor: int
    customisation_minor: int
    shipping_minor: int
    commission_minor: int
    currency: str

    @property
    def goods_minor(self) -> int:
        return (self.unit_price_minor + self.customisation_minor) * self.quantity

    @property
    def total_minor(self) -> int:
        return self.goods_minor + self.shipping_minor


@dataclass(frozen=True)
class PricedOrder:
    """All lines in one currency; the total is the sum of the lines' totals, to the unit."""

    lines: list[PricedLine]
    currency: str

    @property
    def subtotal_minor(self) -> int:
        return sum(line.goods_minor for line in self.lines)

    @property
    def shipping_minor(self) -> int:
        return sum(line.shipping_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor + self.shipping_minor

    @property
    def main_seller_id(self) -> str:
        """The seller of most of the money, of equal ones the first by id: whose counters the attempt is counted by."""
        money: dict[str, int] = {}
        for line in self.lines:
            money[line.seller_id] = money.get(line.seller_id, 0) + line.total_minor
        return min(money, key=lambda seller_id: (-money[seller_id], seller_id))


def price_order(
    wanted: Sequence[WantedLine],
    products: Mapping[str, Mapping[str, Any]],
    customisations: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    shipping_minor_per_seller: Mapping[str, int],
) -> PricedOrder:
    """The order at today's prices; each seller's parcel is charged once, on the first line of theirs.

    Args:
        products: by id, with `seller_id, title, price_minor, currency, commission_bps, is_on_sale, units_on_hand`.
        customisations: rows of `shop.customisations` by product id.
    Raises:
        FieldError: a product that is not on sale, a second currency, or choices that the product cannot have.
        OutOfStockError: fewer pieces are there than wanted. Whether they still are when stock is taken is decided then.
    """
    lines: list[PricedLine] = []
    shipped: set[str] = set()
    for number, line in enumerate(wanted):
        product = products.get(line.product_id)
        if product is None or not product["is_on_sale"]:
            raise FieldError(f"/items/{number}/product_id", f"{line.product_id!r} is not on sale")
        if product["units_on_hand"] < line.quantity:
            raise OutOfStockError(f"only {product['units_on_hand']} left of {product['title']!r}, {line.quantity} wanted")
        if lines and product["currency"] != lines[0].currency:
            raise FieldError(f"/items/{number}/product_id", "one order has one currency; order this product on its own")
        try:
            choices = price_choices(customisations.get(line.product_id, ()), line.choices)
        except InvalidChoicesError as error:
            field, detail = next(iter(error.fields.items()))
            raise FieldError(f"/items/{number}/choices/{field}", detail) from error
        seller_id, currency = product["seller_id"], product["currency"]
        extra = sum(choice.price_minor for choice in choices)
        goods = (product["price_minor"] + extra) * line.quantity
        lines.append(
            PricedLine(
                product_id=line.product_id,
                seller_id=seller_id,
                title=product["title"],
                quantity=line.quantity,
                choices=choices,
                unit_price_minor=product["price_minor"],
                customisation_minor=extra,
                shipping_minor=0 if seller_id in shipped else shipping_minor_per_seller.get(currency, 0),
                commission_minor=commission(goods, product["commission_bps"]),
                currency=currency,
            )
        )
        shipped.add(seller_id)
    return PricedOrder(lines=lines, currency=lines[0].currency)


def commission(goods_minor: int, commission_bps: int) -> int:
    """The marketplace's share of the goods, half a unit rounded up; the seller's share is the rest, so nothing is lost."""
    return (goods_minor * commission_bps + _BASIS_POINTS // 2) // _BASIS_POINTS
