"""An administrator reads the platform: files equal the pages and a recount that takes another way; formulas stay text."""

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from storefront_api.pages import formatting
from tests.journeys.conftest import UNTIL
from tests.journeys.test_seller import signed_in

FIRST, LAST = date(2026, 10, 6), date(2026, 10, 30)
DAYS = {"from": str(FIRST), "to": str(LAST)}
SALES = "('approved', 'processing', 'shipped', 'delivered', 'refunded')"
# From the operational tables, not from the marts that the pages read.
BY_WEEK = f"""
    with lines as (
        select (o.ordered_at at time zone 'Asia/Dhaka')::date as day, o.order_id, i.quantity, i.total_minor, i.commission_minor
        from shop.order_items as i join shop.orders as o using (order_id) where o.status in {SALES}
    ), refunds as (
        select (refunded_at at time zone 'Asia/Dhaka')::date as day, amount_minor
        from shop.refunds join shop.orders as o using (order_id) where o.status in {SALES}
    )
    select week::date as starts_on, (select count(distinct order_id) from lines where day between since and until) as orders,
        (select coalesce(sum(quantity), 0) from lines where day between since and until) as units,
        (select coalesce(sum(total_minor), 0) from lines where day between since and until) as revenue,
        (select coalesce(sum(commission_minor), 0) from lines where day between since and until) as commission,
        (select coalesce(sum(amount_minor), 0) from refunds where day between since and until) as refunded
    from generate_series(date_trunc('week', %s::timestamp), %s::timestamp, '1 week') as week
    cross join lateral (select greatest(week::date, %s::date) as since, least(week::date + 6, %s::date) as until) as days
    order by 1 desc
"""
RETURNED = f"""
    with sold as (
        select customer_id, date_trunc('month', ordered_at at time zone 'Asia/Dhaka')::date as month from shop.orders
        where status in {SALES} and ordered_at < '{UNTIL.isoformat()}'  -- shoppers of other tests buy today
    ), first as (select customer_id, min(month) as month from sold group by 1)
    select first.month as cohort_month, sold.month as sale_month, count(distinct customer_id) as n
    from sold join first using (customer_id) group by 1, 2
"""

# The furthest step of each visit, from what was recorded of it.
FUNNEL = """
    with steps as (
        select * from unnest(array['visit', 'product_view', 'cart_add', 'checkout_start', 'purchase'])
            with ordinality as step (name, n)
    ), seen as (
        select session_id, occurred_at, event_type from shop.events
        union all select session_id, started_at, 'visit' from shop.sessions
        union all select session_id, null, 'purchase' from shop.orders
    ), visits as (
        select session_id, (min(occurred_at) at time zone 'UTC')::date as day, coalesce(max(steps.n), 1) as furthest
        from seen left join steps on steps.name = event_type where session_id is not null group by 1
    )
    select count(session_id) as n
    from steps left join visits on furthest >= steps.n and day between %s and %s group by steps.n order by steps.n
"""


@pytest.fixture
def admin(address: str) -> Any:
    with signed_in(address, "admin") as client:
        client.timeout = httpx.Timeout(30)
        yield client


def table(admin: httpx.Client, name: str, **parameters: str) -> list[dict[str, str]]:
    answer = admin.get(f"/platform/rows/{name}.csv", params=parameters)
    assert answer.status_code == 200, answer.text
    of = parameters.get("month", "2026-10-01")[:7] if name == "league" else DAYS["from"] if "from" in parameters else "2026-"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="platform_{name}_{of}')
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_weeks_equal_an_independent_recount_and_the_page(admin: httpx.Client, rows: Any) -> None:
    counted = rows(BY_WEEK, FIRST, LAST, FIRST, LAST)
    found = table(admin, "revenue", by="week", **DAYS)
    names = ("starts_on", "order_count", "units_sold", "revenue_minor", "commission_minor", "refund_minor")
    assert [[row[name] for name in names] for row in found] == [[str(value) for value in row.values()] for row in counted]

    page = admin.get("/platform", params={"by": "week", **DAYS}, headers={"accept": "text/html"}).text
    shown = re.findall(r'data-label="Revenue">([^<]+)<', page)
    assert shown == [formatting.money(int(row["revenue_minor"]), "BDT") for row in found]
    total = sum(int(row["revenue_minor"]) for row in found)
    assert f"Revenue: {formatting.money(total, 'BDT', is_whole=True)}; see the rows" in page


def test_days_of_sellers_add_up_to_the_platforms(admin: httpx.Client, rows: Any) -> None:
    sold = 0
    for seller in rows("select seller_id from shop.sellers"):
        answer = admin.get(f"/v1/sellers/{seller['seller_id']}/overview", params=DAYS).json()
        sold += sum(day["revenue_minor"] for day in answer["days"])
    assert sold == sum(int(row["revenue_minor"]) for row in table(admin, "revenue", **DAYS)) > 0


def test_cohorts_equal_an_independent_recount(admin: httpx.Client, rows: Any) -> None:
    counted = {(str(row["cohort_month"]), str(row["sale_month"]), row["n"]) for row in rows(RETURNED)}
    found = {(row["cohort_month"], row["sale_month"], int(row["customer_count"])) for row in table(admin, "cohorts")}
    assert found == counted
    assert len(found) >= 3


def test_steps_of_the_funnel_only_narrow_and_equal_their_days_and_a_recount(admin: httpx.Client, rows: Any) -> None:
    days = table(admin, "funnel", **DAYS)
    assert [row["starts_on"] for row in days] == [str(LAST - timedelta(days=step)) for step in range((LAST - FIRST).days + 1)]
    steps = ["session_count", "view_session_count", "cart_session_count", "checkout_session_count", "order_session_count"]
    for row in days:
        counts = [int(row[step]) for step in steps]
        assert counts == sorted(counts, reverse=True)
    page = admin.get("/platform/funnel", params=DAYS, headers={"accept": "text/html"}).text
    totals = [sum(int(row[step]) for row in days) for step in steps]
    assert re.findall(r'strong" data-label="Visits"><a [^>]+>([^<]+)<', page) == [formatting.number(total) for total in totals]
    assert [row["n"] for row in rows(FUNNEL, FIRST, LAST)] == totals


def test_league_is_the_page_and_a_formula_in_a_name_stays_text(admin: httpx.Client, rows: Any) -> None:
    first = table(admin, "league")[0]
    rows("update marts.dim_sellers set shop_name = '=cmd|calc' where seller_id = %s returning 1", first["seller_id"])
    try:
        found = table(admin, "league")
        assert found[0] == first | {"shop_name": "'=cmd|calc"}
        page = admin.get("/platform/sellers", headers={"accept": "text/html"}).text
        shown = re.findall(r'data-label="Revenue">([^<]+)<', page)
        assert shown
        assert shown == [formatting.money(int(row["revenue_minor"]), "BDT") for row in found[: len(shown)]]
        assert "=cmd|calc" in page
    finally:
        rows(
            "update marts.dim_sellers set shop_name = %s where seller_id = %s returning 1", first["shop_name"], first["seller_id"]
        )


def test_outlooks_name_version_and_date_and_rank_what_is_at_stake(admin: httpx.Client) -> None:
    found = table(admin, "customers_at_stake")
    assert {(row["model_version"], row["horizon_days"]) for row in found} == {("1", "14")}
    assert {row["computed_at"] for row in found} == {UNTIL.isoformat()}
    stakes = [int(row["at_stake_minor"]) for row in found]
    assert stakes == sorted(stakes, reverse=True)
    page = admin.get("/platform/customers-ahead", headers={"accept": "text/html"}).text
    assert "outlook version 1" in page
    assert found[0]["customer_id"] in page
    quiet = admin.get("/platform/sellers-ahead", headers={"accept": "text/html"}).text
    assert "Not enough data for a probability" in quiet


@pytest.mark.parametrize("name", ["customers_by_value", "customers_at_stake", "sellers_at_risk", "quiet_sellers"])
def test_rows_that_the_pipeline_counted_are_as_many_as_the_file_has(admin: httpx.Client, name: str) -> None:
    found = table(admin, name)
    assert bool(found) == (name != "sellers_at_risk")  # too few sellers left to learn from
    page = admin.get(f"/platform/rows/{name}", headers={"accept": "text/html"}).text
    assert (f"{formatting.number(len(found))} rows" in page) if found else ("Nothing was counted" in page)


def test_a_shop_whose_spend_taught_nothing_expects_no_zero(admin: httpx.Client, rows: Any) -> None:
    def is_blank() -> bool:
        page = admin.get("/platform/customers-ahead", headers={"accept": "text/html"}).text
        return "not enough data" in page.partition("Expected spend")[2].partition("May stay away")[0]

    # Every customer of a version that knows of spend is expected to spend something: a sum of zero is one of unknowns.
    (known,) = rows("select expected_minor from predictions.outlook_totals where subject = 'customers'")
    set_to = "update predictions.outlook_totals set expected_minor = %s where subject = 'customers' returning 1"
    assert not is_blank()
    rows(set_to, 0)
    try:
        assert is_blank()
    finally:
        rows(set_to, known["expected_minor"])
