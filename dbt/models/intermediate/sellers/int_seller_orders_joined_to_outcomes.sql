{{ config(
    unique_key=['order_id', 'seller_id'],
    indexes=[{'columns': ['order_id', 'seller_id'], 'unique': true}, {'columns': ['seller_id', 'sold_date']}],
) }}
{% set touched %}
    select order_id from {{ changed('int_order_items_dated_by_approval') }}
    union
    select order_id from {{ changed('int_refunds_split_by_seller') }}
{% endset %}
{% set partial = restate(touched) %}

with

order_items as (
    select * from {{ ref('int_order_items_dated_by_approval') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
),

refunds as (
    select * from {{ ref('int_refunds_split_by_seller') }}
    {% if partial %}where order_id in (select order_id from touched){% endif %}
),

-- An item is late from the instant its promise passes unkept, if it was not cancelled before. For an item not shipped yet that
-- may be in the future: no feature row is written before the data reaches it.
seller_orders as (
    select
        order_id,
        seller_id,
        min(sold_date) as sold_date,
        min(cancelled_at) as cancelled_at,
        min(ship_by_at) filter (
            where ship_by_at < coalesce(shipped_at, 'infinity')
                and ship_by_at < coalesce(cancelled_at, 'infinity')
        ) as late_at
    from order_items
    group by 1, 2
),

first_refunds as (
    select
        order_id,
        seller_id,
        min(refunded_at) as refunded_at
    from refunds
    group by 1, 2
),

seller_orders_with_refunds as (
    select
        seller_orders.order_id,
        seller_orders.seller_id,
        seller_orders.sold_date,
        {{ utc_date('seller_orders.late_at') }} as late_date,
        {{ utc_date('seller_orders.cancelled_at') }} as cancelled_date,
        {{ utc_date('first_refunds.refunded_at') }} as refunded_date
    from seller_orders
    left join first_refunds
        on first_refunds.order_id = seller_orders.order_id
            and first_refunds.seller_id = seller_orders.seller_id
)

select * from seller_orders_with_refunds
order by sold_date  -- what later days read again is mostly recent, and lies together
