{{ config(unique_key=['seller_id', 'cohort_month', 'month_number'], indexes=[{'columns': ['seller_id', 'cohort_month', 'month_number'], 'unique': true}]) }}
{% set touched %}
    -- a purchase counts in the cohort that its customer is of, and in the one that the customer was of
    with

    buyers as (
        select seller_id, customer_id from {{ changed('fct_seller_orders') }}
        except
        select seller_id, customer_id from {{ changed('fct_seller_customers') }}
    ),

    cohorts as (
        select seller_id, customer_id, cohort_month from {{ changed('fct_seller_customers') }}
        union
        select seller_id, customer_id, cohort_month
        from buyers
        inner join {{ ref('fct_seller_customers') }} using (seller_id, customer_id)
    ),

    movers as (
        select seller_id, customer_id from {{ changed('fct_seller_customers') }}
        group by 1, 2
        having count(*) % 2 = 1 or count(distinct cohort_month) > 1
    ),

    days as (
        select seller_id, customer_id, sale_date from {{ changed('fct_seller_orders') }}
        union
        select seller_id, customer_id, sale_date from movers inner join {{ ref('fct_seller_orders') }} using (seller_id, customer_id)
    )

    select distinct seller_id, cohort_month, {{ months_between('cohort_month', 'sale_date') }} as month_number
    from cohorts
    inner join days using (seller_id, customer_id)
{% endset %}
{% set partial = restate(touched) %}

with

sales as (
    select
        orders.seller_id, orders.customer_id, customers.cohort_month,
        orders.revenue_minor, orders.refund_minor, orders.currency,
        {{ months_between('customers.cohort_month', 'orders.sale_date') }} as month_number
    {% if partial -%}
    -- a month of a seller is looked up by its days: joined otherwise, each order would be compared with each touched month
    from (select distinct seller_id, (cohort_month + month_number * interval '1 month')::date as sale_month from touched) as months
    cross join lateral (
        select * from {{ ref('fct_seller_orders') }}
        where seller_id = months.seller_id and sale_date >= months.sale_month and sale_date < months.sale_month + interval '1 month'
        offset 0
    ) as orders
    {%- else -%}
    from {{ ref('fct_seller_orders') }} as orders
    {%- endif %}
    inner join {{ ref('fct_seller_customers') }} as customers
        on customers.seller_id = orders.seller_id and customers.customer_id = orders.customer_id
    where orders.is_sale
)

select
    seller_id, cohort_month, month_number,
    count(distinct customer_id)::integer as customer_count,
    count(*)::integer as order_count,
    sum(revenue_minor)::bigint as revenue_minor,
    sum(refund_minor)::bigint as refund_minor,
    min(currency) as currency
from sales
{% if partial %}inner join touched using (seller_id, cohort_month, month_number){% endif %}
group by 1, 2, 3
