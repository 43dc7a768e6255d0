{{ config(
    unique_key=['order_item_id'],
    indexes=[
        {'columns': ['order_item_id'], 'unique': true}, {'columns': ['seller_id', 'customer_id']},
        {'columns': ['seller_id', 'ordered_at']}, {'columns': ['ordered_at']}, {'columns': ['product_id']},
    ],
) }}
{% set touched %}
    select order_item_id from {{ changed('order_items') }}
    union
    select order_item_id from {{ ref('stg_shop__order_items') }}
    where order_id in ({{ changed_in('fct_orders', 'order_id', ['customer_id', 'is_sale', 'ordered_at']) }})
    union
    select order_item_id from {{ ref('stg_shop__order_items') }}
    where product_id in ({{ changed_in('dim_products', 'product_id', ['category_id']) }})
{% endset %}
{% set partial = restate(touched) %}

with

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
    {% if partial %}where order_item_id in (select order_item_id from touched){% endif %}
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
