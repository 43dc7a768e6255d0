{{ config(unique_key=['seller_id', 'sale_month'], indexes=[{'columns': ['seller_id', 'sale_month'], 'unique': true}, {'columns': ['category_name', 'sale_month']}]) }}
{% set touched %}
    select seller_id, date_trunc('month', sale_date)::date as sale_month from {{ changed('fct_seller_orders') }}
    union
    select seller_id, cohort_month from {{ changed('fct_seller_customers') }}
    union
    select reviews.seller_id, {{ local_month('reviews.reviewed_at', 'sellers.time_zone') }}
    from (
        select seller_id, reviewed_at from {{ changed('fct_reviews') }}
        union
        select seller_id, reviewed_at from {{ ref('fct_reviews') }}
        where seller_id in ({{ changed_in('dim_sellers', 'seller_id', ['time_zone']) }})
    ) as reviews
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = reviews.seller_id
    union
    select seller_id, sale_month from {{ this }}
    where seller_id in (
        select seller_id from {{ changed('int_seller_main_categories') }} union {{ changed_in('dim_sellers', 'seller_id', ['time_zone']) }}
    )
{% endset %}
{% set partial = restate(touched) %}

with

order_months as (
    select
        orders.seller_id, date_trunc('month', orders.sale_date)::date as sale_month,
        count(*) filter (where orders.is_sale) as order_count, count(*) filter (where orders.is_sale) as repeat_order_count,
        coalesce(sum(orders.revenue_minor) filter (where orders.is_sale), 0) as revenue_minor,
        count(*) filter (where orders.was_approved) as approved_count, count(orders.shipped_at) as shipped_count,
        count(least(orders.refunded_at, orders.poorly_reviewed_at)) filter (where orders.was_approved) as defect_count,
        count(*) filter (where orders.shipped_at > orders.ship_by_at) as late_count, 0 as review_count, 0 as star_sum
    from {{ ref('fct_seller_orders') }} as orders
    {% if partial %}inner join touched on touched.seller_id = orders.seller_id
        and orders.sale_date >= touched.sale_month and orders.sale_date < touched.sale_month + interval '1 month'{% endif %}
    group by 1, 2
),

-- a customer's first order is no repeat
customer_months as (
    select customers.seller_id, customers.cohort_month, 0, -count(*), 0, 0, 0, 0, 0, 0, 0
    from {{ ref('fct_seller_customers') }} as customers
    {% if partial %}inner join touched on touched.seller_id = customers.seller_id and touched.sale_month = customers.cohort_month{% endif %}
    group by 1, 2
),

review_months as (
    select
        reviews.seller_id, {{ local_month('reviews.reviewed_at', 'sellers.time_zone') }} as sale_month,
        0, 0, 0, 0, 0, 0, 0, count(*) as review_count, sum(reviews.rating) as star_sum
    from {{ ref('fct_reviews') }} as reviews
    inner join {{ ref('dim_sellers') }} as sellers on sellers.seller_id = reviews.seller_id
    {% if partial -%}
    inner join touched on touched.seller_id = reviews.seller_id
        and touched.sale_month = {{ local_month('reviews.reviewed_at', 'sellers.time_zone') }}
        and reviews.reviewed_at >= {{ utc_midnight('touched.sale_month - 1') }}
        and reviews.reviewed_at < {{ utc_midnight("touched.sale_month + interval '1 month 1 day'") }}
    {%- endif %}
    group by 1, 2
)

select months.seller_id, months.sale_month, categories.category_name,
    {% for name in ['order_count', 'repeat_order_count', 'revenue_minor', 'approved_count', 'defect_count', 'shipped_count',
        'late_count', 'review_count', 'star_sum'] -%}
    sum(months.{{ name }})::{{ 'bigint' if name == 'revenue_minor' else 'integer' }} as {{ name }}{{ ',' if not loop.last }}
    {% endfor -%}
from (select * from order_months union all select * from customer_months union all select * from review_months) as months
left join {{ ref('int_seller_main_categories') }} as categories using (seller_id)
group by 1, 2, 3
order by sale_month  -- what later days read again is mostly recent, and lies together
