{{ config(materialized='view') }}

with

-- Two looks into each index per seller. Nothing known is left out, even where a clock ran ahead; a seller gone for a year gets no
-- more empty days.
spans as (
    select
        sellers.seller_id,
        active.first_date,
        greatest(
            active.last_date,
            least(active.last_date + 366, {{ local_date('bounds.data_until', 'sellers.time_zone') }})
        ) as last_date,
        {{ local_date('bounds.last_midnight_at', 'sellers.time_zone') }} - 1 as last_complete_date,
        sellers.currency
    from {{ ref('dim_sellers') }} as sellers
    cross join {{ ref('int_time_bounds') }} as bounds
    cross join lateral (
        select min(first_date) as first_date, max(last_date) as last_date
        from (
            {%- for days in ['int_seller_sale_days', 'int_seller_visit_days', 'int_seller_refund_days'] %}
            select min(sale_date) as first_date, max(sale_date) as last_date from {{ ref(days) }} where seller_id = sellers.seller_id
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as days
    ) as active
    where active.first_date is not null
),

-- Only days with something are stored: those without would be most of them, and every seller has another one each day.
calendar as (
    select
        spans.seller_id,
        spans.first_date + step as sale_date,
        spans.first_date + step <= spans.last_complete_date as is_complete,
        spans.currency
    from spans
    cross join lateral generate_series(0, spans.last_date - spans.first_date) as step
)

select
    calendar.seller_id,
    calendar.sale_date,
    calendar.is_complete,
    coalesce(sale_days.order_count, 0)::integer as order_count,
    coalesce(sale_days.units_sold, 0)::integer as units_sold,
    coalesce(sale_days.gross_minor, 0)::bigint as gross_minor,
    coalesce(sale_days.discount_minor, 0)::bigint as discount_minor,
    coalesce(sale_days.shipping_minor, 0)::bigint as shipping_minor,
    coalesce(sale_days.tax_minor, 0)::bigint as tax_minor,
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
left join {{ ref('int_seller_sale_days') }} as sale_days
    on sale_days.seller_id = calendar.seller_id and sale_days.sale_date = calendar.sale_date
left join {{ ref('int_seller_visit_days') }} as visit_days
    on visit_days.seller_id = calendar.seller_id and visit_days.sale_date = calendar.sale_date
left join {{ ref('int_seller_refund_days') }} as refund_days
    on refund_days.seller_id = calendar.seller_id and refund_days.sale_date = calendar.sale_date
