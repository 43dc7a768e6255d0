{{ config(
    unique_key=['order_item_id'],
    indexes=[{'columns': ['order_item_id'], 'unique': true}, {'columns': ['order_id']}, {'columns': ['product_id', 'sold_date']}, {'columns': ['seller_id', 'sold_date']}, {'columns': ['sold_date']}],
) }}
{% set touched %}
    select order_item_id from {{ changed('order_items') }}
    union
    select order_item_id from {{ ref('stg_shop__order_items') }}
    where order_id in (select order_id from {{ changed('int_orders_dated_by_approval') }})
{% endset %}
{% set partial = restate(touched) %}

with

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
    {% if partial %}where order_item_id in (select order_item_id from touched){% endif %}
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
