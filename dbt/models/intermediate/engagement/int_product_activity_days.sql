with

events as (
    select * from {{ ref('fct_events') }}
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
    union all
    select product_id, sold_date, 0, 0, quantity
    from order_items
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
