"""Advice for every product of a shop, however many there are."""

from typing import Any

import psycopg
from fastapi import FastAPI

from storefront_api.seller_analytics.restock import restock
from tests.factories import make_seller, make_user

Shop = psycopg.Connection[dict[str, Any]]


async def test_slow_product_that_is_sold_out_is_told_among_many(app: FastAPI, shop: Shop) -> None:
    seller_id = make_seller(shop, user_id=make_user(shop, role="seller")["user_id"])["seller_id"]
    shop.execute(
        "insert into shop.products (product_id, seller_id, title, price_minor, currency, listed_at)"
        " select 'p' || n, %s, 'A cup', 1, 'BDT', now() from generate_series(1, 601) as n",
        (seller_id,),
    )
    shop.execute(
        "insert into shop.stock (product_id, units_on_hand) select product_id, 1000 from shop.products where product_id <> 'p601'"
    )
    shop.execute(
        "insert into predictions.product_forecasts (product_id, seller_id, status, starts_on, weekly_units, weekly_deviation,"
        " model_name, model_version, computed_at) select 'p' || n, %s, 'ok', '2026-06-01', case n when 601 then 0.5 else 5 end,"
        " 1, 'seller_analytics', '1', now() from generate_series(1, 601) as n",
        (seller_id,),
    )
    async with app.state.database.transaction() as connection:
        advice = await restock(connection, seller_id)
    assert len(advice.products) == 601
    assert [product.product_id for product in advice.products if product.is_due] == [advice.products[0].product_id] == ["p601"]
