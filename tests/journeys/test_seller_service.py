"""How each simulated seller serves: equal to a recount in Python from the shop's own tables, and the same on every page."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from storefront_api.analytics import rows as rows_of
from storefront_api.analytics.days import Days
from storefront_api.seller_analytics.performance import MEASURES, performance, window
from storefront_api.seller_analytics.registry import row_table
from tests.journeys.own_loop import in_own_loop
from tests.journeys.seller_recounts import DHAKA, Row, periods

MID_MONTH = date(2026, 10, 15)
# The sums of the rows that a measure is made of: its part and its whole.
COUNTED = {
    "defects": ("defect_count", "row_count"),
    "late": ("late_count", "due_count"),
    "cancelled": ("cancelled_count", "row_count"),
    "tracked": ("traced_count", "shipped_count"),
    "replies": ("answered_in_time_count", "row_count"),
}


@in_own_loop
async def test_service_equals_a_recount(
    connection: psycopg.AsyncConnection[Row], orders: dict[str, list[Row]], rows: Any
) -> None:
    messages = defaultdict(list)
    for row in rows("select * from shop.messages order by sent_at, sender, message_id"):
        messages[row["seller_id"], row["customer_id"]].append(row)
    judged = 0
    for seller_id, period in (await periods(connection, sorted(orders))).items():
        until = datetime.combine(period.known.last + timedelta(days=1), datetime.min.time(), DHAKA)
        found = await performance(connection, period)
        counts = {one.measure.name: (one.part, one.whole) for one in found.measures}
        paid = [one for one in orders[seller_id] if one["is_paid"]]

        def inside(name: str, paid: list[Row] = paid, last: date = period.known.last) -> list[Row]:
            days = window(next(one for one in MEASURES if one.name == name), last)
            return [one for one in paid if days.first <= one["day"] <= days.last]

        defects = inside("defects")
        assert counts["defects"] == (sum(one["is_defect"] for one in defects), len(defects))
        late = [_lateness(one, until) for one in inside("late")]
        assert counts["late"] == (late.count(True), len(late) - late.count(None))
        cancelled = inside("cancelled")
        assert counts["cancelled"] == (
            sum(one["cancelled_at"] is not None and _whole(one, "shipped_at") is None for one in cancelled),
            len(cancelled),
        )
        shipped = [one for one in inside("tracked") if _whole(one, "shipped_at")]
        assert counts["tracked"] == (sum(_whole(one, "delivered_at") is not None for one in shipped), len(shipped))
        waits = [wait for (seller, _), talk in messages.items() if seller == seller_id for wait in _waits(talk)]
        since = until - timedelta(days=90)
        old_enough = [(asked, answered) for asked, answered in waits if since <= asked < until - timedelta(hours=24)]
        in_time = [answered is not None and answered - asked <= timedelta(hours=24) for asked, answered in old_enough]
        assert counts["replies"] == (sum(in_time), len(old_enough))
        for one in found.measures:
            behind = await rows_of.totals(connection, row_table(one.measure.rows), replace(period, days=one.days))
            part, whole = COUNTED[one.measure.name]
            assert (behind[part], behind[whole]) == (one.part, one.whole), one.measure.name
        assert sum(one.order_count for one in found.months) == sum(one["day"] <= period.known.last for one in paid)
        assert not any(one.is_mature for one in found.months), "sixty days are not mature"
        judged += sum(one.status != "unknown" for one in found.measures)
    assert judged > len(orders)


@in_own_loop
async def test_a_month_leads_to_the_orders_that_it_counts(
    connection: psycopg.AsyncConnection[Row], orders: dict[str, list[Row]]
) -> None:
    later = 0
    for seller_id, period in (await periods(connection, sorted(orders))).items():
        in_mid_month = replace(period, known=Days(period.known.first, MID_MONTH))
        for one in (await performance(connection, in_mid_month)).months:
            behind = await rows_of.totals(
                connection, row_table("service_orders"), replace(in_mid_month, days=Days(one.month, one.last))
            )
            assert behind["row_count"] == one.order_count
            for name in ("defect_count", "late_count", "due_count", "cancelled_count"):
                assert behind[name] == getattr(one, name), name
        later += sum(one["is_paid"] and MID_MONTH < one["day"] <= period.known.last for one in orders[seller_id])
    assert later


def test_overview_and_service_page_say_the_same_of_a_seller_with_defects(visit: Any, orders: dict[str, list[Row]]) -> None:
    seller_id = max(orders, key=lambda one: (sum(order["is_defect"] and order["is_paid"] for order in orders[one]), one))
    reader = visit()
    reader.sign_in("admin")
    page = reader.open(f"/seller?seller_id={seller_id}&days=7")
    panel = page.locator("[aria-labelledby=performance]")
    shown = [one.inner_text().split() for one in panel.locator(".measures li").all()]
    reader.page.click("text=How it is counted")
    tiles = page.locator(".measure")
    assert tiles.count() == len(shown) == len(MEASURES)
    judged = 0
    for tile, words in zip(tiles.all(), shown, strict=True):
        label, share, standing = (tile.locator(part).first.inner_text() for part in ("h2", ".big-value", ".badge"))
        said = " ".join(words)
        assert said.startswith(label.strip()), said
        assert said.endswith(f"({standing})"), said
        assert share == "–" or f" {share} (" in said, said
        judged += share != "–"
    assert judged >= 2
    assert tiles.first.locator(".big-value").inner_text() not in ("–", "0.0%", "0.0 %")


def _whole(order: Row, name: str) -> datetime | None:
    instants = [line[name] for line in order["lines"]]
    return max(instants) if all(instants) else None


def _lateness(order: Row, until: datetime) -> bool | None:
    """Whether an order is late, None while it is not due."""
    promises = [line["ship_by_at"] for line in order["lines"] if line["ship_by_at"] is not None]
    shipped = _whole(order, "shipped_at")
    if not promises or (shipped is None and (order["cancelled_at"] is not None or min(promises) >= until)):
        return None
    return bool((shipped or until) > min(promises))


def _waits(talk: list[Row]) -> list[tuple[datetime, datetime | None]]:
    """When each question was asked and first answered, of one conversation in order."""
    waits: list[tuple[datetime, datetime | None]] = []
    previous = None
    for message in talk:
        if message["sender"] == "customer" and previous != "customer":
            waits.append((message["sent_at"].astimezone(UTC), None))
        elif message["sender"] == "seller" and waits and waits[-1][1] is None:
            waits[-1] = (waits[-1][0], message["sent_at"])
        previous = message["sender"]
    return waits
