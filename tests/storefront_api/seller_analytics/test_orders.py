"""What is asked of the mart of a seller's orders, worked by hand: kinds of customers with their later value, and defects."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from fastapi import FastAPI

from storefront_api.analytics import rows
from storefront_api.analytics.days import Days
from storefront_api.seller_analytics.performance import performance
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.registry import row_table
from storefront_api.seller_analytics.segments import segments
from tests.factories import insert

Shop = psycopg.Connection[dict[str, Any]]
MARTS = Path(__file__).parents[3] / "dbt/models/marts"
# Ninety days earlier is the last of March.
LAST = date(2026, 6, 29)
KNOWN = Days(date(2025, 1, 1), LAST)
PERIOD = Period("s", "Pots", "UTC", "BDT", KNOWN, "previous", None, KNOWN, None)


def on(day: date) -> Period:
    """That day alone."""
    return replace(PERIOD, days=Days(day, day))


@pytest.fixture
def marts(shop: Shop) -> Shop:
    """The database with empty marts of a seller's orders, questions and reviews, as their contracts describe them."""
    shop.execute("create schema if not exists marts")
    for path in ("sellers/fct_seller_orders", "sellers/fct_seller_questions", "core/fct_reviews"):
        name = path.partition("/")[2]
        described = yaml.safe_load((MARTS / f"{path}.yml").read_text())["models"][0]["columns"]
        columns = ", ".join(f"{one['name']} {one['data_type']}" for one in described)
        shop.execute(f"create table marts.{name} ({columns})".encode())
    return shop


def sold(shop: Shop, customer_id: str, days_ago: int, **given: Any) -> None:
    """An order for 10.00 at noon of that day before the last; what became of it is given in days after it."""
    day = LAST - timedelta(days=days_ago)
    ordered_at = datetime.combine(day, time(12), UTC)
    row = {
        "order_id": f"o_{customer_id}_{days_ago}", "seller_id": "s", "customer_id": customer_id, "is_sale": True,
        "was_approved": True, "sale_date": day, "revenue_minor": 1000, "refund_minor": 0, "ordered_at": ordered_at,
    }  # fmt: skip
    became = {name: ordered_at + timedelta(days=given.pop(name)) for name in list(given) if name.endswith("_at")}
    insert(shop, "marts.fct_seller_orders", row | given | became)


async def test_customers_are_of_the_kind_that_their_orders_make_them(app: FastAPI, marts: Shop) -> None:
    for customer_id, days in {
        "new": [90], "back": [200, 90], "slips": [200, 91], "slips late": [300, 180], "gone": [300, 181], "once": [91],
    }.items():  # fmt: skip
        for days_ago in days:
            sold(marts, customer_id, days_ago, refund_minor=400 if days_ago == 91 else 0)
    for number in range(18):
        sold(marts, f"once {number}", 200)
    sold(marts, "new", 10, is_sale=False)
    sold(marts, "back", 5, seller_id="another")
    async with app.state.database.transaction() as connection:
        found = {one.kind.name: one for one in await segments(connection, "s", LAST)}
    counts = {"best": 0, "loyal": 0, "returning": 1, "new": 1, "slipping": 2, "gone": 1, "once": 19}
    assert {name: one.customer_count for name, one in found.items()} == counts
    # Eighteen who bought for 10.00, and one who got 4.00 of it back.
    assert found["once"].spent_minor == (18 * 1000 + 600) / 19
    # A half year ago: twenty had just come, of whom two bought once more since, one with 4.00 back; and two had come back.
    assert {name: one.observed_count for name, one in found.items() if one.observed_count} == {"new": 20, "returning": 2}
    assert (found["new"].value_minor, found["returning"].value_minor) == ((1000 + 600) / 20, None)
    async with app.state.database.transaction() as connection:
        then = await rows.read_page(connection, row_table("customers_new"), on(LAST - timedelta(days=180)), cursor=None, limit=50)
        now = await rows.read_page(connection, row_table("customers_once"), on(LAST), cursor=None, limit=50)
    assert sorted(row["later_minor"] for row in then.rows) == [0] * 18 + [600, 1000]
    assert sorted(row["net_minor"] for row in now.rows) == [600] + [1000] * 18
    assert {row["later_minor"] for row in now.rows} == {None}, "what they bring in a half year is not known yet"


async def test_defects_are_told_of_mature_orders(app: FastAPI, marts: Shop) -> None:
    for days_ago, known_after in {89: 1, 90: 29, 149: 29, 150: 29, 454: 29, 455: 1}.items():
        sold(marts, "defect", days_ago, refunded_at=known_after)
    for number in range(2):
        sold(marts, f"poor {number}", 200, poorly_reviewed_at=29)
        sold(marts, f"late {number}", 200, refunded_at=30)
    sold(marts, "poor, then refunded", 200, poorly_reviewed_at=29, refunded_at=40)
    sold(marts, "refunded very late", 200, refunded_at=60)
    for number in range(3):
        sold(marts, f"content {number}", 100)
    sold(marts, "never paid", 100, was_approved=False, refunded_at=1)
    async with app.state.database.transaction() as connection:
        found = await performance(connection, PERIOD)
    # The sixty days until the last of March: the orders 90 and 149 days ago, of five.
    assert (found.mature_defects.days, found.mature_defects.share) == (Days(date(2026, 1, 31), date(2026, 3, 31)), 2 / 5)
    # Of ten in the year until then seven within 30 days; those 89 and 455 days ago lie outside.
    assert found.known_within_30_days == 7 / 10
    assert [(one.month, one.order_count, one.defect_count, one.is_mature) for one in found.months] == [
        (date(2025, 12, 1), 6, 6, True),
        (date(2026, 1, 1), 2, 2, True),
        (date(2026, 3, 1), 4, 1, True),
        (date(2026, 4, 1), 1, 1, False),
    ]
    async with app.state.database.transaction() as connection:
        a_day_earlier = Days(KNOWN.first, LAST - timedelta(days=1))
        months = (await performance(connection, replace(PERIOD, known=a_day_earlier))).months
    assert [one.is_mature for one in months] == [True, True, False, False], "the last of March is 89 days ago"


async def test_stars_are_those_of_ninety_days_and_told_from_three_reviews_on(app: FastAPI, marts: Shop) -> None:
    told = []
    for number, days_ago in enumerate((90, 89, 89, 0)):
        reviewed_at = datetime.combine(LAST - timedelta(days=days_ago), time(12), UTC)
        review = {"review_id": f"r{number}", "seller_id": "s", "rating": 1 + number, "reviewed_at": reviewed_at}
        insert(marts, "marts.fct_reviews", review)
        async with app.state.database.transaction() as connection:
            told.append((await performance(connection, PERIOD)).stars)
    assert [(one.review_count, one.mean) for one in told] == [(0, None), (1, None), (2, None), (3, 3.0)]
    assert told[-1].days == Days(date(2026, 4, 1), LAST)
