with

refunds as (
    select * from {{ ref('stg_shop__refunds') }}
),

orders as (
    select * from {{ ref('stg_shop__orders') }}
),

customer_refunds as (
    select
        refunds.refund_id,
        orders.customer_id,
        {{ utc_date('refunds.refunded_at') }} as refunded_date
    from refunds
    inner join orders on orders.order_id = refunds.order_id
)

select * from customer_refunds
