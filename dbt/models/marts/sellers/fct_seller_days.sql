with

calendar as (
    select * from {{ ref('int_seller_calendar') }}
),

sale_days as (
    select * from {{ ref('int_seller_sale_days') }}
),

visit_days as (
    select * from {{ ref('int_seller_visit_days') }}
),

refund_days as (
    select * from {{ ref('int_seller_refund_days') }}
),

seller_days as (
    select
        calendar.seller_id,
        calendar.sale_date,
        calendar.is_complete,
        coalesce(sale_days.order_count, 0)::integer as order_count,
        coalesce(sale_days.units_sold, 0)::integer as units_sold,
        coalesce(sale_days.gross_minor, 0)::bigint as gross_minor,
        coalesce(sale_days.revenue_minor, 0)::bigint as revenue_minor,
        coalesce(sale_days.commission_minor, 0)::bigint as commission_minor,
        coalesce(refund_days.refund_minor, 0)::bigint as refund_minor,
        coalesce(sale_days.customer_count, 0)::integer as customer_count,
        coalesce(sale_days.new_customer_count, 0)::integer as new_customer_count,
        coalesce(visit_days.visit_count, 0)::integer as visit_count,
        coalesce(visit_days.product_view_count, 0)::integer as product_view_count,
        coalesce(visit_days.cart_add_count, 0)::integer as cart_add_count,
        calendar.currency
    from calendar
    left join sale_days using (seller_id, sale_date)
    left join visit_days using (seller_id, sale_date)
    left join refund_days using (seller_id, sale_date)
)

select * from seller_days
