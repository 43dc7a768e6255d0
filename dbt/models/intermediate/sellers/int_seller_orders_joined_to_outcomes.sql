with

order_items as (
    select * from {{ ref('int_order_items_dated_by_approval') }}
),

refunds as (
    select * from {{ ref('int_refunds_split_by_seller') }}
),

bounds as (
    select * from {{ ref('int_time_bounds') }}
),

-- An item is late from the instant its promise passed unkept, if it was not cancelled before.
seller_orders as (
    select
        order_id,
        seller_id,
        min(sold_date) as sold_date,
        min(cancelled_at) as cancelled_at,
        min(ship_by_at) filter (
            where ship_by_at <= bounds.data_until
                and ship_by_at < coalesce(shipped_at, 'infinity')
                and ship_by_at < coalesce(cancelled_at, 'infinity')
        ) as late_at
    from order_items
    cross join bounds
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
