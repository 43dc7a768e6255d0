"""Customers, reviews and places of every simulated seller: equal to a recount in Python from the shop's own tables."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from storefront_api.analytics import rows as rows_of
from storefront_api.analytics.days import Days
from storefront_api.seller_analytics import customers
from storefront_api.seller_analytics.cohorts import cohorts
from storefront_api.seller_analytics.peers import places
from storefront_api.seller_analytics.performance import MEASURES
from storefront_api.seller_analytics.periods import Period
from storefront_api.seller_analytics.regions import regions
from storefront_api.seller_analytics.registry import row_table
from storefront_api.seller_analytics.review_analysis import review_analysis
from storefront_api.seller_analytics.segments import KINDS, RECENT_DAYS, segments
from tests.journeys.own_loop import in_own_loop
from tests.journeys.seller_recounts import DHAKA, SALES, Row, periods
from tests.journeys.test_seller import signed_in


async def rows_behind(connection: psycopg.AsyncConnection[Row], name: str, period: Period) -> list[Row]:
    """All rows of a table, in its order."""
    return (await rows_of.read_page(connection, row_table(name), period, cursor=None, limit=10_000)).rows


@in_own_loop
async def test_customers_of_a_period_equal_a_recount(
    connection: psycopg.AsyncConnection[Row], orders: dict[str, list[Row]]
) -> None:
    for seller_id, period in (await periods(connection, sorted(orders))).items():
        sold = [one for one in orders[seller_id] if one["status"] in SALES]
        first = {}
        for one in sold:
            first[one["customer_id"]] = min(one["day"], first.get(one["customer_id"], one["day"]))
        days = period.days
        inside = [one for one in sold if days.first <= one["day"] <= days.last]
        people, revenue = {one["customer_id"] for one in inside}, sum(one["total"] for one in inside)
        new = {customer for customer in people if first[customer] >= days.first}
        from_old = sum(one["total"] for one in inside if one["customer_id"] not in new)
        figures = {one.name: one.value for one in await customers.customer_figures(connection, period)}
        assert figures["customers"] == len(people)
        assert figures["new_customers"] == len(new)
        assert figures["returning_customers"] == ((len(people) - len(new)) / len(people) if people else None)
        assert figures["returning_revenue"] == (from_old / revenue if revenue else None)
        assert figures["customer_revenue"] == (revenue / len(people) if people else None)
        buckets = await customers.buckets(connection, period)
        assert len(buckets) == days.count
        assert sum(one.new_count for one in buckets) == len(new)


@in_own_loop
async def test_kinds_cohorts_and_regions_equal_a_recount(
    connection: psycopg.AsyncConnection[Row], orders: dict[str, list[Row]], rows: Any
) -> None:
    region = {
        row["user_id"]: row["region"] or row["city"]
        for row in rows("select distinct on (user_id) * from shop.addresses order by user_id, is_default desc, address_id")
    }
    for seller_id, period in (await periods(connection, sorted(orders))).items():
        last = period.known.last
        sold = [one for one in orders[seller_id] if one["status"] in SALES and one["day"] <= last]
        bought: dict[str, list[Row]] = defaultdict(list)
        for one in sold:
            bought[one["customer_id"]].append(one)
        net = {customer: sum(one["total"] - one["refunded"] for one in theirs) for customer, theirs in bought.items()}
        kinds: dict[str, set[str]] = defaultdict(set)
        for customer, theirs in bought.items():
            assert (last - max(one["day"] for one in theirs)).days <= RECENT_DAYS, "the simulation is shorter"
            ahead = sum(other > net[customer] for other in net.values()) / len(net)
            often = {1: "new", 2: "returning"}.get(len(theirs), "best" if ahead <= 0.2 else "loyal")
            kinds[often].add(customer)
        found = await segments(connection, seller_id, last)
        assert {one.kind.name: one.customer_count for one in found if one.customer_count} == {
            name: len(people) for name, people in kinds.items()
        }
        assert all(one.value_minor is None for one in found), "nobody is known for 180 days"
        for kind in KINDS:
            behind = await rows_of.totals(connection, row_table(kind.rows), replace(period, days=Days(last, last)))
            of_kind = kinds.get(kind.name, set())
            assert behind == {
                "row_count": len(of_kind),
                "order_count": sum(len(bought[customer]) for customer in of_kind),
                "net_minor": sum(net[customer] for customer in of_kind),
            }

        month = {customer: min(one["day"] for one in theirs).replace(day=1) for customer, theirs in bought.items()}
        sizes = Counter(month.values())
        for cohort in await cohorts(connection, seller_id, last):
            assert cohort.customer_count == sizes.pop(cohort.month)
            for number, cell in enumerate(cohort.cells, 1):
                active = {
                    customer for customer, theirs in bought.items() if month[customer] == cohort.month
                    and any(_months(cohort.month, one["day"]) == number for one in theirs)
                }  # fmt: skip
                assert cell is None if cohort.customer_count < 5 else cell is not None and cell.customer_count == len(active)
        assert not sizes
        every = [one for one in orders[seller_id] if one["status"] in SALES and one["customer_id"] in month]
        behind_cells: dict[tuple[date, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for one in every:
            first = month[one["customer_id"]]
            behind_cells[first, _months(first, one["day"])][one["customer_id"]] += one["total"] - one["refunded"]
        listed = await rows_behind(connection, "cohort_months", replace(period, days=Days(min(month.values()), last)))
        for cell, people in behind_cells.items():
            amounts = [row["net_minor"] for row in listed if (row["cohort_month"], row["month_number"]) == cell]
            assert sorted(amounts) == sorted(people.values())
        assert len(listed) == sum(map(len, behind_cells.values()))

        lives = Counter(region.get(customer) or "Not known" for customer in bought)
        shown = await regions(connection, period)
        told = await rows_behind(connection, "regions", replace(period, days=Days(last, last)))
        assert {row["region"]: (row["customer_count"], row["order_count"], row["revenue_minor"]) for row in told} == {
            one.name or "Other regions together": (one.customer_count, one.order_count, one.revenue_minor) for one in shown
        }
        assert all(lives[one.name] == one.customer_count >= 5 for one in shown if one.name is not None)
        assert sum(one.customer_count for one in shown) in (0, len(bought))
        assert sum(one.revenue_minor for one in shown) in (0, sum(one["total"] for one in sold))


def test_api_gives_out_what_the_pages_are_made_of(address: str, orders: dict[str, list[Row]]) -> None:
    with signed_in(address, "admin") as admin:
        for seller_id in sorted(orders)[:3]:
            overview, bought, service, reviews, peers = (
                admin.get(f"/v1/sellers/{seller_id}/{what}").json()
                for what in ("overview", "customers", "performance", "reviews", "peers")
            )
            assert service["measures"] == overview["performance"]
            assert [one["name"] for one in service["measures"]] == [one.name for one in MEASURES]
            figures = {one["name"]: one["value"] for one in bought["figures"]}
            assert sum(one["new_count"] for one in bought["buckets"]) == figures["new_customers"]
            assert [one["name"] for one in bought["segments"]] == [kind.name for kind in KINDS]
            assert sum(reviews["stars"].values()) == reviews["review_count"]
            assert (reviews["to_date"], peers["to_date"] <= overview["last_date"]) == (overview["last_date"], True)
            assert {one["name"] for one in peers["places"]} >= {"revenue", "rating", "late"}


@in_own_loop
async def test_reviews_equal_a_recount_and_quotes_follow_the_shop(
    connection: psycopg.AsyncConnection[Row], orders: dict[str, list[Row]], rows: Any
) -> None:
    for seller_id, period in (await periods(connection, sorted(orders))).items():
        until = datetime.combine(period.known.last + timedelta(days=1), datetime.min.time(), DHAKA)
        written = rows("select * from shop.reviews where seller_id = %s and not is_hidden and reviewed_at < %s", seller_id, until)
        found = await review_analysis(connection, period)
        assert found.review_count == len(written)
        behind = await rows_of.totals(connection, row_table("reviews"), replace(period, days=found.days))
        assert (behind["row_count"], found.days.count) == (len(written), 365)
        assert {star: count for star, count in found.stars.items() if count} == Counter(row["rating"] for row in written)
        assert sum(one.review_count for one in found.months) == len(written)
        behind_themes = Counter(row["phrase"] for row in await rows_behind(connection, "theme_reviews", period))
        assert behind_themes == {one.phrase: one.review_count for one in found.themes}
        assert sum(found.tones.values()) == sum(bool(row["title"] or row["body"]) for row in written)
    first, second = [row["review_id"] for row in written if row["body"]][:2]
    await connection.execute(
        "insert into predictions.review_themes values (%s, 'so lovely', 'praise', 3, 4.5, %s, '1', now())",
        (seller_id, [first, second]),
    )
    await connection.execute("update shop.reviews set is_hidden = true where review_id = %s", (first,))
    [theme] = [one for one in (await review_analysis(connection, period)).themes if one.phrase == "so lovely"]
    assert [one.review_id for one in theme.quotes] == [second]
    behind = await rows_behind(connection, "theme_reviews", period)
    assert {row["review_id"] for row in behind if row["phrase"] == "so lovely"} == {first, second}
    await connection.rollback()


@in_own_loop
async def test_places_are_among_at_least_five_others_and_equal_a_recount(
    connection: psycopg.AsyncConnection[Row], orders: dict[str, list[Row]], rows: Any
) -> None:
    listed: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows("select p.seller_id, c.path from shop.products as p join shop.categories as c using (category_id)"):
        listed[row["seller_id"]][row["path"].split(" > ")[0]] += 1
    main = {seller_id: min(counts, key=lambda name: (-counts[name], name)) for seller_id, counts in listed.items()}
    told = 0
    for seller_id, period in (await periods(connection, sorted(orders))).items():
        found = await places(connection, period)
        assert found.category_name == main[seller_id]
        revenue = {
            other: sum(
                one["total"] for one in orders[other] if one["status"] in SALES and found.first <= one["day"] <= found.last
            )
            for other in orders
            if main[other] == main[seller_id]
        }
        others = [value for other, value in revenue.items() if other != seller_id and value]
        own = found.places[0]
        assert own.value == (revenue[seller_id] or None)
        months = await rows_of.totals(connection, row_table("own_months"), replace(period, days=Days(found.first, found.last)))
        assert months["revenue_minor"] == revenue[seller_id]
        for one in found.places:
            if one.value is not None:
                assert one.value == months[one.measure.above] / (months[one.measure.below] if one.measure.below else 1)
        if len(others) >= 5 and revenue[seller_id]:
            below = sum(value < revenue[seller_id] for value in others) + sum(value == revenue[seller_id] for value in others) / 2
            assert (own.percentile, own.peer_count) == (pytest.approx(below / len(others)), len(others))
            told += 1
        else:
            assert own.percentile is None
    assert told


def _months(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month
