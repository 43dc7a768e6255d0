{{ config(
    unique_key=['cohort_month', 'sale_month', 'currency'],
    indexes=[{'columns': ['cohort_month', 'sale_month', 'currency'], 'unique': true}],
) }}
{% set touched %}
    -- a customer whose first sale moves takes every month along, from the old cohort to the new one
    with
    happened as (
        select customer_id, sale_date from {{ changed('int_platform_order_days') }}
        union
        select customer_id, sale_date from {{ ref('int_platform_order_days') }}
        where customer_id in ({{ changed_in('dim_buyers', 'customer_id', ['cohort_month']) }})
    ),
    cohorts as (
        select customer_id, cohort_month from {{ changed('dim_buyers') }}
        union
        select customer_id, cohort_month from {{ ref('dim_buyers') }}
        where customer_id in (select customer_id from happened)
    )
    select distinct cohort_month, date_trunc('month', sale_date)::date as sale_month
    from happened
    inner join cohorts using (customer_id)
{% endset %}
{% set partial = restate(touched) %}

with

order_days as (
    select orders.*, date_trunc('month', orders.sale_date)::date as sale_month
    from {{ ref('int_platform_order_days') }} as orders
    {% if partial -%}
    inner join (select distinct sale_month from touched) as months
        on orders.sale_date >= months.sale_month and orders.sale_date < months.sale_month + interval '1 month'
    {%- endif %}
),

buyers as (
    select * from {{ ref('dim_buyers') }}
),

cohort_months as (
    select
        buyers.cohort_month,
        order_days.sale_month,
        count(distinct order_days.customer_id)::integer as customer_count,
        count(*) filter (where order_days.is_first_day)::integer as order_count,
        sum(order_days.revenue_minor)::bigint as revenue_minor,
        order_days.currency
    from order_days
    inner join buyers on buyers.customer_id = order_days.customer_id
    {% if partial %}where (buyers.cohort_month, order_days.sale_month) in (select cohort_month, sale_month from touched){% endif %}
    group by 1, 2, order_days.currency
)

select * from cohort_months
