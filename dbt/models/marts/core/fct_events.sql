with

events as (
    select * from {{ ref('stg_shop__events') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

placed_events as (
    select
        events.event_id,
        events.event_type,
        events.session_id,
        events.customer_id,
        events.product_id,
        products.seller_id,
        products.category_id,
        events.quantity,
        events.occurred_at
    from events
    left join products on products.product_id = events.product_id
)

select * from placed_events
