{{ config(unique_key=['order_id'], indexes=[{'columns': ['order_id'], 'unique': true}]) }}
{% set touched %}
    select order_id from {{ changed('orders') }}
    union
    select order_id from {{ changed('order_items') }}
    union
    select order_id from {{ changed('refunds') }}
{% endset %}
{% set partial = restate(touched) %}

with

orders as (
    select * from {{ ref('stg_shop__orders') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
),

order_items as (
    select * from {{ ref('stg_shop__order_items') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
),

refunds as (
    select * from {{ ref('stg_shop__refunds') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
),

item_totals as (
    select
        order_id,
        sum(quantity) as item_count
    from order_items
    group by 1
),

refund_totals as (
    select
        order_id,
        sum(amount_minor) as refunded_minor
    from refunds
    group by 1
),

counted_orders as (
    select
        orders.order_id,
        orders.customer_id,
        orders.status,
        {{ is_sale('orders.status') }} as is_sale,
        orders.currency,
        orders.subtotal_minor,
        orders.discount_minor,
        orders.shipping_minor,
        orders.tax_minor,
        orders.total_minor,
        coalesce(refund_totals.refunded_minor, 0)::bigint as refunded_minor,
        coalesce(item_totals.item_count, 0)::integer as item_count,
        orders.ordered_at,
        orders.approved_at,
        orders.shipped_at,
        orders.delivered_at,
        orders.estimated_delivery_at
    from orders
    left join item_totals on item_totals.order_id = orders.order_id
    left join refund_totals on refund_totals.order_id = orders.order_id
)

select * from counted_orders
