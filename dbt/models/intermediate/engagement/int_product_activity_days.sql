{{ config(
    unique_key=['product_id', 'activity_date'],
    indexes=[{'columns': ['product_id', 'activity_date'], 'unique': true}, {'columns': ['activity_date']}],
) }}
{% set touched %}
    select product_id, {{ utc_date('occurred_at') }} as activity_date
    from {{ changed('fct_events') }}
    where event_type in ('product_view', 'cart_add') and seller_id is not null
    union
    select product_id, sold_date from {{ changed('int_order_items_dated_by_approval') }}
{% endset %}
{% set partial = restate(touched) %}

with

events as (
    select * from {{ rows_of_days(partial, 'fct_events', 'occurred_at', utc_stretches('activity_date')) }} as events
),

order_items as (
    select * from {{ ref('int_order_items_dated_by_approval') }}
),

happenings as (
    select
        product_id,
        {{ utc_date('occurred_at') }} as activity_date,
        (event_type = 'product_view')::integer as view_count,
        (event_type = 'cart_add')::integer as cart_count,
        0 as units_sold
    from events
    where event_type in ('product_view', 'cart_add')
        and seller_id is not null  -- the product exists
        {% if partial %}and (product_id, {{ utc_date('occurred_at') }}) in (select * from touched){% endif %}
    union all
    select product_id, sold_date, 0, 0, quantity
    from order_items
    {% if partial %}where (product_id, sold_date) in (select * from touched){% endif %}
),

activity_days as (
    select
        product_id,
        activity_date,
        sum(view_count)::integer as view_count,
        sum(cart_count)::integer as cart_count,
        sum(units_sold)::integer as units_sold
    from happenings
    group by 1, 2
)

select * from activity_days
