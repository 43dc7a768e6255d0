"""Each seller's orders and periods, as the tests of the seller's pages count them again."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from storefront_api.seller_analytics import repository
from storefront_api.seller_analytics.periods import Period, period_of

SALES = ("approved", "processing", "shipped", "delivered", "refunded")
DHAKA = ZoneInfo("Asia/Dhaka")
Row = dict[str, Any]


def orders_by_seller(rows: Callable[[str], list[Row]]) -> dict[str, list[Row]]:
    """Each seller's orders: one row per order with that seller's sums, from the operational tables."""
    lines = rows(
        "select i.*, o.customer_id, o.status, o.ordered_at, o.approved_at, o.cancelled_at from shop.order_items as i"
        " join shop.orders as o using (order_id) order by o.ordered_at, o.order_id"
    )
    poor = {(row["order_id"], row["seller_id"]) for row in rows("select * from shop.reviews where rating <= 2 and not is_hidden")}
    refunds = defaultdict(list)
    for row in rows("select * from shop.refunds"):
        refunds[row["order_item_id"]].append(row)
    found: dict[tuple[str, str], Row] = {}
    for line in lines:
        one = found.setdefault(
            (line["order_id"], line["seller_id"]),
            line | {"total": 0, "refunded": 0, "lines": [], "day": line["ordered_at"].astimezone(DHAKA).date()},
        )
        one["total"] += line["total_minor"]
        one["refunded"] += sum(row["amount_minor"] for row in refunds[line["order_item_id"]])
        one["lines"].append(line)
    for key, one in found.items():
        one["is_defect"] = key in poor or (one["refunded"] > 0 and one["cancelled_at"] is None)
        one["is_paid"] = one["approved_at"] is not None or one["status"] in SALES
    by_seller: dict[str, list[Row]] = defaultdict(list)
    for (_, seller_id), one in found.items():
        by_seller[seller_id].append(one)
    return by_seller


async def periods(connection: psycopg.AsyncConnection[Row], sellers: list[str]) -> dict[str, Period]:
    """The last four weeks of each seller with figures."""
    found = {}
    for seller_id in sellers:
        seller = await repository.seller(connection, seller_id)
        assert seller is not None
        period = await period_of(connection, seller)
        assert period is not None
        found[seller_id] = period
    return found
