"""What every shelf keeps to, whatever the shop's state and the service's mood: drawn shops, asked over HTTP."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import insert, make_category, make_product, make_seller, make_user
from tests.storefront_api.conftest import signed_in
from tests.storefront_api.recommendations.conftest import Recommender, shown

Shop = psycopg.Connection[dict[str, Any]]

PRODUCTS = 14
SELLER_OF = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 3]  # most are one seller's, so that its cap must give way
FILLED_UP = ("/v1/recommendations", "/v1/trending", "/v1/products/{about}/similar")
ONLY_ITS_NAME = ("/v1/products/{about}/bought-together", "/v1/recommendations/with-cart", "/v1/recommendations/buy-again")
NUMBERS = st.integers(0, PRODUCTS - 1)
SOME = st.frozensets(NUMBERS, max_size=5)


@dataclass(frozen=True)
class Drawn:
    """A state of the shop, by the numbers of products."""

    inactive: frozenset[int]
    sold_out: frozenset[int]
    dismissed: frozenset[int]
    carted: frozenset[int]
    bought: frozenset[int]
    suspended_seller: int | None
    category: int | None
    proposed: list[int]
    is_away: bool
    k: int


STATES = st.builds(
    Drawn,
    inactive=SOME,
    sold_out=SOME,
    dismissed=SOME,
    carted=SOME,
    bought=SOME,
    suspended_seller=st.none() | st.integers(0, 3),
    category=st.none() | st.integers(0, 2),
    proposed=st.lists(st.integers(0, PRODUCTS + 3), max_size=25),  # repeats, and products that there are not
    is_away=st.booleans(),
    k=st.integers(1, PRODUCTS),
)


class SmallShop:
    """Fourteen products of four sellers in three categories, and one customer."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.customer = make_user(shop)
        self._client: httpx.AsyncClient | None = None
        self.sellers = [make_seller(shop)["seller_id"] for _ in range(4)]
        self.categories = [make_category(shop)["category_id"] for _ in range(3)]
        self.products = [
            make_product(shop, self.sellers[SELLER_OF[number]], category_id=self.categories[number % 3])["product_id"]
            for number in range(PRODUCTS)
        ]

    async def signed_in(self, app: FastAPI) -> httpx.AsyncClient:
        """The customer's client, the same each time: a password costs more than everything else here."""
        if self._client is None:
            self._client = await signed_in(app, self.customer["email"])
        return self._client

    def become(self, drawn: Drawn) -> None:
        """Bring the shop into this state."""

        def ids(numbers: frozenset[int]) -> list[str]:
            return [self.products[number] for number in numbers]

        suspended = self.sellers[drawn.suspended_seller] if drawn.suspended_seller is not None else None
        self.shop.execute("update shop.products set is_active = product_id <> all(%s)", (ids(drawn.inactive),))
        self.shop.execute(
            "update shop.stock set units_on_hand = case when product_id = any(%s) then 0 else 9 end", (ids(drawn.sold_out),)
        )
        self.shop.execute(
            "update shop.sellers set status = case when seller_id = %s then 'suspended' else 'approved' end", (suspended,)
        )
        for table in ("dismissals", "cart_items", "carts", "order_items", "orders", "impressions"):
            self.shop.execute(f"delete from shop.{table}".encode())
        now = datetime.now(UTC)
        owner = {"session_id": "s", "customer_id": self.customer["user_id"]}
        for number in drawn.dismissed:
            row = {"dismissal_id": f"d{number}", "product_id": self.products[number], "dismissed_at": now}
            insert(self.shop, "shop.dismissals", owner | row)
        insert(self.shop, "shop.carts", {"cart_id": "c", "customer_id": self.customer["user_id"]})
        for number in drawn.carted:
            row = {"cart_item_id": f"i{number}", "cart_id": "c", "product_id": self.products[number], "quantity": 1}
            insert(self.shop, "shop.cart_items", row)
        for number in drawn.bought:
            self.buy(number, now - timedelta(days=2))

    def buy(self, number: int, at: datetime) -> None:
        """One delivered order of one piece."""
        money = {"currency": "BDT", "subtotal_minor": 100, "total_minor": 100}
        order = {"order_id": f"o{number}", "customer_id": self.customer["user_id"], "status": "delivered", "ordered_at": at}
        insert(self.shop, "shop.orders", order | money)
        item = {
            "order_item_id": f"oi{number}", "order_id": f"o{number}", "product_id": self.products[number],
            "seller_id": self.sellers[SELLER_OF[number]], "quantity": 1, "unit_price_minor": 100,
            "total_minor": 100, "currency": "BDT", "line_number": 1,
        }  # fmt: skip
        insert(self.shop, "shop.order_items", item)


@pytest.fixture
def small_shop(shop: Shop) -> SmallShop:
    return SmallShop(shop)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=STATES, path=st.sampled_from([*FILLED_UP, *ONLY_ITS_NAME]), about=NUMBERS)
async def test_shelf_shows_nothing_forbidden_nothing_twice_and_is_full_while_the_shop_has_enough(
    app: FastAPI, small_shop: SmallShop, recommender: Recommender, drawn: Drawn, path: str, about: int
) -> None:
    small_shop.become(drawn)
    seller_is_gone = drawn.suspended_seller == SELLER_OF[about]
    is_about = "{about}" in path
    if is_about and (about in drawn.inactive or seller_is_gone):
        return  # the shop does not show the product that the shelf would be about
    recommender.product_ids = [small_shop.products[one] if one < PRODUCTS else f"unknown-{one}" for one in drawn.proposed]
    recommender.misbehave = Recommender.error if drawn.is_away else None
    app.state.clients.recommendation.breaker.succeeded()
    in_category = "similar" not in path and path in FILLED_UP and drawn.category is not None
    parameters = {"k": drawn.k} | ({"category_id": small_shop.categories[drawn.category or 0]} if in_category else {})
    client = await small_shop.signed_in(app)
    answer = await client.get(path.format(about=small_shop.products[about]), params=parameters)

    forbidden = drawn.inactive | drawn.sold_out | drawn.dismissed | drawn.carted | ({about} if is_about else frozenset())
    if not path.endswith("buy-again"):
        forbidden |= drawn.bought
    allowed = {
        small_shop.products[number]
        for number in range(PRODUCTS)
        if number not in forbidden
        and SELLER_OF[number] != drawn.suspended_seller
        and (not in_category or number % 3 == drawn.category)
    }
    on_it = shown(answer)
    assert len(set(on_it)) == len(on_it) <= drawn.k
    assert set(on_it) <= allowed
    if path in FILLED_UP:
        assert len(on_it) == min(drawn.k, len(allowed))
    elif path.endswith("buy-again"):
        assert set(on_it) <= {small_shop.products[number] for number in drawn.bought}
    elif not drawn.is_away:
        proposed = allowed & set(recommender.product_ids) if drawn.carted or is_about else set()
        assert len(on_it) == min(drawn.k, len(proposed))
    for item in answer.json()["items"]:
        assert all(item[name] for name in ("reason", "source", "model", "version"))
    noted = small_shop.shop.execute("select product_id from shop.impressions order by position").fetchall()
    assert [row["product_id"] for row in noted] == on_it
