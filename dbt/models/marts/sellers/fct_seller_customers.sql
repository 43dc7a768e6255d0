{{ config(unique_key=['seller_id', 'customer_id'], indexes=[{'columns': ['seller_id', 'customer_id'], 'unique': true}, {'columns': ['seller_id', 'cohort_month']}]) }}
{% set touched %}
    select distinct seller_id, customer_id from {{ changed('fct_seller_orders') }}
{% endset %}
{% set partial = restate(touched) %}

with

sales as (
    select orders.*
    from {{ ref('fct_seller_orders') }} as orders
    {% if partial %}inner join touched using (seller_id, customer_id){% endif %}
    where orders.is_sale
),

seller_customers as (
    select
        seller_id,
        customer_id,
        date_trunc('month', min(sale_date))::date as cohort_month,
        min(sale_date) as first_sale_date,
        max(sale_date) as last_sale_date,
        (array_agg(order_id order by ordered_at, order_id))[1] as first_order_id,
        count(*)::integer as order_count,
        sum(units_sold)::integer as units_sold,
        sum(revenue_minor)::bigint as revenue_minor,
        sum(refund_minor)::bigint as refund_minor,
        min(currency) as currency
    from sales
    group by 1, 2
)

select * from seller_customers
