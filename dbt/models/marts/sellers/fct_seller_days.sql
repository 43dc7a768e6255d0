{{ config(unique_key=['seller_id', 'sale_date'], indexes=[{'columns': ['seller_id', 'sale_date'], 'unique': true}]) }}
{% set touched %}
    select seller_id, sale_date from {{ changed('int_seller_sale_days') }}
    union
    select seller_id, sale_date from {{ changed('int_seller_visit_days') }}
    union
    select seller_id, sale_date from {{ changed('int_seller_refund_days') }}
    union
    {{ days_of_changed_spans() }}
{% endset %}
{% set partial = restate(touched) %}

with

spans as (
    select * from {{ ref('int_seller_spans') }}
),

calendar as (
    select
        spans.seller_id,
        spans.currency,
        days.sale_date,
        days.sale_date <= spans.last_complete_date as is_complete
    from spans
    {% if partial -%}
    inner join touched as days on days.seller_id = spans.seller_id and days.sale_date between spans.first_date and spans.last_date
    {%- else -%}
    cross join lateral (
        select first_date + step as sale_date from generate_series(0, spans.last_date - spans.first_date) as step
    ) as days
    {%- endif %}
),

seller_days as (
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
    left join {{ ref('int_seller_sale_days') }} as sale_days using (seller_id, sale_date)
    left join {{ ref('int_seller_visit_days') }} as visit_days using (seller_id, sale_date)
    left join {{ ref('int_seller_refund_days') }} as refund_days using (seller_id, sale_date)
)

select * from seller_days
