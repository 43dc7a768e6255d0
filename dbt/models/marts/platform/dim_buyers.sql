{{ config(unique_key=['customer_id'], indexes=[{'columns': ['customer_id'], 'unique': true}, {'columns': ['first_sale_date']}]) }}
{% set touched %}
    select customer_id from {{ changed('int_platform_order_days') }}
{% endset %}
{% set partial = restate(touched) %}

with

order_days as (
    select * from {{ ref('int_platform_order_days') }}
    {% if partial %}where customer_id in (select customer_id from touched){% endif %}
),

buyers as (
    select
        customer_id,
        min(sale_date) as first_sale_date,
        date_trunc('month', min(sale_date))::date as cohort_month
    from order_days
    group by 1
)

select * from buyers
