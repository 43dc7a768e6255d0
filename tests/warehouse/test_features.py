"""Feature tables: the hand-made shop's answers, and every value of the crowd counted again by brute force.

The recount asks for each entity and each midnight D of half a year: what happened in [D - window, D)? The feature table must
give the same by its latest row at or before D. That proves the values, that no change of a window lacks a row, and that
nothing after D is in it.
"""

# ruff: noqa: E501 -- one recount, one line

from datetime import UTC, date, datetime

import pytest

from tests.warehouse.building import rows

SOLD = "coalesce(o.approved_at, case when o.status in ('approved','processing','shipped','delivered','refunded') then o.ordered_at end)"
ORDERS = f"(select o.*, {SOLD} as sold_at from shop.orders o)"
ITEMS = (
    f"(select i.*, o.customer_id, o.cancelled_at, {SOLD} as sold_at from shop.order_items i join shop.orders o using (order_id))"
)
EVENTS = "(select e.*, p.category_id, p.seller_id from shop.events e left join shop.products p using (product_id))"
LATEST_LABELS = """(
    select distinct on (payment_attempt_id) payment_attempt_id, customer_id, device_id, said.outcome from (
        select l.payment_attempt_id, l.outcome, l.labelled_at, l.fraud_label_id from shop.fraud_labels l where l.outcome <> 'unsure'
        union all
        select 'y1', 'fraud', c.received_at, 'cb' from shop.chargebacks c
    ) as said join shop.payment_attempts using (payment_attempt_id)
    where labelled_at < g.d order by payment_attempt_id, labelled_at desc, fraud_label_id desc
)"""


def window(column: str, days: int) -> str:
    return f"{column} >= g.d - interval '{days} days' and {column} < g.d"


RECOUNTS = {
    "customer_orders": {
        "order_count_30d": f"select count(*) from {ORDERS} o where o.customer_id = g.id and {window('sold_at', 30)}",
        "order_count_total": f"select count(*) from {ORDERS} o where o.customer_id = g.id and sold_at < g.d",
        "spend_minor_30d": f"select coalesce(sum(total_minor), 0) from {ORDERS} o where o.customer_id = g.id and {window('sold_at', 30)}",
        "spend_minor_total": f"select coalesce(sum(total_minor), 0) from {ORDERS} o where o.customer_id = g.id and sold_at < g.d",
        "order_value_mean_minor": f"select avg(total_minor) from {ORDERS} o where o.customer_id = g.id and sold_at < g.d",
        "order_value_max_minor": f"select max(total_minor) from {ORDERS} o where o.customer_id = g.id and sold_at < g.d",
        "refund_count_90d": "select count(*) from shop.refunds r join shop.orders o using (order_id)"
        f" where o.customer_id = g.id and {window('refunded_at', 90)}",
    },
    "customer_engagement": {
        "view_count_7d": "select count(*) from shop.events where customer_id = g.id and event_type = 'product_view'"
        f" and {window('occurred_at', 7)}",
        "view_count_28d": "select count(*) from shop.events where customer_id = g.id and event_type = 'product_view'"
        f" and {window('occurred_at', 28)}",
        "cart_count_28d": "select count(*) from shop.events where customer_id = g.id and event_type = 'cart_add'"
        f" and {window('occurred_at', 28)}",
        "session_count_28d": "select count(*) from (select session_id, max(customer_id) as customer_id, min(at) as at from ("
        "select session_id, customer_id, started_at as at from shop.sessions union all"
        " select session_id, customer_id, occurred_at from shop.events) as signs group by 1) as visits"
        f" where customer_id = g.id and {window('at', 28)}",
        "top_category_id": f"select category_id from {EVENTS} e where customer_id = g.id and event_type = 'product_view'"
        f" and category_id is not null and {window('occurred_at', 28)} group by 1 order by count(*) desc, 1 limit 1",
        "top_category_share_28d": "select max(n)::float8 / sum(n) from (select count(*) as n"
        f" from {EVENTS} e where customer_id = g.id and event_type = 'product_view' and category_id is not null"
        f" and {window('occurred_at', 28)} group by category_id) as counts",
    },
    "customer_risk": {
        "attempt_count_30d": f"select count(*) from shop.payment_attempts where customer_id = g.id and {window('attempted_at', 30)}",
        "declined_count_30d": "select count(*) from shop.payment_attempts where customer_id = g.id and outcome = 'declined'"
        f" and payment_attempt_id <> 'y3' and {window('attempted_at', 30)}",
        "device_count_90d": "select count(distinct device_id) from shop.payment_attempts where customer_id = g.id"
        f" and {window('attempted_at', 90)}",
        "card_count_90d": "select count(distinct card_token) from shop.payment_attempts where customer_id = g.id"
        f" and {window('attempted_at', 90)}",
        "fraud_label_count_total": f"select count(*) from {LATEST_LABELS} l where customer_id = g.id and outcome = 'fraud'",
    },
    "device_activity": {
        "customer_count_30d": "select count(distinct customer_id) from shop.payment_attempts where device_id = g.id"
        f" and {window('attempted_at', 30)}",
        "attempt_count_7d": f"select count(*) from shop.payment_attempts where device_id = g.id and {window('attempted_at', 7)}",
        "declined_count_7d": "select count(*) from shop.payment_attempts where device_id = g.id and outcome = 'declined'"
        f" and payment_attempt_id <> 'y3' and {window('attempted_at', 7)}",
        "card_count_30d": "select count(distinct card_token) from shop.payment_attempts where device_id = g.id"
        f" and {window('attempted_at', 30)}",
        "device_fraud_label_count_total": f"select count(*) from {LATEST_LABELS} l where device_id = g.id and outcome = 'fraud'",
    },
    "product_sales": {
        "view_count_7d": "select count(*) from shop.events where product_id = g.id and event_type = 'product_view'"
        f" and {window('occurred_at', 7)}",
        "view_count_28d": "select count(*) from shop.events where product_id = g.id and event_type = 'product_view'"
        f" and {window('occurred_at', 28)}",
        "cart_count_28d": "select count(*) from shop.events where product_id = g.id and event_type = 'cart_add'"
        f" and {window('occurred_at', 28)}",
        "units_sold_7d": f"select coalesce(sum(quantity), 0) from {ITEMS} i where product_id = g.id and {window('sold_at', 7)}",
        "units_sold_28d": f"select coalesce(sum(quantity), 0) from {ITEMS} i where product_id = g.id and {window('sold_at', 28)}",
        "customer_count_28d": f"select count(distinct customer_id) from {ITEMS} i where product_id = g.id and {window('sold_at', 28)}",
    },
    "product_reviews": {
        "review_count_total": "select count(*) from shop.reviews where product_id = g.id and not is_hidden and reviewed_at < g.d",
        "rating_mean_total": "select avg(rating) from shop.reviews where product_id = g.id and not is_hidden and reviewed_at < g.d",
        "review_count_90d": "select count(*) from shop.reviews where product_id = g.id and not is_hidden"
        f" and {window('reviewed_at', 90)}",
    },
    "seller_performance": {
        "order_count_60d": f"select count(distinct order_id) from {ITEMS} i where seller_id = g.id and {window('sold_at', 60)}",
        "late_rate_60d": "select count(distinct order_id) filter (where ship_by_at < g.d"
        " and ship_by_at < coalesce(shipped_at, 'infinity') and ship_by_at < coalesce(cancelled_at, 'infinity'))::float8"
        f" / nullif(count(distinct order_id), 0) from {ITEMS} i where seller_id = g.id and {window('sold_at', 60)}",
        "cancel_rate_60d": "select count(distinct order_id) filter (where cancelled_at < g.d)::float8"
        f" / nullif(count(distinct order_id), 0) from {ITEMS} i where seller_id = g.id and {window('sold_at', 60)}",
        "refund_rate_60d": "select count(distinct order_id) filter (where exists (select from shop.refunds r"
        " where r.order_id = i.order_id and r.refunded_at < g.d))::float8"
        f" / nullif(count(distinct order_id), 0) from {ITEMS} i where seller_id = g.id and {window('sold_at', 60)}",
        "rating_mean_90d": "select avg(rating) from shop.reviews where seller_id = g.id and not is_hidden"
        f" and {window('reviewed_at', 90)}",
    },
    "seller_sales": {
        "revenue_minor_7d": f"select coalesce(sum(total_minor), 0) from {ITEMS} i where seller_id = g.id and {window('sold_at', 7)}",
        "revenue_minor_28d": f"select coalesce(sum(total_minor), 0) from {ITEMS} i where seller_id = g.id and {window('sold_at', 28)}",
        "order_count_28d": f"select count(distinct order_id) from {ITEMS} i where seller_id = g.id and {window('sold_at', 28)}",
        "units_sold_28d": f"select coalesce(sum(quantity), 0) from {ITEMS} i where seller_id = g.id and {window('sold_at', 28)}",
    },
}
EMPTY_IS_NULL = ("_mean", "_max_", "_rate_", "_share_", "top_category_id")


@pytest.mark.parametrize("view", RECOUNTS)
def test_value_at_every_midnight_equals_a_recount(small_shop: str, view: str) -> None:
    key = "device_id" if view == "device_activity" else f"{view.split('_')[0]}_id"
    names = list(RECOUNTS[view])
    stored = [name if any(part in name for part in EMPTY_IS_NULL) else f"coalesce(f.{name}, 0)" for name in names]
    differences = rows(
        small_shop,
        f"""
        with grid as (
            select entity.id, day at time zone 'UTC' as d
            from (select distinct {key} as id from features.{view}) as entity
            cross join generate_series(timestamp '2024-01-05', (
                select last_midnight_at at time zone 'UTC' from intermediate.int_time_bounds), interval '2 days') as day
        )
        select g.id, g.d, f.*, recount.*
        from grid as g
        left join lateral (
            select * from features.{view} where {key} = g.id and event_timestamp <= g.d order by event_timestamp desc limit 1
        ) as f on true
        cross join lateral (select {", ".join(f"({recount}) as {name}" for name, recount in RECOUNTS[view].items())}) as recount
        where {" or ".join(_differ(value, name) for name, value in zip(names, stored, strict=True))}
        limit 5
        """,
    )
    assert differences == []
    assert rows(small_shop, f"select count(*) > 10 from features.{view}") == [(True,)]


def _differ(stored: str, name: str) -> str:
    stored = stored if "(" in stored else f"f.{stored}"
    if name == "top_category_id":
        return f"{stored} is distinct from recount.{name}"
    return f"coalesce(abs({stored}::float8 - recount.{name}::float8) > 1e-9, {stored} is distinct from recount.{name}::float8)"


def test_windows_open_and_close_at_the_right_midnight(small_shop: str) -> None:
    # o1 approved March 2nd, refunded on the 9th; o2 approved ten seconds into the 11th. 30 and 90 days later they go.
    found = rows(
        small_shop,
        "select event_timestamp::date, order_count_30d, order_count_total, spend_minor_30d, order_value_max_minor, refund_count_90d"
        " from features.customer_orders where customer_id = 'amina' order by 1",
    )
    assert found == [
        (date(2024, 3, 3), 1, 1, 5000, 5000, 0),
        (date(2024, 3, 10), 1, 1, 5000, 5000, 1),
        (date(2024, 3, 12), 2, 2, 6000, 5000, 1),
        (date(2024, 4, 2), 1, 2, 1000, 5000, 1),
        (date(2024, 4, 11), 0, 2, 0, 5000, 1),
        (date(2024, 6, 8), 0, 2, 0, 5000, 0),
    ]


def test_label_counts_from_the_midnight_after_it_was_known_and_may_be_taken_back(small_shop: str) -> None:
    # The attempt was on March 2nd; the bank spoke on the 20th, the dispute on the 25th.
    found = rows(
        small_shop,
        "select min(event_timestamp)::date, fraud_label_count_total from features.customer_risk"
        " where customer_id = 'amina' group by 2, event_timestamp < '2024-03-22' order by 1",
    )
    assert found == [(date(2024, 3, 3), 0), (date(2024, 3, 21), 1), (date(2024, 3, 26), 0)]


def test_attempt_declined_by_an_analyst_later_was_not_declined_at_the_time(small_shop: str) -> None:
    assert rows(small_shop, "select max(declined_count_30d) from features.customer_risk where customer_id = 'karim'") == [(0,)]
    assert rows(small_shop, "select max(declined_count_30d) from features.customer_risk where customer_id = 'amina'") == [(1,)]


def test_visit_over_midnight_has_a_row_for_each_day(small_shop: str) -> None:
    found = rows(
        small_shop,
        "select event_timestamp, view_count, cart_count, recent_product_ids, last_product_id from features.session_activity"
        " where session_id in ('first', 'overnight') order by 1",
    )
    assert found == [
        (datetime(2024, 3, 2, 10, 7, tzinfo=UTC), 3, 1, ["mug", "shirt"], "mug"),
        (datetime(2024, 3, 5, 23, 55, tzinfo=UTC), 1, 0, ["shirt"], "shirt"),
        (datetime(2024, 3, 6, 0, 5, tzinfo=UTC), 2, 0, ["mug", "shirt"], "mug"),
    ]
