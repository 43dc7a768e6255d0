with

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

joined_items as (
    select
        order_items.order_item_id,
        order_items.order_id,
        orders.customer_id,
        order_items.product_id,
        order_items.seller_id,
        products.category_id,
        orders.is_sale,
        order_items.quantity,
        order_items.unit_price_minor,
        order_items.customisation_minor,
        order_items.discount_minor,
        order_items.shipping_minor,
        order_items.tax_minor,
        order_items.commission_minor,
        order_items.total_minor,
        order_items.currency,
        orders.ordered_at,
        order_items.ship_by_at,
        order_items.shipped_at,
        order_items.delivered_at
    from order_items
    inner join orders on orders.order_id = order_items.order_id
    left join products on products.product_id = order_items.product_id
)

select * from joined_items
