{{ config(
    unique_key=['product_id', 'event_timestamp'],
    indexes=[{'columns': ['product_id', 'event_timestamp'], 'unique': true}],
) }}
{% set partial = restate(touched_since('product_id', {
        'int_product_activity_days': 'activity_date',
        'int_order_items_dated_by_approval': 'sold_date',
    }, [7, 28])) %}

with

sold_items as (
    select product_id, customer_id, sold_date as activity_date
    from {{ looking_back(partial, 'int_order_items_dated_by_approval', 'product_id', 'sold_date', 28) }} as items
),

buyers as (
    {{ presence_changes('sold_items', 'product_id', 'customer_id', 28, partial) }}
),

changes as (
    select
        product_id,
        activity_date + days_later as known_date,
        view_count * change_7d as views_7d,
        view_count * change_28d as views_28d,
        cart_count * change_28d as carts_28d,
        units_sold * change_7d as units_7d,
        units_sold * change_28d as units_28d,
        0 as buyers_28d,
        false as is_earlier
    from {{ stepping(
        partial, 'int_product_activity_days', 'product_id', 'activity_date',
        '(1, 1, 1), (8, -1, 0), (29, 0, -1)', 'change_7d, change_28d', 28
    ) }} as days
    union all
    select product_id, known_date, 0, 0, 0, 0, 0, change, false from buyers
    {% if partial -%}
    union all
    select product_id, known_date, view_count_7d, view_count_28d, cart_count_28d, units_sold_7d, units_sold_28d,
        customer_count_28d, true
    from {{ rows_before('product_id') }} as earlier
    {%- endif %}
),

change_days as (
    select product_id, known_date, sum(views_7d) as views_7d, sum(views_28d) as views_28d, sum(carts_28d) as carts_28d,
        sum(units_7d) as units_7d, sum(units_28d) as units_28d, sum(buyers_28d) as buyers_28d,
        bool_or(is_earlier) as is_earlier
    from changes
    group by 1, 2
),

feature_rows as (
    select
        product_id,
        (sum(views_7d) over history)::integer as view_count_7d,
        (sum(views_28d) over history)::integer as view_count_28d,
        (sum(carts_28d) over history)::integer as cart_count_28d,
        (sum(units_7d) over history)::integer as units_sold_7d,
        (sum(units_28d) over history)::integer as units_sold_28d,
        (sum(buyers_28d) over history)::integer as customer_count_28d,
        is_earlier,
        {{ utc_midnight('known_date') }} as event_timestamp
    from change_days
    window history as (partition by product_id order by known_date)
)

{{ known_rows('feature_rows', partial) }}
