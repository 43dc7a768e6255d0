with

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

orders as (
    select * from {{ ref('int_orders_dated_by_approval') }}
),

sold_items as (
    select
        order_items.order_item_id,
        order_items.order_id,
        orders.customer_id,
        order_items.product_id,
        order_items.seller_id,
        order_items.quantity,
        order_items.total_minor,
        orders.sold_at,
        orders.sold_date,
        order_items.ship_by_at,
        order_items.shipped_at,
        orders.cancelled_at
    from order_items
    inner join orders on orders.order_id = order_items.order_id
)

select * from sold_items
