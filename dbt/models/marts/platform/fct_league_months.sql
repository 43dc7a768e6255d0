{{ config(
    unique_key=['seller_id', 'sale_month'],
    indexes=[{'columns': ['seller_id', 'sale_month'], 'unique': true}, {'columns': ['sale_month', 'currency', 'revenue_minor']}],
) }}
{% set touched %}
    -- a day without anything adds nothing
    select distinct seller_id, date_trunc('month', sale_date)::date as sale_month
    from {{ changed('fct_seller_days') }}
    where (units_sold, refund_minor, visit_count, product_view_count, cart_add_count) <> (0, 0, 0, 0, 0)
{% endset %}
{% set partial = restate(touched) %}

with

seller_days as (
    select days.*, date_trunc('month', days.sale_date)::date as sale_month
    from {{ ref('fct_seller_days') }} as days
    {% if partial -%}
    inner join touched
        on days.seller_id = touched.seller_id
            and days.sale_date >= touched.sale_month and days.sale_date < touched.sale_month + interval '1 month'
    {%- endif %}
    where (days.units_sold, days.refund_minor, days.visit_count, days.product_view_count, days.cart_add_count)
        <> (0, 0, 0, 0, 0)
)

select
    seller_id,
    sale_month,
    sum(order_count)::integer as order_count,
    sum(units_sold)::integer as units_sold,
    sum(visit_count)::integer as visit_count,
    sum(revenue_minor)::bigint as revenue_minor,
    sum(commission_minor)::bigint as commission_minor,
    sum(refund_minor)::bigint as refund_minor,
    currency
from seller_days
group by seller_id, sale_month, currency
