{{ config(unique_key=['seller_id', 'cohort_month', 'month_number'], indexes=[{'columns': ['seller_id', 'cohort_month', 'month_number'], 'unique': true}]) }}
{% set touched %}
    select seller_id, cohort_month from {{ changed('fct_seller_customers') }}
    union
    select known.seller_id, known.cohort_month
    from (select distinct seller_id, customer_id from {{ changed('fct_seller_orders') }}) as buyers
    inner join {{ ref('fct_seller_customers') }} as known using (seller_id, customer_id)
{% endset %}
{% set partial = restate(touched) %}

with

members as (
    select customers.seller_id, customers.customer_id, customers.cohort_month
    from {{ ref('fct_seller_customers') }} as customers
    {% if partial %}inner join touched using (seller_id, cohort_month){% endif %}
),

sales as (
    select
        members.seller_id,
        members.cohort_month,
        orders.customer_id,
        orders.revenue_minor,
        orders.refund_minor,
        orders.currency,
        (
            (extract(year from orders.sale_date) - extract(year from members.cohort_month)) * 12
            + extract(month from orders.sale_date) - extract(month from members.cohort_month)
        )::integer as month_number
    from members
    inner join {{ ref('fct_seller_orders') }} as orders using (seller_id, customer_id)
    where orders.is_sale
),

seller_cohorts as (
    select
        seller_id,
        cohort_month,
        month_number,
        count(distinct customer_id)::integer as customer_count,
        count(*)::integer as order_count,
        sum(revenue_minor)::bigint as revenue_minor,
        sum(refund_minor)::bigint as refund_minor,
        min(currency) as currency
    from sales
    group by 1, 2, 3
)

select * from seller_cohorts
