{{ config(
    unique_key=['customer_id', 'event_timestamp'],
    indexes=[{'columns': ['customer_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('customer_id', {
        'int_orders_dated_by_approval': 'sold_date',
        'int_customer_refunds': 'refunded_date',
    }, [30, 90])) %}

with

-- What enters at the midnight after a day, and leaves when a window lets that day go.
changes as (
    select
        customer_id,
        sold_date + days_later as known_date,
        change as orders_30d,
        change * total_minor as spend_30d,
        case when change = 1 then total_minor end as spend,
        case when change = 1 then total_minor end as highest_order,
        (change = 1)::integer as orders,
        0 as refunds_90d,
        false as is_earlier
    from {{ stepping(partial, 'int_orders_dated_by_approval', 'customer_id', 'sold_date', '(1, 1), (31, -1)') }} as orders
    union all
    select customer_id, refunded_date + days_later, 0, 0, null, null, 0, change, false
    from {{ stepping(partial, 'int_customer_refunds', 'customer_id', 'refunded_date', '(1, 1), (91, -1)') }} as refunds
    {% if partial -%}
    union all
    select customer_id, known_date, order_count_30d, spend_minor_30d, spend_minor_total, order_value_max_minor,
        order_count_total, refund_count_90d, true
    from {{ rows_before('customer_id') }} as earlier
    {%- endif %}
),

change_days as (
    select
        customer_id,
        known_date,
        sum(orders_30d) as orders_30d,
        sum(spend_30d) as spend_30d,
        sum(orders) as orders,
        sum(spend) as spend,
        max(highest_order) as highest_order,
        sum(refunds_90d) as refunds_90d,
        bool_or(is_earlier) as is_earlier
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
        is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by customer_id order by known_date)
)

{{ known_rows('feature_rows', partial) }}
