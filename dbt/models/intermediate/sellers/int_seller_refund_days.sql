with

refunds as (
    select * from {{ ref('fct_refunds') }}
),

sellers as (
    select * from {{ ref('dim_sellers') }}
),

seller_refund_days as (
    select
        refunds.seller_id,
        {{ local_date('refunds.refunded_at', 'sellers.time_zone') }} as sale_date,
        sum(refunds.amount_minor) as refund_minor
    from refunds
    inner join sellers on sellers.seller_id = refunds.seller_id
    group by 1, 2
)

select * from seller_refund_days
