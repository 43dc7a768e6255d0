with

order_items as (
    select * from {{ ref('fct_order_items') }}
),

events as (
    select * from {{ ref('fct_events') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

happenings as (
    select product_id, ordered_at as happened_at, quantity as units_sold, total_minor as revenue_minor, 0 as views, 0 as cart_adds
    from order_items
    where is_sale
    union all
    select
        product_id, occurred_at, 0, 0, (event_type = 'product_view')::integer, (event_type = 'cart_add')::integer
    from events
    where event_type in ('product_view', 'cart_add')
),

product_days as (
    select
        products.product_id,
        products.seller_id,
        {{ local_date('happenings.happened_at', 'sellers.time_zone') }} as sale_date,
        sum(happenings.units_sold)::integer as units_sold,
        sum(happenings.revenue_minor)::bigint as revenue_minor,
        sum(happenings.views)::integer as view_count,
        sum(happenings.cart_adds)::integer as cart_add_count,
        products.currency
    from happenings
    inner join products on products.product_id = happenings.product_id
    inner join sellers on sellers.seller_id = products.seller_id
    group by products.product_id, products.seller_id, sale_date, products.currency
)

select * from product_days
