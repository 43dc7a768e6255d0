{{ config(unique_key=['seller_id', 'event_timestamp'], indexes=[{'columns': ['seller_id', 'event_timestamp'], 'unique': true}]) }}
{% set partial = restate(touched_since('seller_id', {'int_order_items_dated_by_approval': 'sold_date'}, [7, 28])) %}

with

-- What enters at the midnight after a day, and leaves when a window lets that day go.
days as (
    select
        seller_id,
        sold_date + days_later as known_date,
        change_7d,
        change_28d,
        count(distinct order_id) as order_count,
        sum(quantity) as units_sold,
        sum(total_minor) as revenue_minor
    from {{ stepping(
        partial, 'int_order_items_dated_by_approval', 'seller_id', 'sold_date',
        '(1, 1, 1), (8, -1, 0), (29, 0, -1)', 'change_7d, change_28d', 28
    ) }} as items
    group by 1, 2, 3, 4
),

change_days as (
    select
        seller_id,
        known_date,
        sum(revenue_minor * change_7d) as revenue_7d,
        sum(revenue_minor * change_28d) as revenue_28d,
        sum(order_count * change_28d) as orders_28d,
        sum(units_sold * change_28d) as units_28d,
        false as is_earlier
    from days
    group by 1, 2
    {% if partial -%}
    union all
    select seller_id, known_date, revenue_minor_7d, revenue_minor_28d, order_count_28d, units_sold_28d, true
    from {{ rows_before('seller_id') }} as earlier
    {%- endif %}
),

feature_rows as (
    select
        seller_id,
        (sum(revenue_7d) over history)::bigint as revenue_minor_7d,
        (sum(revenue_28d) over history)::bigint as revenue_minor_28d,
        (sum(orders_28d) over history)::integer as order_count_28d,
        (sum(units_28d) over history)::integer as units_sold_28d,
        is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by seller_id order by known_date)
)

{{ known_rows('feature_rows', partial) }}
