"""The platform's marts, recounted from the shop's own tables without any of dbt's steps."""

import pytest

from tests.warehouse.building import rows

SOLD = "('approved', 'processing', 'shipped', 'delivered', 'refunded')"
# Every line sold, on its seller's day, straight from the shop.
LINES = f"""
    select o.order_id, o.customer_id, i.seller_id, i.currency, i.quantity, i.total_minor, i.commission_minor,
        (i.unit_price_minor + i.customisation_minor) * i.quantity as gross_minor,
        (o.ordered_at at time zone s.time_zone)::date as day,
        date_trunc('month', o.ordered_at at time zone s.time_zone)::date as month
    from shop.order_items as i join shop.orders as o using (order_id) join shop.sellers as s using (seller_id)
    where o.status in {SOLD}
"""
FIRST = "select customer_id, min(day) as day, min(month) as month from lines group by 1"
RECOUNTS = {
    "orders, units and money by day": (
        "select sale_date, currency, order_count, units_sold, gross_minor, revenue_minor, commission_minor"
        " from marts.fct_platform_days where order_count > 0 or revenue_minor <> 0",
        f"""with lines as ({LINES}), orders as (select order_id, min(day) as day from lines group by 1)
        select day, currency, (select count(*) from orders where orders.day = lines.day), sum(quantity), sum(gross_minor),
            sum(total_minor), sum(commission_minor) from lines group by 1, 2""",
    ),
    "new customers by day": (
        "select sale_date, new_customer_count from marts.fct_platform_days where new_customer_count > 0",
        f"with lines as ({LINES}), first as ({FIRST}) select day, count(*) from first group by 1",
    ),
    "cohorts": (
        "select cohort_month, sale_month, customer_count, order_count, revenue_minor from marts.fct_cohort_months",
        f"""with lines as ({LINES}), first as ({FIRST}), orders as (select order_id, min(month) as month from lines group by 1)
        select first.month, lines.month, count(distinct customer_id),
            count(distinct order_id) filter (where orders.month = lines.month), sum(total_minor)
        from lines join first using (customer_id) join orders using (order_id) group by 1, 2""",
    ),
    "sellers by month": (
        "select seller_id, sale_month, order_count, units_sold, revenue_minor, commission_minor from marts.fct_league_months"
        " where order_count > 0",
        f"""with lines as ({LINES})
        select seller_id, month, count(distinct order_id), sum(quantity), sum(total_minor), sum(commission_minor)
        from lines group by 1, 2""",
    ),
    "the funnel": (
        "select visit_date, session_count, view_session_count, cart_session_count, checkout_session_count, order_session_count"
        " from marts.fct_funnel_days",
        """with visits as (
            select id, (select min(at) from (
                    select started_at as at from shop.sessions where session_id = id
                    union all select occurred_at from shop.events where session_id = id) as signs) as began_at,
                array(select event_type::text from shop.events where session_id = id) as steps,
                exists (select from shop.orders where session_id = id) as has_order
            from (select session_id as id from shop.sessions union select session_id from shop.events) as ids
            where id is not null
        ), reached as (
            select (began_at at time zone 'UTC')::date as day, case
                when has_order or 'purchase' = any(steps) then 4 when 'checkout_start' = any(steps) then 3
                when 'cart_add' = any(steps) then 2 when 'product_view' = any(steps) then 1 else 0 end as last
            from visits
        )
        select day, count(*), count(*) filter (where last >= 1), count(*) filter (where last >= 2),
            count(*) filter (where last >= 3), count(*) filter (where last >= 4) from reached group by 1""",
    ),
}


@pytest.mark.parametrize("name", RECOUNTS)
def test_platform_mart_equals_a_recount_of_the_shop(small_shop: str, name: str) -> None:
    mart, recount = RECOUNTS[name]
    counted = sorted(rows(small_shop, recount))
    assert sorted(rows(small_shop, mart)) == counted
    assert counted
