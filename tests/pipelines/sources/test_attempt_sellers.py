"""Attempts of files get the main seller of their order, as checkout has it."""

from typing import Any

import polars as pl
import psycopg

from pipelines.sources.attempt_sellers import with_sellers
from storefront_api.orders.pricing import PricedLine, PricedOrder
from tests.factories import NOON, insert, make_product, make_seller, make_user

LINES = {"o1": [("a", 300), ("b", 200), ("b", 101)], "o2": [("b", 500), ("a", 500)]}


def test_main_seller_is_that_of_most_money_and_then_the_first(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        names = {name: make_seller(connection)["seller_id"] for name in "ab"}
        products = {name: make_product(connection, seller)["product_id"] for name, seller in names.items()}
        customer = make_user(connection)["user_id"]
        for order_id, lines in LINES.items():
            order: dict[str, Any] = {"order_id": order_id, "customer_id": customer, "status": "approved", "currency": "BDT",
                     "subtotal_minor": 0, "total_minor": 0, "ordered_at": NOON}  # fmt: skip
            insert(connection, "shop.orders", order)
            for number, (name, money) in enumerate(lines, start=1):
                line: dict[str, Any] = {"order_item_id": f"{order_id}-{number}", "order_id": order_id, "line_number": number,
                        "product_id": products[name], "seller_id": names[name], "quantity": 1, "unit_price_minor": money,
                        "total_minor": money, "currency": "BDT"}  # fmt: skip
                insert(connection, "shop.order_items", line)
        attempts = pl.DataFrame({"payment_attempt_id": ["1", "2", "3", "4"], "order_id": ["o2", None, "o1", "gone"]})
        (loaded,) = with_sellers(connection, [attempts])
    of_order = {order_id: _order([(names[name], money) for name, money in lines]) for order_id, lines in LINES.items()}
    expected = [of_order["o2"].main_seller_id, None, of_order["o1"].main_seller_id, None]
    assert loaded["seller_id"].to_list() == expected == [min(names.values()), None, names["b"], None]


def _order(lines: list[tuple[str, int]]) -> PricedOrder:
    priced = [
        PricedLine(product_id="p", seller_id=seller, title="Cup", quantity=1, choices=[], unit_price_minor=money,
                   customisation_minor=0, shipping_minor=0, commission_minor=0, currency="BDT")
        for seller, money in lines
    ]  # fmt: skip
    return PricedOrder(lines=priced, currency="BDT")
