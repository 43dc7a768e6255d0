{{ config(unique_key=['seller_id', 'event_timestamp'], indexes=[{'columns': ['seller_id', 'event_timestamp'], 'unique': true}]) }}
{% set partial = restate(touched_since('seller_id', {'int_order_items_dated_by_approval': 'sold_date'}, [7, 28])) %}

with

order_items as (
    select items.* from {{ ref('int_order_items_dated_by_approval') }} as items
    {{ bearing_on(partial, 'items', 'seller_id', 'sold_date', 28) }}
),

days as (
    select
        seller_id,
        sold_date,
        count(distinct order_id) as order_count,
        sum(quantity) as units_sold,
        sum(total_minor) as revenue_minor
    from order_items
    group by 1, 2
),

-- What enters at the midnight after a day, and leaves when a window lets that day go.
change_days as (
    select
        seller_id,
        sold_date + step.days_later as known_date,
        sum(revenue_minor * step.change_7d) as revenue_7d,
        sum(revenue_minor * step.change_28d) as revenue_28d,
        sum(order_count * step.change_28d) as orders_28d,
        sum(units_sold * step.change_28d) as units_28d
    from days
    cross join (values (1, 1, 1), (8, -1, 0), (29, 0, -1)) as step (days_later, change_7d, change_28d)
    group by 1, 2
),

feature_rows as (
    select
        seller_id,
        (sum(revenue_7d) over history)::bigint as revenue_minor_7d,
        (sum(revenue_28d) over history)::bigint as revenue_minor_28d,
        (sum(orders_28d) over history)::integer as order_count_28d,
        (sum(units_28d) over history)::integer as units_sold_28d,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by seller_id order by known_date)
)

{{ known_rows('feature_rows', partial, 'seller_id') }}
