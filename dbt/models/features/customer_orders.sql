{{ config(
    unique_key=['customer_id', 'event_timestamp'],
    indexes=[{'columns': ['customer_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('customer_id', {
        'int_orders_dated_by_approval': 'sold_date',
        'int_customer_refunds': 'refunded_date',
    }, [30, 90])) %}

with

orders as (
    select orders.* from {{ ref('int_orders_dated_by_approval') }} as orders
    {{ bearing_on(partial, 'orders', 'customer_id') }}
),

refunds as (
    select refunds.* from {{ ref('int_customer_refunds') }} as refunds
    {{ bearing_on(partial, 'refunds', 'customer_id') }}
),

-- What enters at the midnight after a day, and leaves when a window lets that day go.
changes as (
    select
        customer_id,
        sold_date + step.days_later as known_date,
        step.change as orders_30d,
        step.change * total_minor as spend_30d,
        case when step.change = 1 then total_minor end as new_order_minor,
        0 as refunds_90d
    from orders
    cross join (values (1, 1), (31, -1)) as step (days_later, change)
    union all
    select customer_id, refunded_date + step.days_later, 0, 0, null, step.change
    from refunds
    cross join (values (1, 1), (91, -1)) as step (days_later, change)
),

change_days as (
    select
        customer_id,
        known_date,
        sum(orders_30d) as orders_30d,
        sum(spend_30d) as spend_30d,
        count(new_order_minor) as orders,
        sum(new_order_minor) as spend,
        max(new_order_minor) as highest_order,
        sum(refunds_90d) as refunds_90d
    from changes
    group by 1, 2
),

feature_rows as (
    select
        customer_id,
        (sum(orders_30d) over history)::integer as order_count_30d,
        (sum(orders) over history)::integer as order_count_total,
        (sum(refunds_90d) over history)::integer as refund_count_90d,
        (sum(spend_30d) over history)::bigint as spend_minor_30d,
        coalesce(sum(spend) over history, 0)::bigint as spend_minor_total,
        (sum(spend) over history / nullif(sum(orders) over history, 0))::float8 as order_value_mean_minor,
        max(highest_order) over history as order_value_max_minor,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by customer_id order by known_date)
)

{{ known_rows('feature_rows', partial, 'customer_id') }}
